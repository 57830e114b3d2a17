import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../src/reconciler/replay.ts';
import { readCluster } from '../../src/store/cluster-rows.ts';
import { readLog } from '../../src/store/inbox.ts';
import { stateHash } from '../../src/views/state-hash.ts';
import { Counter, countingRegistry, counterTarget, type CreateCounterInput } from '../support/counting.ts';
import { testDatabase } from '../support/database.ts';
import { startService, type Service, type ServiceOptions } from '../support/service.ts';
import type { Database } from '../../src/store/database.ts';

let database: Database & { url: string };
const running = new Set<Service>();
let clusterNumber = 0;

beforeAll(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  for (const service of running) await service.stop();
  running.clear();
  await database.sql`update clusters set deleted_at = now() where deleted_at is null`;
});
afterAll(() => database.close());

async function start(options: ServiceOptions = {}): Promise<Service> {
  const service = await startService(database.url, options);
  running.add(service);
  return service;
}

async function stop(service: Service): Promise<void> {
  running.delete(service);
  await service.stop();
}

/** A new cluster with the namespace that counters live in; paused unless told otherwise. */
async function newCluster({ clusters }: Service, options: { paused?: boolean; seed?: string } = {}): Promise<string> {
  const name = `cluster-${++clusterNumber}`;
  const initialCommands = [{ name: 'createNamespace', input: { name: 'default' } }];
  const created = await clusters.create({ name, paused: true, ...options, initialCommands });
  if (!created.ok) throw new Error(created.error.message);
  return name;
}

function submit({ clusters }: Service, cluster: string, name: string, input: unknown, options = {}) {
  return clusters.submit({ cluster, name, input, actor: 'test', ...options });
}

function create(service: Service, cluster: string, input: CreateCounterInput, options = {}) {
  return submit(service, cluster, 'createCounter', input, options);
}

function countOf({ clusters }: Service, cluster: string, name: string): number | undefined {
  return clusters.get(cluster)?.view.get(Counter, 'default', name)?.status?.count;
}

async function until(condition: () => boolean | Promise<boolean>, limitMs = 8_000): Promise<void> {
  for (const deadline = Date.now() + limitMs; !(await condition()); await sleep(5)) {
    if (Date.now() > deadline) throw new Error('it did not come true in time');
  }
}

describe('a command', () => {
  it('is committed and shown when it is answered', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const receipt = await create(service, cluster, { name: 'one' });
    expect(receipt).toMatchObject({ outcome: { objects: [{ name: 'one' }] }, replayed: false });
    expect(service.clusters.get(cluster)?.view.get(Counter, 'default', 'one')).toBeDefined();
    const row = await readCluster(database, service.clusters.get(cluster)?.record.id ?? 0);
    expect(row?.revision).toBe(receipt.revision);
  });

  it('keeps its order among many at once', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const names = Array.from({ length: 50 }, (_, number) => `n${number}`);
    const receipts = await Promise.all(names.map((name) => create(service, cluster, { name })));
    const revisions = receipts.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((left, right) => left - right));
    expect(
      service.clusters
        .get(cluster)
        ?.view.list(Counter)
        .map(({ metadata }) => metadata.name),
    ).toEqual(names);
  });

  it('that is refused is answered and logged, and changes nothing', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    await create(service, cluster, { name: 'one' });
    const before = service.clusters.get(cluster)?.view.revision;
    const receipt = await create(service, cluster, { name: 'one' });
    expect(receipt.outcome.errors).toMatchObject([{ reason: 'AlreadyExists' }]);
    expect(service.clusters.get(cluster)?.view.revision).toBe(before);
  });

  it('that fails as a bug would is answered, and the cluster goes on', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const receipt = await submit(service, cluster, 'explode', {});
    expect(receipt.outcome.errors).toMatchObject([{ reason: 'InternalError' }]);
    expect((await create(service, cluster, { name: 'after' })).outcome.errors).toBeUndefined();
  });

  it('that is only tried leaves no trace', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const id = service.clusters.get(cluster)?.record.id ?? 0;
    const before = service.clusters.get(cluster)?.view.revision;
    const receipt = await create(service, cluster, { name: 'one' }, { dryRun: true, idempotencyKey: 'k' });
    expect(receipt.outcome.preview).toMatchObject([{ metadata: { name: 'one' } }]);
    expect(service.clusters.get(cluster)?.view.revision).toBe(before);
    expect(await readLog(database, id)).toHaveLength(1);
    expect((await create(service, cluster, { name: 'one' }, { idempotencyKey: 'k' })).replayed).toBe(false);
  });

  it('for a cluster that is not there says so', async () => {
    const service = await start();
    const receipt = await create(service, 'nowhere', { name: 'one' });
    expect(receipt.outcome.errors).toMatchObject([{ reason: 'NotFound', message: 'clusters "nowhere" not found' }]);
  });

  it('keeps an input with NUL and lone surrogates', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const note = 'a\0b\ud800';
    await create(service, cluster, { name: 'one', note }, { idempotencyKey: 'odd' });
    await create(service, cluster, { name: 'two', note });
    await stop(service);
    const again = await start();
    for (const name of ['one', 'two']) {
      expect(again.clusters.get(cluster)?.view.get(Counter, 'default', name)?.spec.note).toBe(note);
    }
    expect((await create(again, cluster, { name: 'one', note }, { idempotencyKey: 'odd' })).replayed).toBe(true);
  });
});

