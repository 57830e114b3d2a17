import type { KubeObject } from '../machinery/object.ts';
import { readCluster, type ClusterRow } from './cluster-rows.ts';
import type { Database, Session, Sql } from './database.ts';
import { fromJson } from './json-text.ts';
import { objectFromRow, type VersionRow } from './version-rows.ts';

/** An object as it was at a revision, and the revision of its creation. */
export interface StoredObject {
  object: KubeObject;
  created: number;
}

/** A cluster's objects at one revision, oldest first. */
export interface StoredState {
  row: ClusterRow;
  revision: number;
  /** Simulated time of the last change up to the revision. */
  timeMs: number;
  objects: StoredObject[];
}

const ROWS_AT_ONCE = 1_000;

/**
 * For each object that is there at a revision: its newest row, and the rows that hold the newest of each section. A row
 * gives only the sections that still count, so that what was replaced is not read.
 */
const OBJECT_ROWS = (onlySome: boolean) => `
  with newest as materialized (
    select uid, max(revision) as revision,
      max(revision) filter (where metadata is not null) as m, max(revision) filter (where spec is not null) as s,
      max(revision) filter (where status is not null) as st, max(revision) filter (where rest is not null) as re,
      max(revision) filter (where runtime is not null) as ru
    from versions
    where cluster_id = $1 and revision <= $2 ${onlySome ? 'and uid = any($3::uuid[])' : ''}
    group by uid
    having not bool_or(op = 'D')
  )
  select v.uid, v.revision, v.created, v.op, v.time_ms, v.cause,
    case when v.revision = n.m then v.metadata end as metadata, case when v.revision = n.s then v.spec end as spec,
    case when v.revision = n.st then v.status end as status, case when v.revision = n.re then v.rest end as rest,
    case when v.revision = n.ru then v.runtime end as runtime
  from newest n join versions v on v.cluster_id = $1 and v.uid = n.uid
    and (v.revision = n.revision or v.revision = n.m or v.revision = n.s or v.revision = n.st or v.revision = n.re
      or v.revision = n.ru)
  where v.revision <= $2`;

/**
 * Reads a cluster as it is, or as it was at a revision: 'expired' when that was compacted away, 'future' when it is not
 * reached yet, undefined when there is no such cluster.
 */
export function loadState(
  database: Database,
  clusterId: number,
  at?: number,
): Promise<StoredState | 'expired' | 'future' | undefined> {
  return readSnapshot(database, async (snapshot) => {
    const row = await readCluster(snapshot, clusterId);
    if (!row) return undefined;
    const revision = at ?? row.revision;
    if (revision > row.revision) return 'future';
    if (revision < row.oldestRevision) return 'expired';
    await snapshot.sql`set local work_mem = '256MB'`;
    const objects = await loadObjects(snapshot.sql, clusterId, revision);
    for (const event of await loadEvents(snapshot.sql, clusterId, revision)) objects.push(event);
    objects.sort((left, right) => left.created - right.created);
    const timeMs = at === undefined ? row.timeMs : await timeOfRevision(snapshot.sql, row, revision);
    return { row, revision, timeMs, objects };
  });
}

/** Runs several reads against one state of the database. */
export function readSnapshot<T>(database: Database, read: (snapshot: Session) => Promise<T>): Promise<T> {
  return database.transaction('isolation level repeatable read read only', read);
}

/** The objects (but Events) at a revision, in no order; only those with the given uids where some are given. */
export async function loadObjects(
  sql: Sql,
  clusterId: number,
  revision: number,
  uids?: readonly string[],
): Promise<StoredObject[]> {
  const partial = new Map<string, VersionRow>();
  const parameters = uids ? [clusterId, revision, uids] : [clusterId, revision];
  for (const row of await sql.run<VersionRow>(OBJECT_ROWS(uids !== undefined), parameters)) {
    const known = partial.get(row.uid);
    partial.set(row.uid, known ? merge(known, row) : row);
  }
  const objects: StoredObject[] = [];
  for (const row of partial.values()) {
    objects.push({ object: objectFromRow(row, undefined), created: row.created });
    if (objects.length % ROWS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return objects;
}

/** Two rows of one object: no section is in both. The newest of its revisions is its resourceVersion. */
function merge(left: VersionRow, right: VersionRow): VersionRow {
  const newest = left.revision > right.revision ? left : right;
  return {
    ...newest,
    metadata: left.metadata ?? right.metadata,
    spec: left.spec ?? right.spec,
    status: left.status ?? right.status,
    rest: left.rest ?? right.rest,
    runtime: left.runtime ?? right.runtime,
  };
}

/** Events that were there at a revision, as they were last: of an Event only the last state is kept. */
async function loadEvents(sql: Sql, clusterId: number, revision: number): Promise<StoredObject[]> {
  const rows = await sql<{ created: number; body: unknown }>`
    select created, body from events
    where cluster_id = ${clusterId} and created <= ${revision} and (not deleted or revision > ${revision})`;
  return rows.map(({ created, body }) => ({ object: fromJson(body) as KubeObject, created }));
}

async function timeOfRevision(sql: Sql, row: ClusterRow, revision: number): Promise<number> {
  const [last] = await sql<{ timeMs: number }>`
    select time_ms as "timeMs" from versions where cluster_id = ${row.record.id} and revision <= ${revision}
    order by revision desc limit 1`;
  return last?.timeMs ?? row.record.startTime;
}

/**
 * The revision a cluster had at a simulated time: the one before the first change after that time. Revisions and times
 * grow together, so that the key of the table serves to search for it. 'expired' when that was compacted away.
 */
export async function revisionAtTime({ sql }: Database, row: ClusterRow, timeMs: number): Promise<number | 'expired'> {
  if (row.oldestRevision > 0 && (await timeOfRevision(sql, row, row.oldestRevision)) > timeMs) return 'expired';
  // The first change after the time is at a revision above `low`, and not above `high`.
  let low = row.oldestRevision;
  let high = row.revision + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const [last] = await sql<{ revision: number; timeMs: number }>`
      select revision, time_ms as "timeMs" from versions
      where cluster_id = ${row.record.id} and revision > ${low} and revision <= ${middle}
      order by revision desc limit 1`;
    if (last && last.timeMs > timeMs) high = last.revision;
    else low = middle;
  }
  return low;
}
