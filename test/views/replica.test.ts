import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterView } from '../../src/machinery/cluster-view.ts';
import type { ClusterReplica, CommittedBatch } from '../../src/machinery/ports.ts';
import type { Version } from '../../src/machinery/version.ts';
import type { Database } from '../../src/store/database.ts';
import { RecentBatches } from '../../src/views/recent-batches.ts';
import { clockTime } from '../../src/views/clock.ts';
import { stateHash } from '../../src/views/state-hash.ts';
import { Counter, counterTarget } from '../support/counting.ts';
import { testDatabase } from '../support/database.ts';
import { startService, type Service, type ServiceOptions } from '../support/service.ts';

let database: Database & { url: string };
const running = new Set<Service>();

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

async function newCluster({ clusters }: Service): Promise<ClusterReplica> {
  const initialCommands = [{ name: 'createNamespace', input: { name: 'default' } }];
  const created = await clusters.create({ name: 'one', paused: true, initialCommands });
  if (!created.ok) throw new Error(created.error.message);
  return created.value;
}

async function run({ clusters }: Service, name: string, input: unknown): Promise<number> {
  const { outcome, revision } = await clusters.submit({ cluster: 'one', name, input, actor: 'test' });
  if (outcome.errors) throw new Error(outcome.errors[0]?.message);
  return revision;
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 8_000; !condition(); await sleep(5)) {
    if (Date.now() > deadline) throw new Error('it did not come true in time');
  }
}

function countersOf(view: ClusterView | string): Record<string, number | undefined> {
  if (typeof view === 'string') throw new Error(view);
  return Object.fromEntries(view.list(Counter).map(({ metadata, status }) => [metadata.name, status?.count]));
}

/** A life with moments to look back on: the revision, the time and the state after each. */
async function live(service: Service, replica: ClusterReplica) {
  const moments: { revision: number; now: number; hash: string; counters: ReturnType<typeof countersOf> }[] = [];
  const remember = async () => {
    const { view } = replica;
    moments.push({ revision: view.revision, now: view.now, hash: await stateHash(view), counters: countersOf(view) });
    // What comes next comes later, so that the moment has its time to itself.
    await run(service, 'stepClock', { durationMs: 1 });
  };
  await remember();
  await run(service, 'createCounter', { name: 'a', target: 5, everyMs: 1_000 });
  await run(service, 'stepClock', { durationMs: 1_500 });
  await remember();
  await run(service, 'createCounter', { name: 'b', target: 2, everyMs: 500 });
  await run(service, 'stepClock', { durationMs: 5_000 });
  await remember();
  await run(service, 'deleteCounter', counterTarget('a'));
  await run(service, 'stepClock', { durationMs: 5_000 });
  await remember();
  return moments;
}

describe('the past', () => {
  it('is shown as it was, by revision and by time', async () => {
    const service = await start();
    const replica = await newCluster(service);
    for (const { revision, now, hash, counters } of await live(service, replica)) {
      const byRevision = await replica.at({ revision });
      expect(countersOf(byRevision)).toEqual(counters);
      expect(await stateHash(byRevision as ClusterView)).toBe(hash);
      const byTime = await replica.at({ time: now });
      expect(await stateHash(byTime as ClusterView)).toBe(hash);
      expect((byTime as ClusterView).now).toBe(now);
    }
  });

  it('shows the Events of then, not those that came later', async () => {
    const service = await start();
    const replica = await newCluster(service);
    const [, moment] = await live(service, replica);
    const past = (await replica.at({ time: moment?.now ?? 0 })) as ClusterView;
    const messages = past.listKey('Event').map((event) => (event as unknown as { message: string }).message);
    expect(messages.length).toBeGreaterThan(0);
    expect(replica.view.listKey('Event').length).toBeGreaterThan(messages.length);
  });

  it('does not change when the present does', async () => {
    const service = await start();
    const replica = await newCluster(service);
    await run(service, 'createCounter', { name: 'a' });
    const past = (await replica.at({ revision: replica.view.revision })) as ClusterView;
    const hash = await stateHash(past);
    await run(service, 'stepClock', { durationMs: 60_000 });
    expect(await stateHash(past)).toBe(hash);
  });

  it('ends at the present, and begins with the cluster', async () => {
    const service = await start();
    const replica = await newCluster(service);
    const { revision, now } = replica.view;
    expect(await replica.at({ revision: revision + 1 })).toBe('future');
    expect(await replica.at({ time: now + 1_000 })).toBe('future');
    expect(await replica.at({ time: replica.record.startTime - 1 })).toBe('expired');
    expect(typeof (await replica.at({ revision: 0 }))).toBe('object');
  });
});

