import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readCluster } from '../../src/store/cluster-rows.ts';
import type { Database } from '../../src/store/database.ts';
import { loadState } from '../../src/store/objects.ts';
import { stateHash } from '../../src/views/state-hash.ts';
import { Counter } from '../support/counting.ts';
import { testDatabase } from '../support/database.ts';
import { startService, type Service } from '../support/service.ts';

let database: Database & { url: string };
let service: Service;

beforeAll(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  await freeDisk();
  await service.stop();
  await database.sql`update clusters set deleted_at = now() where deleted_at is null`;
});
afterAll(() => database.close());

async function start(): Promise<void> {
  service = await startService(database.url);
  const initialCommands = [{ name: 'createNamespace', input: { name: 'default' } }];
  await service.clusters.create({ name: 'one', paused: true, initialCommands });
}

function create(name: string, idempotencyKey?: string) {
  const input = { name, target: 2, everyMs: 10 };
  return service.clusters.submit({ cluster: 'one', name: 'createCounter', input, actor: 'test', idempotencyKey });
}

function shown(): string[] {
  return (
    service.clusters
      .get('one')
      ?.view.list(Counter)
      .map(({ metadata }) => metadata.name) ?? []
  );
}

async function stored(): Promise<string[]> {
  const state = await loadState(database, service.clusters.get('one')?.record.id ?? 0);
  if (typeof state !== 'object') throw new Error('the cluster is gone');
  return state.objects.filter(({ object }) => object.kind === 'Counter').map(({ object }) => object.metadata.name);
}

async function untilItWorks(name: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
    if (await create(name).catch(() => undefined)) return;
  }
  throw new Error('the cluster does not take commands any more');
}

/** The database refuses every commit, as it does on a full disk. */
async function fillDisk(): Promise<void> {
  await database.sql.run(`
    create or replace function full_disk() returns trigger language plpgsql as
    $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
  await database.sql.run(
    'create trigger full_disk before insert on versions for each row execute function full_disk()',
  );
}

async function freeDisk(): Promise<void> {
  await database.sql.run('drop trigger if exists full_disk on versions');
}

describe('when the disk is full', () => {
  it('a change is refused with the reason, nothing of it is shown, and all goes on when there is room', async () => {
    await start();
    await create('before');
    await fillDisk();
    await expect(create('during')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('No space left on device') as string,
    });
    expect(shown()).toEqual(['before']);
    await freeDisk();
    await untilItWorks('after');
    expect(shown()).toEqual(['before', 'after']);
    expect(await stored()).toEqual(['before', 'after']);
  });

  it('a change with an idempotency key stays in the inbox, and is made when there is room', async () => {
    await start();
    await fillDisk();
    const receipt = create('kept', 'key');
    await sleep(300);
    await freeDisk();
    expect((await receipt).outcome.errors).toBeUndefined();
    expect(shown()).toEqual(['kept']);
  });
});

describe('when connections are lost', () => {
  it('nothing that was answered is lost, nothing is shown that is not stored, and it goes on', async () => {
    await start();
    const answered: string[] = [];
    let stop = false;
    const stream = async (prefix: string) => {
      for (let number = 0; !stop; number++) {
        const name = `${prefix}${number}`;
        const receipt = await create(name).catch(() => undefined);
        if (receipt && !receipt.outcome.errors) answered.push(name);
        else await sleep(10);
      }
    };
    const streams = ['a', 'b', 'c'].map(stream);
    for (let cut = 0; cut < 5; cut++) {
      await sleep(250);
      await database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`;
    }
    await sleep(600);
    stop = true;
    await Promise.all(streams);
    await untilItWorks('last');
    const names = await stored();
    expect(new Set(names).size).toBe(names.length);
    for (const name of answered) expect(names).toContain(name);
    expect(shown()).toEqual(names);
    expect(answered.length).toBeGreaterThan(20);
    const row = await readCluster(database, service.clusters.get('one')?.record.id ?? 0);
    expect(row?.revision).toBe(service.clusters.get('one')?.view.revision);
  });

  it('queries are answered from memory all the while', async () => {
    await start();
    await create('one');
    await database.sql.run('alter table clusters rename to clusters_away');
    try {
      await expect(create('two')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await sleep(300);
      expect(shown()).toEqual(['one']);
      expect(await stateHash(service.clusters.get('one')?.view ?? expect.fail('gone'))).toMatch(/^[0-9a-f]{64}$/);
    } finally {
      await database.sql.run('alter table clusters_away rename to clusters');
    }
    await untilItWorks('three');
    expect(shown()).toEqual(['one', 'three']);
  });
});
