import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyDatabaseUrl } from '../support/database.ts';

const PROGRAM = path.join(import.meta.dirname, '../../src/start.js');
let directory: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'orrery-start-'));
});
afterEach(async () => {
  for (const child of children) await ended(child, 'SIGTERM');
  children.clear();
  await rm(directory, { recursive: true, force: true });
});

function start(environment: Record<string, string>): { child: ChildProcess; output: () => string } {
  const env = { ...process.env, PORT: '0', DATABASE_URL: '', ORRERY_DATA: directory, ORRERY_LOG_LEVEL: 'error' };
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

async function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit') as Promise<[number | null]>;
  if (signal) child.kill(signal);
  return (await exited)[0];
}

/** Waits until it says that it runs; returns the URL of the API where it has one. */
async function ready({ child, output }: ReturnType<typeof start>): Promise<string> {
  for (;;) {
    const url = /GraphiQL\s+(\S+)/.exec(output())?.[1];
    if (url || output().includes('there is no API here')) return url ?? '';
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function ask(url: string, query: string): Promise<any> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return ((await response.json()) as { data: unknown }).data;
}

describe('a start that cannot be', () => {
  const table: [string, Record<string, string>, RegExp][] = [
    ['names the variable that cannot be used', { PORT: 'x' }, /^PORT must be a whole number/],
    [
      'says that there is no database where it was told',
      { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/orrery' },
      /^There is no Postgres to be reached at 127\.0\.0\.1:1\/orrery \(ECONNREFUSED\)\.\n$/,
    ],
    ['says that the machine has no such address', { HOST: '203.0.113.7' }, /has no address 203\.0\.113\.7/],
  ];
  it.each(table)('%s, in one sentence', async (_title, environment, sentence) => {
    const { child, output } = start(environment);
    expect(await ended(child)).toBe(1);
    expect(output()).toMatch(sentence);
    expect(output()).not.toContain('secret');
  });

  it('says that the port is in use, and leaves no Postgres behind', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { child, output } = start({ PORT: String(port) });
    expect(await ended(child)).toBe(1);
    expect(output()).toBe(`Port ${port} of 127.0.0.1 is in use; set PORT to another one.\n`);
    server.close();
    expect(existsSync(path.join(directory, 'postgres/postmaster.pid'))).toBe(false);
  });

  it('names the database that refuses the password', async () => {
    const url = new URL(await emptyDatabaseUrl());
    url.password = 'wrong-secret';
    const { child, output } = start({ DATABASE_URL: url.href });
    expect(await ended(child)).toBe(1);
    expect(output()).toMatch(/^Postgres at 127\.0\.0\.1:\d+\/test_\w+ refused the user or password/);
    expect(output()).not.toContain('wrong-secret');
  });
});

describe('several processes on one database', () => {
  it('share the work: one runs clusters, others serve them', { timeout: 60_000 }, async () => {
    const DATABASE_URL = await emptyDatabaseUrl();
    const reconciler = start({ DATABASE_URL, ORRERY_ROLE: 'reconciler' });
    const first = start({ DATABASE_URL, ORRERY_ROLE: 'api' });
    const second = start({ DATABASE_URL, ORRERY_ROLE: 'api' });
    const [, one = '', two = ''] = await Promise.all([reconciler, first, second].map(ready));
    const created = await ask(
      one,
      'mutation { createCluster(input: { name: "shared", nodes: 2 }) { cluster { name } userErrors { message } } }',
    );
    expect(created.createCluster).toEqual({ cluster: { name: 'shared' }, userErrors: [] });
    await ask(one, 'mutation { pauseClock(cluster: "shared") { userErrors { message } } }');
    await expect
      .poll(() => ask(two, '{ cluster(name: "shared") { nodes { totalCount } clock { running } } }'), {
        timeout: 10_000,
      })
      .toEqual({ cluster: { nodes: { totalCount: 2 }, clock: { running: false } } });
    expect(await ended(reconciler.child, 'SIGTERM')).toBe(0);
    expect(await ask(two, '{ cluster(name: "shared") { nodes { totalCount } } }')).toEqual({
      cluster: { nodes: { totalCount: 2 } },
    });
  });
});