describe('a reader that resumes', () => {
  const scenarios: [string, ServiceOptions][] = [
    ['from memory', {}],
    ['from the store', { limits: { recentVersions: 0 } }],
  ];
  it.each(scenarios)('gets every change after its revision, once and in order, %s', async (_title, options) => {
    const service = await start(options);
    const replica = await newCluster(service);
    const seen: Version[] = [];
    const from = replica.view.revision;
    replica.subscribe((batch) => void seen.push(...batch.versions));
    const moments = await live(service, replica);
    for (const { revision } of moments) {
      const batches = await replica.since(revision);
      if (batches === 'expired') throw new Error('expired');
      const resumed = batches.flatMap(({ versions }) => versions);
      const missed = seen.filter((version) => version.revision > Math.max(revision, from));
      // Of an Event only the last state is stored.
      const objects = (versions: Version[]) => versions.filter(({ kindKey }) => kindKey !== 'Event');
      expect(objects(resumed)).toEqual(objects(missed));
      expect(batches.at(-1)?.revision ?? replica.view.revision).toBe(replica.view.revision);
    }
    expect(await replica.since(replica.view.revision)).toEqual([]);
  });

  it('is told when what it asks for was compacted, and the present stays', async () => {
    const service = await start({ retainedRevisions: 100, limits: { recentVersions: 0 } });
    const replica = await newCluster(service);
    await run(service, 'createCounter', { name: 'a', target: 100, everyMs: 10 });
    await run(service, 'stepClock', { durationMs: 60_000 });
    await run(service, 'createCounter', { name: 'b', target: 1 });
    let before = -1;
    // Until nothing more is compacted.
    while (replica.oldestRevision === 0 || replica.oldestRevision !== before) {
      before = replica.oldestRevision;
      await sleep(150);
    }
    expect(await replica.since(replica.oldestRevision - 1)).toBe('expired');
    expect(await replica.at({ revision: replica.oldestRevision - 1 })).toBe('expired');
    expect(await replica.at({ time: replica.record.startTime })).toBe('expired');
    const past = await replica.at({ revision: replica.oldestRevision });
    expect(countersOf(past)['a']).toBeGreaterThan(0);
    const again = await start({ role: 'api' });
    const restored = again.clusters.get('one');
    expect(await stateHash(restored?.view ?? expect.fail('gone'))).toBe(await stateHash(replica.view));
    expect(restored?.oldestRevision).toBe(replica.oldestRevision);
  });
});

