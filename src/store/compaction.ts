import type { Database } from './database.ts';

/** Names compaction among Orrery's advisory locks: one process a cluster at a time. */
const COMPACTION_SPACE = 0x0_4e_12;

/**
 * Folds what was superseded between two revisions: of each object touched there, the last version up to `to` gets every
 * section it stands on, and those before it go; of a deleted object nothing stays. Readers are told first, by
 * `oldest_revision`. Returns false when the cluster is not this owner's any more.
 */
export async function compactVersions(
  database: Database,
  clusterId: number,
  epoch: number,
  from: number,
  to: number,
): Promise<boolean> {
  const told = await database.sql`
    update clusters set oldest_revision = ${to}
    where id = ${clusterId} and epoch = ${epoch} and oldest_revision <= ${to} and deleted_at is null`;
  if (told.count !== 1) return false;
  await database.transaction('', async ({ sql }) => {
    await sql`select pg_advisory_xact_lock(${COMPACTION_SPACE}, ${clusterId})`;
    await sql`
      create temporary table superseded on commit drop as
      select v.uid, max(v.revision) as revision, bool_or(v.op = 'D') as gone,
        max(v.revision) filter (where metadata is not null) as m, max(v.revision) filter (where spec is not null) as s,
        max(v.revision) filter (where status is not null) as st, max(v.revision) filter (where rest is not null) as re,
        max(v.revision) filter (where runtime is not null) as ru
      from versions v
      where cluster_id = ${clusterId} and revision <= ${to} and uid in (
        select uid from versions
        where cluster_id = ${clusterId} and revision > ${from} and revision <= ${to} and op <> 'A')
      group by v.uid`;
    for (const [section, column] of SECTIONS) {
      await sql.run(
        `update versions kept set ${section} = older.${section}
         from superseded s join versions older on older.cluster_id = $1 and older.revision = s.${column}
         where kept.cluster_id = $1 and kept.revision = s.revision and s.${column} < s.revision and not s.gone`,
        [clusterId],
      );
    }
    await sql`
      delete from versions v using superseded s
      where v.cluster_id = ${clusterId} and v.uid = s.uid and v.revision <= s.revision
        and (v.revision < s.revision or s.gone)`;
    await sql`
      delete from events where cluster_id = ${clusterId} and deleted and revision > ${from} and revision <= ${to}`;
  });
  return true;
}

const SECTIONS = [
  ['metadata', 'm'],
  ['spec', 's'],
  ['status', 'st'],
  ['rest', 're'],
  ['runtime', 'ru'],
] as const;