describe('an idempotency key', () => {
  it('gives the first answer again for the same input', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const first = await create(service, cluster, { name: 'one', target: 1 }, { idempotencyKey: 'key' });
    const again = await create(service, cluster, { target: 1, name: 'one' }, { idempotencyKey: 'key' });
    expect(again).toEqual({ ...first, replayed: true });
  });

  it('runs a command once when many send it at the same time', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const receipts = await Promise.all(
      Array.from({ length: 10 }, () => create(service, cluster, { name: 'one' }, { idempotencyKey: 'key' })),
    );
    expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const { outcome } of receipts) expect(outcome.errors).toBeUndefined();
  });

  it('runs a command once however often the inbox is read meanwhile', async () => {
    const service = await start({ pollMs: 1 });
    const cluster = await newCluster(service);
    const names = Array.from({ length: 150 }, (_, number) => `n${number}`);
    const receipts = await Promise.all(
      names.map(async (name, position) => {
        await sleep(position * 2);
        return create(service, cluster, { name }, { idempotencyKey: name });
      }),
    );
    for (const { outcome } of receipts) expect(outcome.errors).toBeUndefined();
    const log = await readLog(database, service.clusters.get(cluster)?.record.id ?? 0);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, position) => position + 1));
    expect(log).toHaveLength(names.length + 1);
  });

  it('is refused for another input or another command', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    await create(service, cluster, { name: 'one' }, { idempotencyKey: 'key' });
    const refusals = [
      await create(service, cluster, { name: 'two' }, { idempotencyKey: 'key' }),
      await submit(service, cluster, 'createNamespace', { name: 'one' }, { idempotencyKey: 'key' }),
      await create(service, cluster, { name: 'two' }, { idempotencyKey: 'x'.repeat(300) }),
    ];
    for (const { outcome } of refusals) {
      expect(outcome.errors).toMatchObject([{ reason: 'Invalid', path: ['guard', 'idempotencyKey'] }]);
    }
    expect(service.clusters.get(cluster)?.view.get(Counter, 'default', 'two')).toBeUndefined();
  });

  it('holds across a restart', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const first = await create(service, cluster, { name: 'one' }, { idempotencyKey: 'key' });
    await stop(service);
    const again = await start();
    expect(await create(again, cluster, { name: 'one' }, { idempotencyKey: 'key' })).toEqual({
      ...first,
      replayed: true,
    });
  });
});

