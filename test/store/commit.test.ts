import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { Version } from '../../src/machinery/version.ts';
import {
  acquireCluster,
  insertCluster,
  markDeleted,
  readCluster,
  releaseCluster,
} from '../../src/store/cluster-rows.ts';
import { commit, FencedError, type Commit, type ExecutedCommand } from '../../src/store/commit.ts';
import type { Database } from '../../src/store/database.ts';
import { readFeed, readHistory, readVersions, versionsFromFeed } from '../../src/store/feed.ts';
import { readLog } from '../../src/store/inbox.ts';
import { loadState, revisionAtTime } from '../../src/store/objects.ts';
import { compactVersions } from '../../src/store/compaction.ts';
import { testDatabase } from '../support/database.ts';

const START = Date.UTC(2026, 0, 1);
let database: Database;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** A cluster of its own, and a writer that holds it. */
class Writer {
  readonly clusterId: number;
  readonly epoch: number;
  revision = 0;
  private readonly objects = new Map<string, { object: KubeObject; created: number }>();

  constructor(clusterId: number, epoch: number) {
    this.clusterId = clusterId;
    this.epoch = epoch;
  }

  static async start(owner: string = randomUUID()): Promise<Writer> {
    const row = await insertCluster(database, {
      name: `c-${randomUUID().slice(0, 8)}`,
      seed: 's',
      settings: {},
      startMs: START,
      running: true,
      creation: { initialCommands: [] },
    });
    const acquired = await acquireCluster(database, row?.record.id ?? 0, owner, 10_000);
    return new Writer(acquired?.record.id ?? 0, acquired?.epoch ?? 0);
  }

  /** One change at `elapsedMs` after the start: of the whole object, or a deletion. */
  change(name: string, next: Partial<KubeObject> | undefined, elapsedMs = 0): Version {
    const known = this.objects.get(name);
    const revision = ++this.revision;
    const uid = known?.object.metadata.uid ?? randomUUID();
    const created = known?.created ?? revision;
    const metadata = known?.object.metadata ?? {
      name,
      namespace: 'default',
      uid,
      creationTimestamp: '2026-01-01T00:00:00Z',
    };
    const object = next
      ? {
          apiVersion: 'v1',
          kind: 'Thing',
          ...known?.object,
          ...next,
          metadata: { ...metadata, ...next.metadata, resourceVersion: String(revision) },
        }
      : (known?.object as KubeObject);
    if (next) this.objects.set(name, { object, created });
    else this.objects.delete(name);
    return {
      revision,
      created,
      object,
      type: known ? (next ? 'MODIFIED' : 'DELETED') : 'ADDED',
      kindKey: object.kind,
      previous: known?.object,
      time: START + elapsedMs,
      cause: 'test',
    };
  }

  /** What a reader should see now. */
  get current(): KubeObject[] {
    return [...this.objects.values()].sort((left, right) => left.created - right.created).map(({ object }) => object);
  }

  request(versions: readonly Version[], commands: readonly ExecutedCommand[] = []): Commit {
    return {
      clusterId: this.clusterId,
      epoch: this.epoch,
      leaseMs: 10_000,
      revision: this.revision,
      timeMs: versions.at(-1)?.time ?? START,
      running: true,
      speed: 1,
      pendingTimers: 0,
      commandCount: commands.length,
      versions,
      commands,
    };
  }

  async commit(...versions: Version[]): Promise<void> {
    await commit(database, this.request(versions));
  }
}

async function objectsAt(clusterId: number, revision?: number): Promise<KubeObject[] | string> {
  const state = await loadState(database, clusterId, revision);
  return typeof state === 'object' ? state.objects.map(({ object }) => object) : String(state);
}

