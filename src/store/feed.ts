import type { KubeObject } from '../machinery/object.ts';
import type { Version } from '../machinery/version.ts';
import { readCluster, type ClusterRow } from './cluster-rows.ts';
import type { Database } from './database.ts';
import { fromJson } from './json-text.ts';
import { openStandingSession } from './standing-session.ts';
import { columnNames } from './row-text.ts';
import { loadObjects, readSnapshot } from './objects.ts';
import {
  eventFromRow,
  EVENT_COLUMNS,
  VERSION_COLUMNS,
  versionFromRow,
  type EventRow,
  type VersionRow,
} from './version-rows.ts';

const CHANNEL = 'orrery';

/** A row of either table, in the order of revisions. */
export type FeedRow = ({ table: 'versions' } & VersionRow) | ({ table: 'events' } & EventRow);

export interface FeedPage {
  row: ClusterRow;
  rows: FeedRow[];
}

/**
 * Everything committed after a revision, up to what is committed now; 'expired' when some of it was compacted away or it
 * is more than `limit` rows, undefined when there is no such cluster.
 */
export function readFeed(
  database: Database,
  clusterId: number,
  after: number,
  limit: number,
): Promise<FeedPage | 'expired' | undefined> {
  return readSnapshot(database, async (snapshot) => {
    const row = await readCluster(snapshot, clusterId);
    if (!row) return undefined;
    if (row.revision <= after) return { row, rows: [] };
    if (after < row.oldestRevision) return 'expired';
    const rows: FeedRow[] = [];
    for (const table of ['versions', 'events'] as const) {
      const columns = columnNames(table === 'versions' ? VERSION_COLUMNS : EVENT_COLUMNS);
      const query = `select ${columns} from ${table} where cluster_id = $1 and revision > $2 limit $3`;
      const found = await snapshot.sql.run<FeedRow>(query, [clusterId, after, limit + 1]);
      for (const row of found) rows.push(Object.assign(row, { table }));
      if (rows.length > limit) return 'expired';
    }
    rows.sort((left, right) => left.revision - right.revision);
    return { row, rows };
  });
}

/**
 * Rows as changes. `before` gives an object as it was at the start of the rows; undefined for one that was not there.
 */
export function versionsFromFeed(rows: readonly FeedRow[], before: (uid: string) => KubeObject | undefined): Version[] {
  const latest = new Map<string, KubeObject | undefined>();
  const versions: Version[] = [];
  for (const row of rows) {
    const previous = latest.has(row.uid) ? latest.get(row.uid) : before(row.uid);
    if (row.table === 'events') {
      // It came and went between two looks.
      if (row.deleted && !previous) continue;
      versions.push(eventFromRow(row, previous));
      continue;
    }
    const version = versionFromRow(row, previous);
    latest.set(row.uid, row.op === 'D' ? undefined : version.object);
    versions.push(version);
  }
  return versions;
}

/** The changes after a revision with the objects before them, for a reader that has no state of that revision. */
export async function readVersions(
  database: Database,
  clusterId: number,
  after: number,
  limit: number,
): Promise<{ row: ClusterRow; versions: Version[] } | 'expired' | undefined> {
  const page = await readFeed(database, clusterId, after, limit);
  if (page === undefined || page === 'expired') return page;
  const touched = new Set<string>();
  for (const row of page.rows) if (row.table === 'versions' && row.op !== 'A') touched.add(row.uid);
  const before = new Map<string, KubeObject>();
  if (touched.size > 0) {
    for (const { object } of await loadObjects(database.sql, clusterId, after, [...touched])) {
      before.set(object.metadata.uid, object);
    }
  }
  // Of an Event only the last state is kept: where it was there before, that stands for what it was.
  for (const row of page.rows) {
    if (row.table === 'events' && row.created <= after) before.set(row.uid, fromJson(row.body) as KubeObject);
  }
  return { row: page.row, versions: versionsFromFeed(page.rows, (uid) => before.get(uid)) };
}

/** The newest versions of one object before a revision, newest first, as far back as they are kept. */
export async function readHistory(
  database: Database,
  clusterId: number,
  uid: string,
  limit: number,
  before = Number.MAX_SAFE_INTEGER,
): Promise<Version[]> {
  const found = await database.sql.run<VersionRow>(
    `select ${columnNames(VERSION_COLUMNS)} from versions where cluster_id = $1 and uid = $2 and revision < $3
     order by revision desc limit $4`,
    [clusterId, uid, before, limit],
  );
  const rows = found.toReversed();
  const [first] = rows;
  if (!first) return [];
  // A row that is not the first of its object stands on those before it, unless they were folded into it.
  const base = first.op === 'A' ? [] : await loadObjects(database.sql, clusterId, first.revision - 1, [uid]);
  let previous = base[0]?.object;
  const versions: Version[] = [];
  for (const row of rows) {
    const version = versionFromRow(row, previous);
    versions.push(version);
    previous = version.object;
  }
  return versions.toReversed();
}

/** What a ring of the doorbell is about: something was committed, or something waits for whoever runs clusters. */
export type RingCause = 'commit' | 'request';

/** What was rung for; undefined after the connection was lost, when anything may have been missed. */
export type Ring = { cause: RingCause; clusterId: number } | undefined;

/** Rings for every process on the database. A ring that is lost is made up by looking now and then. */
export async function ring({ sql }: Database, cause: RingCause, clusterId: number): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${`${cause} ${clusterId}`})`;
}

/** Calls `listener` whenever somebody rings, this process too. Returns the way to stop. */
export function listen(database: Database, listener: (ring: Ring) => void): Promise<() => Promise<void>> {
  return openStandingSession(database, {
    open: (sql) => sql.run(`listen ${CHANNEL}`),
    notified: (payload) => {
      const [cause, clusterId] = payload?.split(' ') ?? [];
      listener(payload === undefined ? undefined : { cause: cause as RingCause, clusterId: Number(clusterId) });
    },
  });
}
