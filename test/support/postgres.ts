import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { EmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The loopback port that answers a connection with the URL of the run's Postgres. */
    postgresPort: number;
  }
}

/**
 * One Postgres for a whole run of tests, started when the first test asks for it: whoever connects to the port is told
 * its URL. Runs without such a test cost nothing.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let directory: string | undefined;
  let starting: Promise<EmbeddedPostgres> | undefined;
  const start = async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'orrery-test-'));
    // Nothing of a test outlives it, so that it need not reach the disk.
    const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
    return EmbeddedPostgres.start({ directory, logger: pino({ level: 'silent' }), settings });
  };
  const server = createServer((socket) => {
    starting ??= start();
    starting.then(
      ({ url }) => socket.end(url),
      (error: Error) => socket.end(`error: ${error.message}`),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  project.provide('postgresPort', (server.address() as AddressInfo).port);
  return async () => {
    server.close();
    await (await starting?.catch(() => undefined))?.stop();
    if (directory) await rm(directory, { recursive: true, force: true });
  };
}