describe('a commit', () => {
  it('brings every section back as it was written, key by key', async () => {
    const writer = await Writer.start();
    const spec = { zebra: 1, apple: { '10': 'ten', '9': 'nine' }, list: [{ b: 1, a: 2 }] };
    await writer.commit(writer.change('one', { spec, status: { phase: 'Fresh' } }));
    await writer.commit(writer.change('one', { status: { phase: 'Old' }, runtime: { since: 5 } }));
    const [object] = (await objectsAt(writer.clusterId)) as KubeObject[];
    expect(object).toEqual(writer.current[0]);
    expect(JSON.stringify(object?.spec)).toBe(JSON.stringify(spec));
    expect(object?.metadata.resourceVersion).toBe('2');
  });

  it('writes only the sections that changed', async () => {
    const writer = await Writer.start();
    await writer.commit(
      writer.change('one', { spec: { a: 1 }, status: { b: 1 } }),
      writer.change('one', { status: { b: 2 } }),
    );
    const rows = await database.sql`
      select metadata is null as m, spec is null as s, status is null as st, rest is null as re, runtime is null as ru
      from versions where cluster_id = ${writer.clusterId} order by revision`;
    expect([...rows]).toEqual([
      { m: false, s: false, st: false, re: false, ru: true },
      { m: true, s: true, st: false, re: true, ru: true },
    ]);
  });

  it('remembers that a section, a label or a field beside the sections is gone', async () => {
    const writer = await Writer.start();
    const first = writer.change('one', { spec: { a: 1 }, status: { b: 1 }, data: { k: 'v' } } as Partial<KubeObject>);
    const { status: _s, data: _d, ...rest } = first.object as KubeObject & { data: unknown };
    const second: Version = {
      ...writer.change('one', {}),
      object: { ...rest, metadata: { ...rest.metadata, resourceVersion: '2' } },
    };
    await writer.commit(first, second);
    const [object] = (await objectsAt(writer.clusterId)) as KubeObject[];
    expect(object).toEqual(second.object);
    expect(object).not.toHaveProperty('status');
    expect(object).not.toHaveProperty('data');
  });

  const awkward: [string, unknown][] = [
    ['NUL in a string', { text: 'a\0b' }],
    ['NUL in a key', { 'a\0b': 1 }],
    ['a lone surrogate', { text: '\ud800 and \udfff' }],
    ['a backslash before u0000', { text: '\\u0000' }],
    ['null', null],
    ['false', false],
    ['an empty object', {}],
    ['the name of the wrapper', { 'orrery.dev/text': 'x' }],
    ['quotes, backslashes and line ends', { text: '"\\\n\r\t\u2028' }],
    ['characters beyond the basic plane', { text: '🪐'.repeat(3) }],
    ['great and small numbers', { great: 1e300, small: 5e-324, whole: 2 ** 53, negative: -0.1 }],
    ['a megabyte', { text: 'x'.repeat(1_000_000) }],
  ];
  it.each(awkward)('keeps %s', async (_title, spec) => {
    const writer = await Writer.start();
    await writer.commit(writer.change('one', { spec, status: { ok: true } }));
    expect(((await objectsAt(writer.clusterId)) as KubeObject[])[0]?.spec).toEqual(spec);
  });

  it('is refused as a whole once somebody else holds the cluster', async () => {
    const writer = await Writer.start();
    await writer.commit(writer.change('one', { spec: { a: 1 } }));
    await releaseCluster(database, writer.clusterId, writer.epoch);
    const next = await acquireCluster(database, writer.clusterId, 'another', 10_000);
    expect(next?.epoch).toBeGreaterThan(writer.epoch);
    await expect(writer.commit(writer.change('two', { spec: {} }))).rejects.toThrow(FencedError);
    expect(await objectsAt(writer.clusterId)).toHaveLength(1);
    expect((await readCluster(database, writer.clusterId))?.revision).toBe(1);
  });

  it('is refused as a whole when it takes several statements, too', async () => {
    const writer = await Writer.start();
    await markDeleted(database, (await readCluster(database, writer.clusterId))?.record.name ?? '');
    const many = Array.from({ length: 4_500 }, (_, number) => writer.change(`n${number}`, { spec: { number } }));
    await expect(writer.commit(...many)).rejects.toThrow(FencedError);
    const [{ count } = { count: -1 }] = await database.sql`
      select count(*)::int as count from versions where cluster_id = ${writer.clusterId}`;
    expect(count).toBe(0);
  });

  it('takes thousands of versions at once', async () => {
    const writer = await Writer.start();
    const many = Array.from({ length: 4_500 }, (_, number) => writer.change(`n${number}`, { spec: { number } }));
    await writer.commit(...many);
    expect(await objectsAt(writer.clusterId)).toEqual(writer.current);
  });

  it('takes thousands of Events that change or go at once', async () => {
    const writer = await Writer.start();
    const names = Array.from({ length: 700 }, (_, number) => `e${number}`);
    const event = (message: string) => ({ apiVersion: 'v1', kind: 'Event', message }) as Partial<KubeObject>;
    await writer.commit(...names.map((name) => writer.change(name, event('once'))));
    await writer.commit(...names.map((name) => writer.change(name, event('twice'))));
    expect(await objectsAt(writer.clusterId)).toEqual(writer.current);
    await writer.commit(...names.slice(1).map((name) => writer.change(name, undefined)));
    expect(await objectsAt(writer.clusterId)).toEqual(writer.current);
    expect(writer.current).toHaveLength(1);
  });

  it('takes a few versions that are very large', async () => {
    const writer = await Writer.start();
    const text = 'x'.repeat(1_000_000);
    await writer.commit(...['a', 'b', 'c'].map((name) => writer.change(name, { spec: { name, text } })));
    expect(await objectsAt(writer.clusterId)).toEqual(writer.current);
  });

  it('writes the log of commands, with their order', async () => {
    const writer = await Writer.start();
    const command = (seq: number, input: unknown): ExecutedCommand => ({
      id: randomUUID(),
      seq,
      name: 'doIt',
      input,
      actor: 'somebody',
      idempotencyKey: undefined,
      dryRun: false,
      timeMs: START + seq,
      revision: seq,
      outcome: { data: { seq } },
    });
    const commands = [command(1, { b: 1, a: '\0' }), command(2, undefined), command(3, null)];
    await commit(database, writer.request([], commands));
    expect(await readLog(database, writer.clusterId)).toEqual(commands);
  });
});

