import { afterAll } from 'vitest';
import { startServer, type RunningServer, type ServerOptions } from '../../src/api/server.ts';
import * as scheduling from '../../src/controllers/scheduler/explain.ts';
import { definitions } from '../../src/kinds/registry.ts';
import { MemoryClusters } from '../support/memory-clusters.ts';

export interface Answer {
  data?: any;
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } }[];
}

/** A server on a free port over clusters in memory, closed after the tests of the file. */
export async function startTestServer(options: Partial<ServerOptions> = {}, clusters = new MemoryClusters()) {
  const logged: object[] = [];
  const server = await startServer({
    clusters,
    definitions,
    scheduling,
    host: '127.0.0.1',
    port: 0,
    log: { error: (details) => void logged.push(details) },
    jit: process.env['ORRERY_JIT'] === '1',
    ...options,
  });
  afterAll(() => server.close());
  return { server, clusters, logged, ask: (query: string, variables?: object) => ask(server, query, variables) };
}

/** Posts a query and gives the answer. */
export async function ask(server: RunningServer, query: string, variables?: object): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}