describe('the clock', () => {
  it('runs at its speed, and timers fall due by it', async () => {
    const service = await start();
    const cluster = await newCluster(service, { paused: false });
    await submit(service, cluster, 'setClockSpeed', { speed: 1_000 });
    await create(service, cluster, { name: 'one', target: 5, everyMs: 1_000 });
    await until(() => countOf(service, cluster, 'one') === 5);
  });

  it('stands while it is paused, and goes on after', async () => {
    const service = await start();
    const cluster = await newCluster(service, { paused: false });
    await submit(service, cluster, 'pauseClock', {});
    const now = service.clusters.get(cluster)?.view.now;
    await create(service, cluster, { name: 'one', target: 1, everyMs: 1 });
    await sleep(50);
    expect(service.clusters.get(cluster)?.view.now).toBe(now);
    expect(countOf(service, cluster, 'one')).toBe(0);
    expect(service.clusters.get(cluster)?.clock).toMatchObject({ running: false, pendingTimers: 1 });
    await submit(service, cluster, 'resumeClock', {});
    await until(() => countOf(service, cluster, 'one') === 1);
  });

  it('steps by a duration, by events, to a time and until rest', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const from = service.clusters.get(cluster)?.view.now ?? 0;
    await create(service, cluster, { name: 'one', target: 100, everyMs: 60_000 });
    const step = (input: unknown) => submit(service, cluster, 'stepClock', input);
    expect((await step({ durationMs: 10 })).outcome.data).toMatchObject({ from, time: from + 10, events: 0 });
    expect((await step({ events: 2 })).outcome.data).toMatchObject({ events: 2 });
    expect(countOf(service, cluster, 'one')).toBe(2);
    expect((await step({ toTime: from + 3_000_000 })).outcome.data).toMatchObject({ time: from + 3_000_000 });
    expect((await step({ untilQuiescent: true })).outcome.data).toMatchObject({
      atRest: false,
      time: from + 6_600_000,
    });
    expect((await step({ durationMs: 86_400_000 })).outcome.data).toMatchObject({ atRest: true });
    expect(countOf(service, cluster, 'one')).toBe(100);
    expect((await step({ untilQuiescent: true })).outcome.data).toMatchObject({ atRest: true, events: 0 });
    expect((await step({ events: 3 })).outcome.data).toMatchObject({ events: 0, time: from + 6_600_000 + 86_400_000 });
    expect(service.clusters.get(cluster)?.clock.running).toBe(false);
  });

  it('refuses speeds and steps that make no sense', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    const refused: [string, unknown][] = [
      ['setClockSpeed', { speed: 0 }],
      ['setClockSpeed', { speed: Number.NaN }],
      ['setClockSpeed', { speed: 1e12 }],
      ['setClockSpeed', null],
      ['stepClock', { durationMs: -1 }],
      ['stepClock', { durationMs: 1e15 }],
      ['stepClock', { toTime: 0 }],
      ['stepClock', { events: 0 }],
      ['stepClock', {}],
    ];
    for (const [name, input] of refused) {
      expect((await submit(service, cluster, name, input)).outcome.errors, JSON.stringify(input)).toHaveLength(1);
    }
  });

  it('lets a pause end a long step', async () => {
    const service = await start();
    const cluster = await newCluster(service);
    await create(service, cluster, { name: 'one', target: 1_000_000, everyMs: 100 });
    const step = submit(service, cluster, 'stepClock', { durationMs: 86_400_000 });
    await sleep(20);
    await submit(service, cluster, 'pauseClock', {});
    const data = (await step).outcome.data as { time: number; from: number };
    expect(data.time - data.from).toBeLessThan(86_400_000);
  });

  it('stands still while nobody owns the cluster', async () => {
    const service = await start();
    const cluster = await newCluster(service, { paused: false });
    await stop(service);
    const reader = await start({ role: 'api' });
    const { now } = reader.clusters.get(cluster)?.view ?? { now: 0 };
    await sleep(60);
    expect(reader.clusters.get(cluster)?.view.now).toBe(now);
    await stop(reader);
    const again = await start();
    expect((again.clusters.get(cluster)?.view.now ?? 0) - now).toBeLessThan(2_000);
  });
});