describe('the lease', () => {
  it('is given to one process only while it holds', async () => {
    const writer = await Writer.start();
    await database.sql`select pg_advisory_lock_shared(${0x4e11}, hashtext('holder'))`;
    await database.sql`update clusters set owner = 'holder', lease_until = now() + interval '1 hour' where id = ${writer.clusterId}`;
    expect(await acquireCluster(database, writer.clusterId, 'other', 1_000)).toBeUndefined();
    expect(await acquireCluster(database, writer.clusterId, 'holder', 1_000)).toBeDefined();
  });

  it('falls to others when it runs out', async () => {
    const writer = await Writer.start();
    await database.sql`update clusters set owner = 'holder', lease_until = now() - interval '1 second' where id = ${writer.clusterId}`;
    expect(await acquireCluster(database, writer.clusterId, 'other', 1_000)).toMatchObject({
      owner: 'other',
      owned: true,
    });
  });

  it('falls to others at once when the holder shows no sign of life', async () => {
    const writer = await Writer.start();
    await database.sql`update clusters set owner = 'dead', lease_until = now() + interval '1 hour' where id = ${writer.clusterId}`;
    expect(await acquireCluster(database, writer.clusterId, 'other', 1_000)).toMatchObject({ owner: 'other' });
  });
});

describe('the past', () => {
  it('is what was there at each revision', async () => {
    const writer = await Writer.start();
    const expected: KubeObject[][] = [[]];
    const change = async (name: string, next: Partial<KubeObject> | undefined) => {
      await writer.commit(writer.change(name, next));
      expected.push(writer.current);
    };
    await change('one', { spec: { a: 1 }, status: { s: 1 } });
    await change('two', { spec: { a: 1 } });
    await change('one', { status: { s: 2 } });
    await change('two', undefined);
    await change('one', { spec: { a: 2 }, runtime: { r: 1 } });
    await change('two', { spec: { again: true } });
    for (const [revision, objects] of expected.entries()) {
      expect(await objectsAt(writer.clusterId, revision), `at ${revision}`).toEqual(objects);
    }
    expect(await objectsAt(writer.clusterId, 7)).toBe('future');
  });

  it('is found by simulated time', async () => {
    const writer = await Writer.start();
    const times = [0, 0, 10, 10, 10, 30, 100];
    await writer.commit(...times.map((time, position) => writer.change(`n${position}`, { spec: {} }, time)));
    const row = await readCluster(database, writer.clusterId);
    const at = (elapsedMs: number) => row && revisionAtTime(database, row, START + elapsedMs);
    expect(await at(0)).toBe(2);
    expect(await at(9)).toBe(2);
    expect(await at(10)).toBe(5);
    expect(await at(99)).toBe(6);
    expect(await at(5_000)).toBe(7);
  });

  it('tells the history of one object, newest first, a page at a time', async () => {
    const writer = await Writer.start();
    const changes = [
      writer.change('one', { spec: { a: 1 }, status: { s: 0 } }),
      writer.change('two', { spec: {} }),
      writer.change('one', { status: { s: 1 } }),
      writer.change('one', { status: { s: 2 } }),
      writer.change('one', undefined),
    ];
    await writer.commit(...changes);
    const uid = changes[0]?.object.metadata.uid ?? '';
    const mine = changes.filter(({ object }) => object.metadata.uid === uid).reverse();
    expect(await readHistory(database, writer.clusterId, uid, 10)).toEqual(mine);
    expect(await readHistory(database, writer.clusterId, uid, 2)).toEqual(mine.slice(0, 2));
    expect(await readHistory(database, writer.clusterId, uid, 2, 4)).toEqual(mine.slice(2));
  });
});

