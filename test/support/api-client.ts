import { Catalog } from '../../src/api/catalog.ts';
import { createPipeline } from '../../src/api/pipeline.ts';
import { buildSchema } from '../../src/api/schema.ts';
import * as scheduling from '../../src/controllers/scheduler/explain.ts';
import { definitions } from '../../src/kinds/registry.ts';
import type { Clusters } from '../../src/machinery/ports.ts';

export interface ApiAnswer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[] }[];
}

/** Who asks, by Kubernetes' impersonation headers; nobody named is `system:anonymous`. */
export interface AskedAs {
  user: string;
  groups: readonly string[];
}

export type Ask = (document: string, variables?: object, viewer?: AskedAs) => Promise<ApiAnswer>;

export interface ApiClient {
  ask: Ask;
  /** Subscribes; what comes is added to `messages` from now on. */
  subscribe(document: string): Promise<ApiStream>;
}

export interface ApiStream {
  readonly messages: ApiAnswer[];
  close(): Promise<void>;
}

type Fetch = (url: string, init: RequestInit) => Response | Promise<Response>;

const MAX_BODY_BYTES = 1024 * 1024;

/** The API over clusters in memory, without a port: parsing, limits, validation and masking are those of the server. */
export async function apiClient(clusters: Clusters): Promise<ApiClient> {
  const schema = await buildSchema(definitions);
  const context = { clusters, catalog: new Catalog(definitions), scheduling, wallNow: () => 0 };
  const log = {
    error: (details: object) => {
      throw new Error('a resolver failed', { cause: details });
    },
  };
  const { yoga } = createPipeline({ schema, context, log, jit: false, maxBodyBytes: MAX_BODY_BYTES });
  return clientOf('http://127.0.0.1/graphql', (url, init) => yoga.fetch(url, init));
}

/** The API of a server that runs somewhere. */
export function remoteClient(url: string): ApiClient {
  return clientOf(url, fetch);
}

function clientOf(url: string, send: Fetch): ApiClient {
  return {
    async ask(query, variables, viewer) {
      const headers = new Headers({ 'content-type': 'application/json' });
      if (viewer) headers.set('impersonate-user', viewer.user);
      for (const group of viewer?.groups ?? []) headers.append('impersonate-group', group);
      const body = JSON.stringify({ query, variables });
      const response = await send(url, { method: 'POST', headers, body });
      return (await response.json()) as ApiAnswer;
    },
    async subscribe(query) {
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
      const response = await send(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
      if (!response.body) throw new Error('the subscription has no stream');
      return readEvents(response.body.getReader());
    },
  };
}

/** Reads the events of a stream (SSE) in the background. */
function readEvents(reader: ReadableStreamDefaultReader<Uint8Array>): ApiStream {
  const messages: ApiAnswer[] = [];
  const decoder = new TextDecoder();
  const pump = async (): Promise<void> => {
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (\{.*)$/m.exec(event)?.[1];
        if (data !== undefined) messages.push(JSON.parse(data) as ApiAnswer);
      }
    }
  };
  const ended = pump();
  return {
    messages,
    close: async () => {
      await reader.cancel();
      await ended;
    },
  };
}
