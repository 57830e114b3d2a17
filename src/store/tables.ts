import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { CommandOutcome } from '../machinery/controller.ts';
import type { ClusterSettings } from '../machinery/settings.ts';

/**
 * What is stored. Every key starts with the cluster's id and no transaction spans two clusters, so that the tables can be
 * distributed by it. Simulated times are milliseconds since the epoch (`…_ms`); other times are the database's.
 *
 * Objects are `json`, not `jsonb`: the text, and with it the order of keys, comes back exactly as it was written, so that
 * nothing a controller derives from an object can depend on whether the object was read from the database.
 */

const revision = (name: string) => bigint(name, { mode: 'number' });
const simulatedMs = (name: string) => bigint(name, { mode: 'number' });
const wall = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' });

/** What a cluster that is being created is waiting for: these commands, before anybody sees it. */
export interface Creation {
  initialCommands: readonly { name: string; input: unknown }[];
}

/** Why a creation came to nothing. */
export interface CreationFailure {
  command: string;
  outcome: CommandOutcome;
}

/** One row a cluster: who it is, how far it is, what its clock shows, and who may write to it. */
export const clusters = pgTable(
  'clusters',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    name: text('name').notNull(),
    seed: text('seed').notNull(),
    settings: json('settings').$type<Partial<ClusterSettings>>().notNull(),
    startMs: simulatedMs('start_ms').notNull(),
    parent: text('parent'),
    forkedAt: revision('forked_at'),
    revision: revision('revision').notNull().default(0),
    /** Versions up to this one may have been folded together. */
    oldestRevision: revision('oldest_revision').notNull().default(0),
    /** Commands run so far: the `seq` of the last. */
    commandCount: bigint('command_count', { mode: 'number' }).notNull().default(0),
    /** Everything due up to this simulated time has happened. */
    timeMs: simulatedMs('time_ms').notNull(),
    running: boolean('running').notNull(),
    speed: doublePrecision('speed').notNull(),
    pendingTimers: integer('pending_timers').notNull().default(0),
    /** When the row showed `time_ms`, so that readers elsewhere can tell what the clock shows now. */
    clockAt: wall('clock_at').notNull().defaultNow(),
    owner: text('owner'),
    leaseUntil: wall('lease_until'),
    /** The fence: every change of owner adds one, and a commit counts only under the epoch it was prepared in. */
    epoch: integer('epoch').notNull().default(0),
    creation: json('creation').$type<Creation>(),
    failure: json('failure').$type<CreationFailure>(),
    deletedAt: wall('deleted_at'),
  },
  (table) => [
    uniqueIndex('clusters_name')
      .on(table.name)
      .where(sql`${table.deletedAt} is null`),
  ],
);

/**
 * The inbox and the input log: the seed and the rows with a `seq`, in its order, reproduce a cluster. A row without an
 * outcome waits for the cluster's owner.
 */
export const commands = pgTable(
  'commands',
  {
    clusterId: integer('cluster_id').notNull(),
    id: uuid('id').notNull(),
    /** The order of arrival, for what waits. */
    arrival: bigint('arrival', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    /** The order in which commands ran; null for what has not run and for what was only tried. */
    seq: bigint('seq', { mode: 'number' }),
    name: text('name').notNull(),
    input: json('input'),
    actor: text('actor').notNull(),
    idempotencyKey: text('idempotency_key'),
    dryRun: boolean('dry_run').notNull().default(false),
    submittedAt: wall('submitted_at').notNull().defaultNow(),
    /** The simulated time it ran at. */
    timeMs: simulatedMs('time_ms'),
    /** The cluster's revision after it and all it set off at once. */
    revision: revision('revision'),
    outcome: json('outcome').$type<CommandOutcome>(),
  },
  (table) => [
    primaryKey({ columns: [table.clusterId, table.id] }),
    uniqueIndex('commands_seq')
      .on(table.clusterId, table.seq)
      .where(sql`${table.seq} is not null`),
    uniqueIndex('commands_idempotency_key')
      .on(table.clusterId, table.idempotencyKey)
      .where(sql`${table.idempotencyKey} is not null`),
    index('commands_waiting')
      .on(table.clusterId, table.arrival)
      .where(sql`${table.outcome} is null`),
  ],
);

/**
 * Every committed change of every object but Events: at once the state (the last version of each uid), the feed
 * (`revision > n`) and the history (`revision <= n`). A section that is null is as it was in the version before; JSON null
 * says that the object has no such section any more. `rest` is everything outside the named sections (apiVersion, kind,
 * data, …). metadata.resourceVersion is left out where it is the row's revision.
 */
export const versions = pgTable(
  'versions',
  {
    clusterId: integer('cluster_id').notNull(),
    revision: revision('revision').notNull(),
    /** The revision at which the object was created: the order of lists. */
    created: revision('created').notNull(),
    uid: uuid('uid').notNull(),
    /** Kind.key */
    kind: text('kind').notNull(),
    namespace: text('namespace'),
    name: text('name').notNull(),
    /** A, M or D: added, modified, deleted. */
    op: text('op').notNull(),
    timeMs: simulatedMs('time_ms').notNull(),
    cause: text('cause').notNull(),
    metadata: json('metadata'),
    spec: json('spec'),
    status: json('status'),
    rest: json('rest'),
    runtime: json('runtime'),
  },
  (table) => [
    primaryKey({ columns: [table.clusterId, table.revision] }),
    index('versions_uid').on(table.clusterId, table.uid, table.revision),
  ],
);

/** The cluster's Event objects, apart because they outnumber the others. Only the last state of each is kept. */
export const events = pgTable(
  'events',
  {
    clusterId: integer('cluster_id').notNull(),
    uid: uuid('uid').notNull(),
    revision: revision('revision').notNull(),
    created: revision('created').notNull(),
    /** Stays for a while as a mark for readers that follow. */
    deleted: boolean('deleted').notNull(),
    timeMs: simulatedMs('time_ms').notNull(),
    cause: text('cause').notNull(),
    body: json('body').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.clusterId, table.uid] }),
    index('events_revision').on(table.clusterId, table.revision),
  ],
);