describe('a replica', () => {
  it('tells of commits in order, when it shows them', async () => {
    const service = await start();
    const replica = await newCluster(service);
    const batches: CommittedBatch[] = [];
    replica.subscribe((batch) => {
      expect(replica.view.revision).toBe(batch.revision);
      batches.push(batch);
    });
    await Promise.all(Array.from({ length: 30 }, (_, number) => run(service, 'createCounter', { name: `n${number}` })));
    const revisions = batches.flatMap(({ versions }) => versions.map(({ revision }) => revision));
    expect(revisions).toEqual([...revisions].sort((left, right) => left - right));
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it('in another process follows, with the objects before each change', async () => {
    const service = await start();
    const replica = await newCluster(service);
    const reader = await start({ role: 'api', pollMs: 20 });
    const follower = reader.clusters.get('one') ?? expect.fail('not there');
    const seen: Version[] = [];
    follower.subscribe((batch) => void seen.push(...batch.versions));
    await live(service, replica);
    await follower.reached(replica.view.revision);
    expect(await stateHash(follower.view)).toBe(await stateHash(replica.view));
    expect(follower.view.listKey('Event')).toEqual(replica.view.listKey('Event'));
    for (const { type, previous, object } of seen) {
      expect(previous === undefined).toBe(type === 'ADDED');
      if (previous) expect(previous.metadata.uid).toBe(object.metadata.uid);
    }
    expect(seen.filter(({ type }) => type === 'DELETED')).toMatchObject([{ object: { metadata: { name: 'a' } } }]);
  });

  it('in another process shows what the clock shows', async () => {
    const service = await start();
    await newCluster(service);
    const reader = await start({ role: 'api', pollMs: 20 });
    await run(service, 'setClockSpeed', { speed: 10_000 });
    await run(service, 'resumeClock', {});
    const [mine, theirs] = [service, reader].map(({ clusters }) => clusters.get('one') ?? expect.fail('not there'));
    await until(() => theirs?.clock.running === true);
    expect(theirs?.clock.speed).toBe(10_000);
    const before = theirs?.view.now ?? 0;
    await sleep(30);
    expect((theirs?.view.now ?? 0) - before).toBeGreaterThan(10_000);
    expect(Math.abs((theirs?.view.now ?? 0) - (mine?.view.now ?? 0))).toBeLessThan(10_000_000);
  });

  it('tells the history of an object', async () => {
    const service = await start();
    const replica = await newCluster(service);
    await run(service, 'createCounter', { name: 'a', target: 3, everyMs: 10 });
    await run(service, 'stepClock', { durationMs: 1_000 });
    await run(service, 'setTarget', { ...counterTarget('a'), targetCount: 4 });
    const uid = replica.view.get(Counter, 'default', 'a')?.metadata.uid ?? '';
    const history = await replica.history(uid, 3);
    expect(history.map(({ object }) => (object as Counter).status?.count)).toEqual([4, 3, 2]);
    expect(history.map(({ cause }) => cause)).toEqual(Array(3).fill('counter-controller'));
  });
});

describe('the memory of recent commits', () => {
  const batch = (revision: number, count = 1): CommittedBatch => ({
    revision,
    time: 0,
    versions: Array.from({ length: count }, (_, number) => ({ revision: revision - count + 1 + number })) as Version[],
  });

  it('holds as many versions as it may, and says when more were asked for', () => {
    const recent = new RecentBatches(10, 5);
    for (let revision = 11; revision <= 20; revision++) recent.add(batch(revision));
    expect(recent.since(15)?.map(({ revision }) => revision)).toEqual([16, 17, 18, 19, 20]);
    expect(recent.since(14)).toBeUndefined();
    expect(recent.since(20)).toEqual([]);
  });

  it('cuts a commit of which a part is known', () => {
    const recent = new RecentBatches(0, 100);
    recent.add(batch(5, 5));
    expect(recent.since(3)?.[0]?.versions.map(({ revision }) => revision)).toEqual([4, 5]);
  });

  it('keeps one commit, however large it is', () => {
    const recent = new RecentBatches(0, 3);
    recent.add(batch(10, 10));
    expect(recent.since(0)?.[0]?.versions).toHaveLength(10);
    recent.add(batch(11));
    expect(recent.since(0)).toBeUndefined();
    expect(recent.since(10)).toHaveLength(1);
  });
});

describe('what a clock shows', () => {
  const table: [string, Parameters<typeof clockTime>[0], number][] = [
    ['time that stands when it is paused', { running: false, speed: 5, time: 100, wall: 0, pendingTimers: 0 }, 100],
    ['time that passes at its speed', { running: true, speed: 5, time: 100, wall: 990, pendingTimers: 0 }, 150],
    ['whole milliseconds', { running: true, speed: 0.25, time: 100, wall: 990, pendingTimers: 0 }, 102],
    ['no time before its own', { running: true, speed: 1, time: 100, wall: 2_000, pendingTimers: 0 }, 100],
  ];
  it.each(table)('is %s', (_title, clock, expected) => {
    expect(clockTime(clock, 1_000)).toBe(expected);
  });
});