describe('the same seed and commands', () => {
  /** A life with everything in it: commands at various times, refusals, tries, a step, a restart. */
  async function live(service: Service, cluster: string, restart: () => Promise<Service>): Promise<Service> {
    await create(service, cluster, { name: 'a', target: 7, everyMs: 300 });
    await submit(service, cluster, 'stepClock', { durationMs: 777 });
    await create(service, cluster, { name: 'b', target: 4, everyMs: 50 }, { dryRun: true });
    await create(service, cluster, { name: 'a' });
    await create(service, cluster, { name: 'b', target: 9, everyMs: 200 }, { idempotencyKey: cluster });
    await submit(service, cluster, 'stepClock', { events: 3 });
    const next = await restart();
    await submit(next, cluster, 'setTarget', { ...counterTarget('a'), targetCount: 12 });
    await submit(next, cluster, 'stepClock', { durationMs: 1_234 });
    await submit(next, cluster, 'deleteCounter', counterTarget('b'));
    await submit(next, cluster, 'explode', {});
    await submit(next, cluster, 'stepClock', { durationMs: 500 });
    return next;
  }

  async function hashOf({ clusters }: Service, cluster: string): Promise<string> {
    const view = clusters.get(cluster)?.view;
    if (!view) throw new Error(`there is no cluster ${cluster}`);
    return stateHash(view);
  }

  it('give the same state: in two runs, across a restart, and replayed from the log', async () => {
    let service = await start();
    const [one, two] = [await newCluster(service, { seed: 'same' }), await newCluster(service, { seed: 'same' })];
    const other = await newCluster(service, { seed: 'other' });
    await live(service, one, () => Promise.resolve(service));
    await live(service, other, () => Promise.resolve(service));
    service = await live(service, two, async () => {
      await stop(service);
      return start();
    });
    const hash = await hashOf(service, one);
    expect(await hashOf(service, two)).toBe(hash);
    expect(await hashOf(service, other)).not.toBe(hash);
    const id = service.clusters.get(two)?.record.id ?? 0;
    const row = await readCluster(database, id);
    if (!row) throw new Error('gone');
    const engine = replay(countingRegistry, row, await readLog(database, id));
    expect(await stateHash(engine.view)).toBe(hash);
    expect(engine.view.revision).toBe(row.revision);
  });

  it('give the same state when it ran in real time', async () => {
    const service = await start();
    const cluster = await newCluster(service, { paused: false });
    await submit(service, cluster, 'setClockSpeed', { speed: 50 });
    for (let number = 0; number < 20; number++) {
      await create(service, cluster, { name: `n${number}`, target: 10, everyMs: 100 });
      await sleep(7);
    }
    await submit(service, cluster, 'pauseClock', {});
    const id = service.clusters.get(cluster)?.record.id ?? 0;
    const row = await readCluster(database, id);
    if (!row) throw new Error('gone');
    const engine = replay(countingRegistry, row, await readLog(database, id));
    expect(await stateHash(engine.view)).toBe(await hashOf(service, cluster));
  });
});

describe('a cluster', () => {
  it('is not shown when one of its initial commands is refused', async () => {
    const service = await start();
    const initialCommands = [
      { name: 'createNamespace', input: { name: 'default' } },
      { name: 'createNamespace', input: { name: 'Not A Name' } },
    ];
    const created = await service.clusters.create({ name: 'broken', initialCommands });
    expect(created).toMatchObject({ ok: false, error: { reason: 'Invalid' } });
    expect(service.clusters.get('broken')).toBeUndefined();
    expect(await service.clusters.create({ name: 'broken' })).toMatchObject({ ok: true });
  });

  it('has a name of its own, and one that Kubernetes would take', async () => {
    const service = await start();
    const name = await newCluster(service);
    expect(await service.clusters.create({ name })).toMatchObject({ ok: false, error: { reason: 'AlreadyExists' } });
    expect(await service.clusters.create({ name: 'Bad_Name' })).toMatchObject({
      ok: false,
      error: { reason: 'Invalid' },
    });
  });

  it('is gone for everybody when it is deleted, and its name is free', async () => {
    const service = await start();
    const reader = await start({ role: 'api' });
    const name = await newCluster(service, { paused: false });
    await until(() => reader.clusters.get(name) !== undefined);
    let closed = 0;
    for (const { clusters } of [service, reader])
      clusters.get(name)?.subscribe(
        () => {},
        () => closed++,
      );
    expect(await service.clusters.delete(name)).toMatchObject({ ok: true });
    expect(service.clusters.get(name)).toBeUndefined();
    await until(() => reader.clusters.get(name) === undefined);
    expect(closed).toBe(2);
    expect(await service.clusters.delete(name)).toMatchObject({ ok: false, error: { reason: 'NotFound' } });
    expect(await service.clusters.create({ name })).toMatchObject({ ok: true });
    expect((await create(service, name, { name: 'one' })).outcome.errors).toMatchObject([{ reason: 'NotFound' }]);
  });

  it('carries on where it stood after a restart', async () => {
    const service = await start();
    const name = await newCluster(service);
    for (let number = 0; number < 10; number++) await create(service, name, { name: `n${number}`, target: 5 });
    await submit(service, name, 'stepClock', { durationMs: 250 });
    const view = service.clusters.get(name)?.view;
    const [hash, revision, now] = [view && (await stateHash(view)), view?.revision, view?.now];
    await stop(service);
    const again = await start();
    await until(() => again.clusters.get(name)?.clock.pendingTimers === 10);
    const after = again.clusters.get(name)?.view;
    expect([after && (await stateHash(after)), after?.revision, after?.now]).toEqual([hash, revision, now]);
    await submit(again, name, 'stepClock', { untilQuiescent: true });
    expect(countOf(again, name, 'n0')).toBe(5);
  });
});

