import type { CommandOutcome } from '../machinery/controller.ts';
import type { Version } from '../machinery/version.ts';
import type { Database } from './database.ts';
import { toJsonText, toPlainText } from './json-text.ts';
import { columnNames, copyLine, recordFields, recordsText, type Columns, type RowTexts } from './row-text.ts';
import { EVENT_COLUMNS, EVENT_KIND, eventRow, VERSION_COLUMNS, versionRow } from './version-rows.ts';

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

/** More rows than this go by COPY, which is faster for many and does not hold up the event loop. */
const FEW_ROWS = 200;
/** So does more text than this, in characters: a statement with all of it would be held in memory several times. */
const LITTLE_TEXT = 2_000_000;
const ROWS_PER_SLICE = 100;

const COMMAND_COLUMNS = {
  id: 'uuid',
  seq: 'bigint',
  name: 'text',
  input: 'json',
  actor: 'text',
  idempotency_key: 'text',
  dry_run: 'boolean',
  time_ms: 'bigint',
  revision: 'bigint',
  outcome: 'json',
} as const satisfies Columns;

/** The rows of a parameter, for the cluster that the fence lets through. */
function insertRows(table: string, columns: Columns, parameter: string): string {
  return `insert into ${table} (cluster_id, ${columnNames(columns)})
    select fence.id, row.* from fence, json_to_recordset(${parameter}::text::json) as row(${recordFields(columns)})`;
}

function copyRows(table: string, columns: Columns): string {
  return `copy ${table} (cluster_id, ${columnNames(columns)}) from stdin`;
}

/** One statement is the whole of a small commit: nothing is written where the fence does not hold. */
const COMMIT = `with fence as (
    update clusters set revision = $3, time_ms = $4, running = $5, speed = $6, pending_timers = $7, command_count = $8,
      clock_at = now(), lease_until = now() + $9 * interval '1 millisecond', creation = null
    where id = $1 and epoch = $2 and deleted_at is null
    returning id
  ), new_versions as (
    ${insertRows('versions', VERSION_COLUMNS, '$10')}
  ), new_events as (
    ${insertRows('events', EVENT_COLUMNS, '$11')}
    on conflict (cluster_id, uid) do update set
      revision = excluded.revision, deleted = excluded.deleted, time_ms = excluded.time_ms, body = excluded.body
  ), done as (
    ${insertRows('commands', COMMAND_COLUMNS, '$12')}
    on conflict (cluster_id, id) do update set
      seq = excluded.seq, time_ms = excluded.time_ms, revision = excluded.revision, outcome = excluded.outcome
  )
  select count(*)::int as held from fence`;

/** Events that were there before are replaced through a table that is gone with the transaction. */
const CHANGED_EVENTS = 'create temporary table changed_events (like events) on commit drop';
const REPLACE_EVENTS = `insert into events select * from changed_events
  on conflict (cluster_id, uid) do update set
    revision = excluded.revision, deleted = excluded.deleted, time_ms = excluded.time_ms, body = excluded.body`;

/** Makes a commit durable, or throws: FencedError when the cluster is not this writer's any more. */
export async function commit(database: Database, request: Commit): Promise<void> {
  const { versions, newEvents, knownEvents } = await toRows(request.versions);
  const few = isLittle([versions, newEvents, knownEvents]);
  const parameters = [
    request.clusterId,
    request.epoch,
    request.revision,
    request.timeMs,
    request.running,
    request.speed,
    request.pendingTimers,
    request.commandCount,
    request.leaseMs,
    recordsText(VERSION_COLUMNS, few ? versions : []),
    recordsText(EVENT_COLUMNS, few ? [...knownEvents, ...newEvents] : []),
    recordsText(COMMAND_COLUMNS, request.commands.map(commandRow)),
  ];
  if (few) {
    checkFence(await database.sql.run(COMMIT, parameters, 'commit'));
    return;
  }
  await database.transaction('', async ({ sql, copy }) => {
    checkFence(await sql.run(COMMIT, parameters, 'commit'));
    await copy(copyRows('versions', VERSION_COLUMNS), lines(request.clusterId, versions));
    await copy(copyRows('events', EVENT_COLUMNS), lines(request.clusterId, newEvents));
    if (knownEvents.length === 0) return;
    await sql.run(CHANGED_EVENTS);
    await copy(copyRows('changed_events', EVENT_COLUMNS), lines(request.clusterId, knownEvents));
    await sql.run(REPLACE_EVENTS);
  });
}

function isLittle(tables: readonly (readonly RowTexts[])[]): boolean {
  let rows = 0;
  let size = 0;
  for (const table of tables) {
    rows += table.length;
    if (rows > FEW_ROWS) return false;
    for (const row of table) for (const text of row) size += text?.length ?? 0;
  }
  return size <= LITTLE_TEXT;
}

function checkFence(rows: readonly unknown[]): void {
  const [row] = rows as { held: number }[];
  if (row?.held !== 1) throw new FencedError('the cluster belongs to another process now, or is deleted');
}

/** The rows of versions and events, made in small slices so that nobody waits for the whole. Of an Event only the last counts. */
async function toRows(
  versions: readonly Version[],
): Promise<{ versions: RowTexts[]; newEvents: RowTexts[]; knownEvents: RowTexts[] }> {
  const rows = { versions: [] as RowTexts[], newEvents: [] as RowTexts[], knownEvents: [] as RowTexts[] };
  const events = new Map<string, { isNew: boolean; last: Version }>();
  let made = 0;
  for (const version of versions) {
    if (version.kindKey === EVENT_KIND) {
      const { uid } = version.object.metadata;
      const isNew = events.get(uid)?.isNew ?? version.type === 'ADDED';
      events.set(uid, { isNew, last: version });
      continue;
    }
    rows.versions.push(versionRow(version));
    if (++made % ROWS_PER_SLICE === 0) await nextTurn();
  }
  for (const { isNew, last } of events.values()) {
    (isNew ? rows.newEvents : rows.knownEvents).push(eventRow(last));
    if (++made % ROWS_PER_SLICE === 0) await nextTurn();
  }
  return rows;
}

/** Lines in portions that are worth a packet, and short enough not to hold anybody up. */
async function* lines(clusterId: number, rows: readonly RowTexts[]): AsyncIterable<Buffer> {
  for (let start = 0; start < rows.length; start += ROWS_PER_SLICE) {
    let text = '';
    for (const row of rows.slice(start, start + ROWS_PER_SLICE)) text += `${clusterId}\t${copyLine(row)}`;
    yield Buffer.from(text);
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function commandRow(command: ExecutedCommand): RowTexts {
  return [
    command.id,
    command.seq === undefined ? undefined : String(command.seq),
    toPlainText(command.name),
    toJsonText(command.input),
    toPlainText(command.actor),
    command.idempotencyKey,
    String(command.dryRun),
    String(command.timeMs),
    String(command.revision),
    toJsonText(command.outcome),
  ];
}
