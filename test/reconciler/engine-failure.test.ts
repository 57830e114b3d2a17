import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import type { Database } from '../../src/store/database.ts';
import { Counter } from '../support/counting.ts';
import { testDatabase } from '../support/database.ts';
import { startService, type Service } from '../support/service.ts';

let database: Database & { url: string };
let service: Service;

beforeAll(async () => {
  database = await testDatabase();
  service = await startService(database.url);
});
afterEach(() => service.clusters.delete('one'));
afterAll(async () => {
  await service.stop();
  await database.close();
});

async function newCluster(paused: boolean): Promise<void> {
  const initialCommands = [{ name: 'createNamespace', input: { name: 'default' } }];
  const created = await service.clusters.create({ name: 'one', paused, initialCommands });
  if (!created.ok) throw new Error(created.error.message);
}

function create(name: string, idempotencyKey?: string) {
  const input = { name, target: 1, everyMs: 50 };
  return service.clusters.submit({ cluster: 'one', name: 'createCounter', input, actor: 'test', idempotencyKey });
}

/** The next instant does not come to an end, as when two controllers undo each other's work for ever. */
function failOnce(): void {
  vi.spyOn(Engine.prototype, 'work').mockImplementationOnce(() => {
    throw new Error('it does not come to rest');
  });
}

async function untilItWorks(name: string): Promise<void> {
  for (const deadline = Date.now() + 8_000; Date.now() < deadline; await sleep(20)) {
    if (await create(name).catch(() => undefined)) return;
  }
  throw new Error('the cluster does not take commands any more');
}

function shown(): string[] | undefined {
  return service.clusters
    .get('one')
    ?.view.list(Counter)
    .map(({ metadata }) => metadata.name);
}

it('a command over which the engine fails is refused, and the cluster goes on without it', async () => {
  await newCluster(true);
  await create('before');
  failOnce();
  await expect(create('bad')).rejects.toThrow('it does not come to rest');
  await untilItWorks('after');
  expect(shown()).toEqual(['before', 'after']);
});

it('a stored command over which the engine fails is answered, and does not run again', async () => {
  await newCluster(true);
  failOnce();
  const receipt = await create('bad', 'key');
  expect(receipt.outcome.errors).toMatchObject([{ reason: 'InternalError' }]);
  await untilItWorks('after');
  expect((await create('bad', 'key')).replayed).toBe(true);
  expect(shown()).toEqual(['after']);
});

it('a cluster whose engine fails over what is due stands still until it is told to go on', async () => {
  await newCluster(false);
  await create('one');
  failOnce();
  for (const deadline = Date.now() + 8_000; service.clusters.get('one')?.clock.running; await sleep(20)) {
    if (Date.now() > deadline) throw new Error('the clock still runs');
  }
  await untilItWorks('two');
  expect(service.clusters.get('one')?.clock.running).toBe(false);
  await service.clusters.submit({ cluster: 'one', name: 'resumeClock', input: {}, actor: 'test' });
  await expect.poll(() => service.clusters.get('one')?.view.get(Counter, 'default', 'two')?.status?.count).toBe(1);
});

it('a creation over which the engine fails is refused', async () => {
  failOnce();
  const created = await service.clusters.create({ name: 'one' });
  expect(created).toMatchObject({ ok: false, error: { reason: 'InternalError' } });
  expect(service.clusters.get('one')).toBeUndefined();
});