describe('several processes', () => {
  it('share the clusters: one owner each, and everybody reads and submits', async () => {
    const first = await start({ name: 'first' });
    const second = await start({ name: 'second' });
    const reader = await start({ role: 'api' });
    const name = await newCluster(first, { paused: false });
    await until(() => reader.clusters.get(name) !== undefined && second.clusters.get(name) !== undefined);
    for (const [position, service] of [first, second, reader].entries()) {
      const receipt = await create(service, name, { name: `n${position}`, target: 3, everyMs: 10 });
      expect(receipt.outcome.errors).toBeUndefined();
      expect(countOf(service, name, `n${position}`)).toBeDefined();
    }
    await until(() => [first, second, reader].every((service) => countOf(service, name, 'n2') === 3));
    const hashes = await Promise.all(
      [first, second, reader].map(({ clusters }) => stateHash(clusters.get(name)?.view ?? expect.fail('gone'))),
    );
    expect(new Set(hashes).size).toBe(1);
  });

  it('give the same answer for one idempotency key', async () => {
    const first = await start();
    const reader = await start({ role: 'api' });
    const name = await newCluster(first);
    await until(() => reader.clusters.get(name) !== undefined);
    const receipts = await Promise.all(
      [first, reader, first, reader].map((service) => create(service, name, { name: 'one' }, { idempotencyKey: 'k' })),
    );
    expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const { outcome } of receipts) expect(outcome).toEqual(receipts[0]?.outcome);
  });

  it('try things through another process without a trace', async () => {
    const first = await start();
    const reader = await start({ role: 'api' });
    const name = await newCluster(first);
    await until(() => reader.clusters.get(name) !== undefined);
    const receipt = await create(reader, name, { name: 'one' }, { dryRun: true });
    expect(receipt.outcome.preview).toMatchObject([{ metadata: { name: 'one' } }]);
    const rows = await database.sql`
      select from commands where cluster_id = ${first.clusters.get(name)?.record.id ?? 0} and dry_run`;
    expect(rows).toHaveLength(0);
  });

  it('take over at once from one that stopped, and what it was told meanwhile is done', async () => {
    const first = await start();
    const name = await newCluster(first, { paused: false });
    const reader = await start({ role: 'api' });
    await stop(first);
    const submitted = create(reader, name, { name: 'one' });
    await sleep(50);
    await start();
    expect((await submitted).outcome.errors).toBeUndefined();
  });

  it('cannot commit any more once another has taken the cluster', async () => {
    const first = await start();
    const name = await newCluster(first);
    const id = first.clusters.get(name)?.record.id ?? 0;
    // As after a long pause of the whole process: the lease ran out, somebody else took the cluster.
    await database.sql`update clusters set epoch = epoch + 1, owner = 'another', lease_until = now() + interval '400 ms' where id = ${id}`;
    await expect(create(first, name, { name: 'late' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(first.clusters.get(name)?.view.get(Counter, 'default', 'late')).toBeUndefined();
    await until(async () => (await readCluster(database, id))?.owner !== 'another');
    await until(async () => (await create(first, name, { name: 'later' }).catch(() => undefined)) !== undefined);
    expect(
      first.clusters
        .get(name)
        ?.view.list(Counter)
        .map(({ metadata }) => metadata.name),
    ).toEqual(['later']);
  });
});