describe('the feed', () => {
  it('gives what was committed after a revision, with the objects before', async () => {
    const writer = await Writer.start();
    const changes = [
      writer.change('one', { spec: { a: 1 }, status: { s: 0 } }),
      writer.change('two', { spec: {} }),
      writer.change('one', { status: { s: 1 } }),
      writer.change('two', undefined),
      writer.change('three', { spec: { c: 3 } }),
    ];
    await writer.commit(...changes);
    for (let after = 0; after <= changes.length; after++) {
      const read = await readVersions(database, writer.clusterId, after, 100);
      expect(read, `after ${after}`).toMatchObject({ versions: changes.slice(after) });
    }
  });

  it('does not give more than was asked for', async () => {
    const writer = await Writer.start();
    await writer.commit(...['a', 'b', 'c'].map((name) => writer.change(name, { spec: {} })));
    expect(await readFeed(database, writer.clusterId, 0, 2)).toBe('expired');
    expect(await readFeed(database, writer.clusterId, 1, 2)).toMatchObject({ row: { revision: 3 } });
  });

  it('leaves out an Event that came and went', async () => {
    const writer = await Writer.start();
    const event = { apiVersion: 'v1', kind: 'Event' };
    await writer.commit(writer.change('e', { ...event, message: 'once' } as Partial<KubeObject>));
    await writer.commit(writer.change('e', { message: 'twice' } as Partial<KubeObject>));
    const page = await readFeed(database, writer.clusterId, 0, 10);
    expect(typeof page === 'object' && versionsFromFeed(page.rows, () => undefined)).toMatchObject([
      { type: 'ADDED', revision: 2, object: { message: 'twice' } },
    ]);
    await writer.commit(writer.change('e', undefined));
    const gone = await readFeed(database, writer.clusterId, 0, 10);
    expect(typeof gone === 'object' && versionsFromFeed(gone.rows, () => undefined)).toEqual([]);
    expect(await objectsAt(writer.clusterId)).toEqual([]);
  });
});

describe('compaction', () => {
  it('keeps the present and the younger past, and says that the older past is gone', async () => {
    const writer = await Writer.start();
    await writer.commit(writer.change('one', { spec: { a: 1 }, status: { s: 1 } }));
    await writer.commit(writer.change('gone', { spec: { b: 1 } }), writer.change('gone', undefined));
    await writer.commit(writer.change('one', { status: { s: 2 } }), writer.change('one', { runtime: { r: 1 } }));
    const atFive = writer.current;
    await writer.commit(writer.change('one', { status: { s: 3 } }), writer.change('two', { spec: { c: 1 } }));
    expect(await compactVersions(database, writer.clusterId, writer.epoch, 0, 5)).toBe(true);
    expect(await objectsAt(writer.clusterId, 5)).toEqual(atFive);
    expect(await objectsAt(writer.clusterId)).toEqual(writer.current);
    expect(await objectsAt(writer.clusterId, 4)).toBe('expired');
    expect(await readVersions(database, writer.clusterId, 4, 100)).toBe('expired');
    expect(await readVersions(database, writer.clusterId, 5, 100)).toMatchObject({
      versions: [{ revision: 6 }, { revision: 7 }],
    });
    const [{ count } = { count: -1 }] = await database.sql`
      select count(*)::int as count from versions where cluster_id = ${writer.clusterId}`;
    expect(count).toBe(3);
    const row = await readCluster(database, writer.clusterId);
    expect(row && (await revisionAtTime(database, row, START - 1))).toBe('expired');
  });

  it('comes to the same in many portions as in one', async () => {
    const writer = await Writer.start();
    for (let turn = 0; turn < 8; turn++) {
      for (const name of ['a', 'b', 'c']) {
        await writer.commit(
          writer.change(name, turn === 6 && name === 'b' ? undefined : { [turn % 2 ? 'spec' : 'status']: { turn } }),
        );
      }
    }
    for (let from = 0; from < 20; from += 4)
      await compactVersions(database, writer.clusterId, writer.epoch, from, from + 4);
    expect(await objectsAt(writer.clusterId)).toEqual(writer.current);
    const [{ count } = { count: -1 }] = await database.sql`
      select count(*)::int as count from versions where cluster_id = ${writer.clusterId} and revision <= 20`;
    expect(count).toBeLessThanOrEqual(3);
  });

  it('is not for a process that has lost the cluster', async () => {
    const writer = await Writer.start();
    await writer.commit(writer.change('one', { spec: {} }));
    expect(await compactVersions(database, writer.clusterId, writer.epoch - 1, 0, 1)).toBe(false);
  });
});
