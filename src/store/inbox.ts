import { and, asc, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import type { CommandOutcome } from '../machinery/controller.ts';
import { canonicalJson } from '../machinery/equality.ts';
import type { ExecutedCommand } from './commit.ts';
import type { Database } from './database.ts';
import { fromJson, toJsonText, toPlainText } from './json-text.ts';
import { commands } from './tables.ts';

/** A command on its way to the cluster's owner. */
export interface SubmittedCommand {
  id: string;
  name: string;
  input: unknown;
  actor: string;
  idempotencyKey: string | undefined;
  dryRun: boolean;
  /** It lies in the inbox, and is answered there. */
  stored?: boolean;
}

/** What became of a command. */
export interface Answer {
  outcome: CommandOutcome;
  revision: number;
}

export type Submission =
  | { state: 'new' }
  /** The same idempotency key is there: under that id, and answered unless it still waits. */
  | { state: 'known'; id: string; answer: Answer | undefined }
  /** The key was used for something else. */
  | { state: 'mismatch' };

/** Puts a command where the cluster's owner finds it, once for each idempotency key. */
export async function submitCommand(
  { drizzle }: Database,
  clusterId: number,
  command: SubmittedCommand,
): Promise<Submission> {
  const inserted = await drizzle
    .insert(commands)
    .values({
      clusterId,
      id: command.id,
      name: toPlainText(command.name),
      input: JSON.parse(toJsonText(command.input)) as unknown,
      actor: toPlainText(command.actor),
      idempotencyKey: command.idempotencyKey,
      dryRun: command.dryRun,
    })
    .onConflictDoNothing()
    .returning({ id: commands.id });
  if (inserted.length > 0) return { state: 'new' };
  const [known] = await drizzle
    .select()
    .from(commands)
    .where(and(eq(commands.clusterId, clusterId), eq(commands.idempotencyKey, command.idempotencyKey ?? '')));
  if (!known) throw new Error(`the command ${command.id} is there already`);
  if (known.name !== command.name || canonicalJson(fromJson(known.input)) !== canonicalJson(command.input)) {
    return { state: 'mismatch' };
  }
  return { state: 'known', id: known.id, answer: answerOf(known) };
}

function answerOf(row: { outcome: CommandOutcome | null; revision: number | null }): Answer | undefined {
  return row.outcome === null
    ? undefined
    : { outcome: fromJson(row.outcome) as CommandOutcome, revision: row.revision ?? 0 };
}

/** Commands that wait for the cluster's owner, in the order of arrival. */
export async function readWaiting(
  { drizzle }: Database,
  clusterId: number,
  limit: number,
): Promise<SubmittedCommand[]> {
  const rows = await drizzle
    .select()
    .from(commands)
    .where(and(eq(commands.clusterId, clusterId), isNull(commands.outcome)))
    .orderBy(asc(commands.arrival))
    .limit(limit);
  return rows.map((row) => ({ ...toSubmitted(row), stored: true }));
}

function toSubmitted(row: typeof commands.$inferSelect): SubmittedCommand {
  const { id, name, actor, dryRun } = row;
  return { id, name, actor, dryRun, input: fromJson(row.input), idempotencyKey: row.idempotencyKey ?? undefined };
}

/** Answers to those of the commands that have been answered. */
export async function readAnswers(
  { drizzle }: Database,
  clusterId: number,
  ids: readonly string[],
): Promise<Map<string, Answer>> {
  const rows = await drizzle
    .select({ id: commands.id, outcome: commands.outcome, revision: commands.revision })
    .from(commands)
    .where(and(eq(commands.clusterId, clusterId), inArray(commands.id, [...ids]), isNotNull(commands.outcome)));
  const answers = new Map<string, Answer>();
  for (const row of rows) {
    const answer = answerOf(row);
    if (answer) answers.set(row.id, answer);
  }
  return answers;
}

/** Answers a command that will never run. */
export async function answerCommand(
  { drizzle }: Database,
  clusterId: number,
  id: string,
  outcome: CommandOutcome,
): Promise<void> {
  await drizzle
    .update(commands)
    .set({ outcome: JSON.parse(toJsonText(outcome)) as CommandOutcome })
    .where(and(eq(commands.clusterId, clusterId), eq(commands.id, id), isNull(commands.outcome)));
}

/** A command that was only tried leaves no trace once its answer has been read. */
export async function forgetCommand({ drizzle }: Database, clusterId: number, id: string): Promise<void> {
  await drizzle.delete(commands).where(and(eq(commands.clusterId, clusterId), eq(commands.id, id)));
}

/** The input log: everything that ran, in the order in which it did. */
export async function readLog({ drizzle }: Database, clusterId: number): Promise<ExecutedCommand[]> {
  const rows = await drizzle
    .select()
    .from(commands)
    .where(and(eq(commands.clusterId, clusterId), isNotNull(commands.seq)))
    .orderBy(asc(commands.seq));
  return rows.map((row) => ({
    ...toSubmitted(row),
    seq: row.seq ?? 0,
    timeMs: row.timeMs ?? 0,
    revision: row.revision ?? 0,
    outcome: fromJson(row.outcome) as CommandOutcome,
  }));
}
