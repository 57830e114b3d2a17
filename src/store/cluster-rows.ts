import { and, eq, isNull, sql } from 'drizzle-orm';
import type { ClusterRecord } from '../machinery/ports.ts';
import type { ClusterSettings } from '../machinery/settings.ts';
import { errorCode, LOCK_SPACE, type Database, type Session } from './database.ts';
import { fromJson, toJsonText, toPlainText } from './json-text.ts';
import { clusters, type Creation, type CreationFailure } from './tables.ts';

/** A cluster as it stands in its row. */
export interface ClusterRow {
  record: ClusterRecord;
  revision: number;
  oldestRevision: number;
  commandCount: number;
  timeMs: number;
  running: boolean;
  speed: number;
  pendingTimers: number;
  /** How long ago, in milliseconds, the clock showed `timeMs`. */
  clockAgeMs: number;
  owner: string | undefined;
  /** Whether an owner's lease holds, so that the clock runs. */
  owned: boolean;
  epoch: number;
  creation: Creation | undefined;
  failure: CreationFailure | undefined;
}

const columns = {
  id: clusters.id,
  name: clusters.name,
  seed: clusters.seed,
  settings: clusters.settings,
  startMs: clusters.startMs,
  parent: clusters.parent,
  forkedAt: clusters.forkedAt,
  revision: clusters.revision,
  oldestRevision: clusters.oldestRevision,
  commandCount: clusters.commandCount,
  timeMs: clusters.timeMs,
  running: clusters.running,
  speed: clusters.speed,
  pendingTimers: clusters.pendingTimers,
  clockAgeMs: sql<number>`(extract(epoch from now() - ${clusters.clockAt}) * 1000)::float8`,
  owner: clusters.owner,
  owned: sql<boolean>`coalesce(${clusters.leaseUntil} > now(), false)`,
  epoch: clusters.epoch,
  creation: clusters.creation,
  failure: clusters.failure,
};

type Selected = typeof clusters.$inferSelect & { clockAgeMs: number; owned: boolean };

function toRow(selected: Omit<Selected, 'clockAt' | 'leaseUntil' | 'deletedAt'>): ClusterRow {
  const { id, name, seed, settings, startMs, parent, forkedAt, owner, creation, failure, ...rest } = selected;
  return {
    ...rest,
    record: {
      id,
      name,
      seed,
      settings: fromJson(settings) as Partial<ClusterSettings>,
      startTime: startMs,
      parent: parent ?? undefined,
      forkedAt: forkedAt ?? undefined,
    },
    owner: owner ?? undefined,
    creation: creation === null ? undefined : (fromJson(creation) as Creation),
    failure: failure === null ? undefined : (fromJson(failure) as CreationFailure),
  };
}

/** Every cluster that is not deleted, oldest first; those still being created too. */
export async function listClusters({ drizzle }: Session): Promise<ClusterRow[]> {
  const rows = await drizzle.select(columns).from(clusters).where(isNull(clusters.deletedAt)).orderBy(clusters.id);
  return rows.map(toRow);
}

/** One cluster by id, deleted or not. */
export async function readCluster({ drizzle }: Session, id: number): Promise<ClusterRow | undefined> {
  const [row] = await drizzle.select(columns).from(clusters).where(eq(clusters.id, id));
  return row && toRow(row);
}

export interface ClusterRequest {
  name: string;
  seed: string;
  settings: Partial<ClusterSettings>;
  startMs: number;
  running: boolean;
  creation: Creation;
}

/** Registers a cluster that an owner then brings to life; undefined when the name is taken. */
export async function insertCluster({ drizzle }: Session, request: ClusterRequest): Promise<ClusterRow | undefined> {
  try {
    const [row] = await drizzle
      .insert(clusters)
      .values({
        name: toPlainText(request.name),
        seed: toPlainText(request.seed),
        settings: asJson(request.settings),
        startMs: request.startMs,
        timeMs: request.startMs,
        running: request.running,
        speed: 1,
        creation: asJson(request.creation),
      })
      .returning(columns);
    return row && toRow(row);
  } catch (error) {
    if (errorCode(error) === '23505') return undefined;
    throw error;
  }
}

/** A creation came to nothing: says why, and frees the name. */
export async function failCreation(database: Database, row: ClusterRow, failure: CreationFailure): Promise<void> {
  await database.drizzle
    .update(clusters)
    .set({ failure: asJson(failure), deletedAt: sql`now()`, epoch: sql`${clusters.epoch} + 1` })
    .where(and(eq(clusters.id, row.record.id), eq(clusters.epoch, row.epoch)));
}

/** Through the same wrapping as everything else; drizzle passes JSON text on as it is. */
function asJson<T>(value: T): T {
  return JSON.parse(toJsonText(value)) as T;
}

/**
 * Takes a cluster for `owner` when nobody holds it: its lease has run out, or the process that held it is gone (it keeps
 * an advisory lock while it lives). Returns the row under the new epoch, or undefined when somebody holds it.
 */
export async function acquireCluster(
  { drizzle }: Session,
  id: number,
  owner: string,
  leaseMs: number,
): Promise<ClusterRow | undefined> {
  const [row] = await drizzle
    .update(clusters)
    .set({
      owner,
      epoch: sql`${clusters.epoch} + 1`,
      leaseUntil: sql`now() + ${leaseMs} * interval '1 millisecond'`,
      clockAt: sql`now()`,
    })
    .where(
      and(
        eq(clusters.id, id),
        isNull(clusters.deletedAt),
        sql`(${clusters.owner} is null or ${clusters.leaseUntil} < now() or ${clusters.owner} = ${owner} or not exists (
          select from pg_locks where locktype = 'advisory' and classid = ${LOCK_SPACE} and objsubid = 2
            and database = (select oid from pg_database where datname = current_database())
            and objid = (hashtext(${clusters.owner})::bigint & 4294967295)::oid))`,
      ),
    )
    .returning(columns);
  return row && toRow(row);
}

/** Gives a cluster up in good order, so that another process can take it at once. Its clock stands still. */
export async function releaseCluster({ drizzle }: Session, id: number, epoch: number): Promise<void> {
  await drizzle
    .update(clusters)
    .set({ owner: null, leaseUntil: null, epoch: sql`${clusters.epoch} + 1` })
    .where(and(eq(clusters.id, id), eq(clusters.epoch, epoch)));
}

/** Deletes a cluster for everybody at once: its name is free, and its owner's next commit fails. */
export async function markDeleted({ drizzle }: Session, name: string): Promise<number | undefined> {
  const [row] = await drizzle
    .update(clusters)
    .set({ deletedAt: sql`now()`, epoch: sql`${clusters.epoch} + 1` })
    .where(and(eq(clusters.name, name), isNull(clusters.deletedAt)))
    .returning({ id: clusters.id });
  return row?.id;
}

const PURGED_AT_ONCE = 5_000;
const PURGE_AFTER = '1 minute';

/** Removes what is left of deleted clusters, a portion at a time. Returns whether there may be more. */
export async function purgeDeleted({ sql }: Database): Promise<boolean> {
  const gone = await sql<{ id: number }>`
    select id from clusters where deleted_at < now() - ${PURGE_AFTER}::interval limit 1`;
  const id = gone[0]?.id;
  if (id === undefined) return false;
  for (const table of ['versions', 'events', 'commands']) {
    const { count } = await sql.run(
      `delete from ${table} where ctid in (select ctid from ${table} where cluster_id = $1 limit ${PURGED_AT_ONCE})`,
      [id],
    );
    if (count > 0) return true;
  }
  await sql`delete from clusters where id = ${id}`;
  return true;
}
