import type { CommandOutcome } from '../machinery/controller.ts';
import type { Version } from '../machinery/version.ts';
import type { Database } from './database.ts';
import { toJsonText, toPlainText } from './json-text.ts';
import {
  EVENT_COLUMNS,
  EVENT_FIELDS,
  EVENT_KIND,
  eventRowText,
  VERSION_COLUMNS,
  VERSION_FIELDS,
  versionRowText,
} from './version-rows.ts';

/** The lease ran out or the cluster is gone: somebody else may write to it now, and this process must not. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** A command that has run, for its row in the log. */
export interface ExecutedCommand {
  id: string;
  /** undefined for what was only tried. */
  seq: number | undefined;
  name: string;
  input: unknown;
  actor: string;
  idempotencyKey: string | undefined;
  dryRun: boolean;
  timeMs: number;
  revision: number;
  outcome: CommandOutcome;
}

/** Everything that one commit makes durable together. */
export interface Commit {
  clusterId: number;
  /** Under which the writer holds the cluster. */
  epoch: number;
  leaseMs: number;
  revision: number;
  timeMs: number;
  running: boolean;
  speed: number;
  pendingTimers: number;
  commandCount: number;
  versions: readonly Version[];
  commands: readonly ExecutedCommand[];
}

/** Rows in one statement: enough to spread its cost, few enough to prepare within some milliseconds. */
const ROWS_PER_STATEMENT = 2_000;
const ROWS_PER_SLICE = 100;

const INSERT_VERSIONS = `insert into versions (cluster_id, ${VERSION_COLUMNS})
  select $1, * from json_to_recordset($2::text::json) as row(${VERSION_FIELDS})`;

const UPSERT_EVENTS = `insert into events (cluster_id, ${EVENT_COLUMNS})
  select $1, * from json_to_recordset($2::text::json) as row(${EVENT_FIELDS})
  on conflict (cluster_id, uid) do update set
    revision = excluded.revision, deleted = excluded.deleted, time_ms = excluded.time_ms, body = excluded.body`;

/** The whole of a small commit in one statement: nothing is written where the fence does not hold. */
const COMMIT = `with fence as (
    update clusters set revision = $3, time_ms = $4, running = $5, speed = $6, pending_timers = $7, command_count = $8,
      clock_at = now(), lease_until = now() + $9 * interval '1 millisecond', creation = null
    where id = $1 and epoch = $2 and deleted_at is null
    returning id
  ), new_versions as (
    insert into versions (cluster_id, ${VERSION_COLUMNS})
    select fence.id, row.* from fence, json_to_recordset($10::text::json) as row(${VERSION_FIELDS})
  ), new_events as (
    insert into events (cluster_id, ${EVENT_COLUMNS})
    select fence.id, row.* from fence, json_to_recordset($11::text::json) as row(${EVENT_FIELDS})
    on conflict (cluster_id, uid) do update set
      revision = excluded.revision, deleted = excluded.deleted, time_ms = excluded.time_ms, body = excluded.body
  ), done as (
    insert into commands
      (cluster_id, id, seq, name, input, actor, idempotency_key, dry_run, time_ms, revision, outcome)
    select fence.id, row.* from fence, json_to_recordset($12::text::json)
      as row(i uuid, s bigint, n text, p json, a text, k text, d boolean, t bigint, r bigint, o json)
    on conflict (cluster_id, id) do update set
      seq = excluded.seq, time_ms = excluded.time_ms, revision = excluded.revision, outcome = excluded.outcome
  )
  select count(*)::int as held from fence`;

/** Makes a commit durable, or throws: FencedError when the cluster is not this writer's any more. */
export async function commit(database: Database, request: Commit): Promise<void> {
  const { versionTexts, eventTexts } = await encode(request.versions);
  const commandTexts = request.commands.map(commandRowText);
  const fence = [
    request.clusterId,
    request.epoch,
    request.revision,
    request.timeMs,
    request.running,
    request.speed,
    request.pendingTimers,
    request.commandCount,
    request.leaseMs,
  ];
  const lastVersions = versionTexts.splice(lastChunkStart(versionTexts));
  const lastEvents = eventTexts.splice(lastChunkStart(eventTexts));
  const parameters = [...fence, array(lastVersions), array(lastEvents), array(commandTexts)];
  if (versionTexts.length === 0 && eventTexts.length === 0) {
    checkFence(await database.sql.unsafe(COMMIT, parameters, { prepare: true }));
    return;
  }
  await database.sql.begin(async (transaction) => {
    for (const chunk of chunks(versionTexts)) {
      await transaction.unsafe(INSERT_VERSIONS, [request.clusterId, array(chunk)], { prepare: true });
    }
    for (const chunk of chunks(eventTexts)) {
      await transaction.unsafe(UPSERT_EVENTS, [request.clusterId, array(chunk)], { prepare: true });
    }
    checkFence(await transaction.unsafe(COMMIT, parameters, { prepare: true }));
  });
}

function checkFence(rows: readonly unknown[]): void {
  const [row] = rows as { held: number }[];
  if (row?.held !== 1) throw new FencedError('the cluster belongs to another process now, or is deleted');
}

/** The rows as JSON texts, made in small slices so that nobody waits for the whole. */
async function encode(versions: readonly Version[]): Promise<{ versionTexts: string[]; eventTexts: string[] }> {
  const versionTexts: string[] = [];
  const lastOfEvent = new Map<string, Version>();
  for (const [position, version] of versions.entries()) {
    if (version.kindKey === EVENT_KIND) lastOfEvent.set(version.object.metadata.uid, version);
    else versionTexts.push(versionRowText(version));
    if (position % ROWS_PER_SLICE === ROWS_PER_SLICE - 1) await nextTurn();
  }
  const eventTexts: string[] = [];
  for (const version of lastOfEvent.values()) {
    eventTexts.push(eventRowText(version));
    if (eventTexts.length % ROWS_PER_SLICE === 0) await nextTurn();
  }
  return { versionTexts, eventTexts };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function commandRowText(command: ExecutedCommand): string {
  const head = {
    i: command.id,
    s: command.seq,
    n: toPlainText(command.name),
    a: toPlainText(command.actor),
    k: command.idempotencyKey,
    d: command.dryRun,
    t: command.timeMs,
    r: command.revision,
  };
  const text = JSON.stringify(head).slice(0, -1);
  return `${text},"p":${toJsonText(command.input)},"o":${toJsonText(command.outcome)}}`;
}

function lastChunkStart(texts: readonly string[]): number {
  return Math.max(0, texts.length - ROWS_PER_STATEMENT);
}

function* chunks(texts: readonly string[]): Iterable<readonly string[]> {
  for (let start = 0; start < texts.length; start += ROWS_PER_STATEMENT) {
    yield texts.slice(start, start + ROWS_PER_STATEMENT);
  }
}

function array(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}
