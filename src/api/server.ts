import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnyDefinition } from '../machinery/definition.ts';
import type { Clusters } from '../machinery/ports.ts';
import { Catalog } from './catalog.ts';
import type { ErrorLog } from './error-masking.ts';
import { isLoopbackAddress, originProblem } from './origins.ts';
import { createPipeline } from './pipeline.ts';
import { buildSchema } from './schema.ts';
import type { SchedulingQuestions } from './scheduling-questions.ts';
import { serveWebSocket } from './web-socket.ts';

/** A request whose body is larger is refused with 413. */
export const MAX_BODY_BYTES = 12 * 1024 * 1024;

export interface ServerOptions {
  clusters: Clusters;
  /** The kinds of this process: columns, health, names. */
  definitions: readonly AnyDefinition[];
  scheduling: SchedulingQuestions;
  host: string;
  /** 0 takes any free port. */
  port: number;
  log: ErrorLog;
  /** Whether /readyz answers 200. Default: at once. */
  isReady?: () => boolean;
  /** The text of /metrics; without it there is no such page. */
  metrics?: () => Promise<{ contentType: string; text: string }>;
  /** Answers what is neither the API nor one of its own pages (the console). Default: 404. */
  fallback?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Compile queries with graphql-jit. Default false. */
  jit?: boolean;
  wallNow?: () => number;
  /** How long a WebSocket client may take to say hello. */
  connectionInitTimeoutMs?: number;
}

export interface RunningServer {
  readonly port: number;
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Open WebSocket connections. */
  readonly connections: number;
  /** Executions of subscription events so far; deliveries are more, as clients share them. */
  readonly executions: number;
  /** Streams of events that are open, over WebSocket or SSE. */
  readonly subscriptions: number;
  close(): Promise<void>;
}

/** Starts the API: GraphQL over HTTP, SSE and WebSocket at /graphql, GraphiQL for browsers, /healthz, /readyz, /metrics. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { clusters, definitions, host, log } = options;
  const schema = await buildSchema(definitions);
  const context = {
    clusters,
    catalog: new Catalog(definitions),
    scheduling: options.scheduling,
    wallNow: options.wallNow ?? Date.now,
  };
  const pipeline = createPipeline({ schema, context, log, jit: options.jit ?? false, maxBodyBytes: MAX_BODY_BYTES });
  const listensOnLoopback = isLoopbackAddress(host);
  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      log.error({ error }, 'a request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const problem = originProblem(request.headers, listensOnLoopback);
    if (problem !== undefined) return refuse(response, 403, problem);
    const path = (request.url ?? '/').split('?', 1)[0];
    if (path === '/graphql' || path === '/healthz') return pipeline.yoga(request, response);
    if (path === '/readyz') return ready(response, options.isReady?.() ?? true);
    if (path === '/metrics' && options.metrics) return showMetrics(response, options.metrics);
    if (options.fallback) return options.fallback(request, response);
    if (path === '/') return redirect(response, '/graphql');
    return refuse(response, 404, `there is nothing at ${path}; the API is at /graphql`);
  }

  const sockets = serveWebSocket({
    server,
    path: '/graphql',
    pipeline,
    listensOnLoopback,
    maxMessageBytes: MAX_BODY_BYTES,
    connectionInitTimeoutMs: options.connectionInitTimeoutMs,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    get connections() {
      return sockets.connections;
    },
    get executions() {
      return pipeline.shared.executions;
    },
    get subscriptions() {
      return pipeline.shared.open;
    },
    close: async () => {
      await sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ message }] }));
}

function ready(response: ServerResponse, isReady: boolean): void {
  response.writeHead(isReady ? 200 : 503, { 'content-type': 'text/plain' });
  response.end(isReady ? 'ok\n' : 'not ready\n');
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location });
  response.end();
}

async function showMetrics(response: ServerResponse, metrics: NonNullable<ServerOptions['metrics']>): Promise<void> {
  const { contentType, text } = await metrics();
  response.writeHead(200, { 'content-type': contentType });
  response.end(text);
}
