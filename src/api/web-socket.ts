import type { IncomingMessage, Server } from 'node:http';
import { GraphQLError, type ExecutionArgs } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { limitExceeded } from './limits.ts';
import { originProblem } from './origins.ts';
import type { Pipeline } from './pipeline.ts';
import { sharedTextOf } from './shared-execution.ts';
import { viewerOfConnection, type Viewer } from './viewer.ts';

/** Limits of one WebSocket connection. */
export const SOCKET_LIMITS = {
  connectionInitTimeoutMs: 3_000,
  keepAliveMs: 12_000,
  operations: 100,
} as const;

export interface WebSocketOptions {
  server: Server;
  path: string;
  pipeline: Pipeline;
  listensOnLoopback: boolean;
  maxMessageBytes: number;
  connectionInitTimeoutMs?: number | undefined;
}

interface Enveloped {
  execute: (args: ExecutionArgs) => unknown;
  subscribe: (args: ExecutionArgs) => unknown;
}

/** Serves graphql-ws (the graphql-transport-ws protocol) through the same pipeline as HTTP. */
export function serveWebSocket(options: WebSocketOptions): { close(): Promise<void>; readonly connections: number } {
  const { server, path, pipeline, listensOnLoopback, maxMessageBytes } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  server.on('upgrade', (request, socket, head) => {
    const problem = originProblem(request.headers, listensOnLoopback);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (problem !== undefined || pathname !== path) {
      socket.end(`HTTP/1.1 ${problem === undefined ? '404 Not Found' : '403 Forbidden'}\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  sockets.on('connection', sendSharedTexts);
  const disposable = useServer(
    {
      execute: (args) => (args.rootValue as Enveloped).execute(args) as never,
      subscribe: (args) => (args.rootValue as Enveloped).subscribe(args) as never,
      connectionInitWaitTimeout: options.connectionInitTimeoutMs ?? SOCKET_LIMITS.connectionInitTimeoutMs,
      onSubscribe: async (context, _id, payload) => {
        if (Object.keys(context.subscriptions).length > SOCKET_LIMITS.operations) {
          return [limitExceeded(`More than ${SOCKET_LIMITS.operations} operations at once on one connection.`)];
        }
        const viewer = viewerOfConnection(context.extra.request.headers, context.connectionParams);
        if (viewer instanceof GraphQLError) return [viewer];
        return prepare(pipeline, context.extra, payload, viewer);
      },
      onNext: (_context, _id, _payload, _args, result) => {
        const text = sharedTextOf(result);
        return text === undefined ? undefined : (deferText(text) as never);
      },
    },
    sockets,
    SOCKET_LIMITS.keepAliveMs,
  );
  return {
    close: async () => {
      for (const client of sockets.clients) client.close(1001, 'Going away');
      await disposable.dispose();
    },
    get connections() {
      return sockets.clients.size;
    },
  };
}

async function prepare(
  { yoga }: Pipeline,
  { socket, request }: { socket: WebSocket; request: IncomingMessage },
  params: {
    query: string;
    operationName?: string | null | undefined;
    variables?: Record<string, unknown> | null | undefined;
  },
  viewer: Viewer,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
    req: request,
    socket,
    params,
    viewer,
  } as never);
  try {
    const document = parse(params.query);
    const errors = validate(schema, document) as readonly GraphQLError[];
    if (errors.length > 0) return errors;
    return {
      schema,
      document,
      operationName: params.operationName ?? null,
      variableValues: params.variables ?? {},
      contextValue: await contextFactory(),
      rootValue: { execute, subscribe },
    };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/**
 * Results that many clients get are made to text once. graphql-ws would make the text again inside each message, so it
 * is handed a token in the place of `data`, where no result has a text, and the message is completed when it is sent.
 */
const MARK = '\u0001shared:';
const TOKEN_IN_MESSAGE = /\{"data":"\\u0001shared:(\d+)"\}\}$/;

/** Texts whose message was never sent, because its socket closed, are forgotten in the end. */
const UNSENT_LIMIT = 50_000;
const unsent = new Map<number, string>();
let tokenCount = 0;

function deferText(text: string): { data: string } {
  const token = ++tokenCount;
  unsent.set(token, text);
  if (unsent.size > UNSENT_LIMIT) unsent.delete(unsent.keys().next().value ?? 0);
  return { data: `${MARK}${token}` };
}

function sendSharedTexts(socket: WebSocket): void {
  const send = socket.send.bind(socket) as (data: unknown, done?: (error?: Error) => void) => void;
  socket.send = ((data: unknown, done?: (error?: Error) => void) => {
    send(typeof data === 'string' ? withText(data) : data, done);
  }) as typeof socket.send;
}

function withText(message: string): string {
  const found = TOKEN_IN_MESSAGE.exec(message.slice(-40));
  if (!found) return message;
  const token = Number(found[1]);
  const text = unsent.get(token);
  unsent.delete(token);
  return text === undefined ? message : `${message.slice(0, -found[0].length)}${text}}`;
}
