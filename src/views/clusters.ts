import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { alreadyExists, fail, invalidObject, invalid, notFound, ok, type Result } from '../machinery/api-error.ts';
import {
  UnavailableError,
  type ClusterReplica,
  type Clusters,
  type CommandReceipt,
  type CommandRequest,
  type NewCluster,
} from '../machinery/ports.ts';
import { insertCluster, markDeleted, readCluster } from '../store/cluster-rows.ts';
import type { Database } from '../store/database.ts';
import { ring } from '../store/feed.ts';
import { forgetCommand, readAnswers, submitCommand, type Answer, type SubmittedCommand } from '../store/inbox.ts';
import type { Replica } from './replica.ts';
import type { Replicas } from './replicas.ts';

/** Where simulated time starts unless told otherwise: the same for every cluster, so that runs can be compared. */
export const DEFAULT_START_MS = Date.UTC(2026, 0, 1);
const ANSWER_TIMEOUT_MS = 30_000;
const CREATION_TIMEOUT_MS = 120_000;
const LONGEST_PAUSE_MS = 200;
const KEY_LIMIT = 256;
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The owners that run in this process, if any. */
export interface LocalOwners {
  /** Runs a command here, and resolves when it is committed; undefined when the cluster's owner is elsewhere. */
  submit(clusterId: number, command: SubmittedCommand): Promise<Answer> | undefined;
  /** There may be a new cluster, or a command in the inbox. */
  wake(): void;
  /** The cluster is deleted. */
  drop(clusterId: number): void;
}

/** The port of the API: reads from the replicas of this process, sends commands to owners wherever they are. */
export class ReplicatedClusters implements Clusters {
  private readonly database: Database;
  private readonly replicas: Replicas;
  private readonly owners: LocalOwners | undefined;

  constructor(database: Database, replicas: Replicas, owners?: LocalOwners) {
    this.database = database;
    this.replicas = replicas;
    this.owners = owners;
  }

  list(): readonly ClusterReplica[] {
    return this.replicas.list();
  }

  get(name: string): ClusterReplica | undefined {
    return this.replicas.get(name);
  }

  async create(request: NewCluster): Promise<Result<ClusterReplica>> {
    const { name, seed = name, settings = {}, paused = false, initialCommands = [] } = request;
    if (!NAME.test(name)) return { ok: false, error: invalidName(name) };
    const row = await insertCluster(this.database, {
      name,
      seed,
      settings,
      startMs: DEFAULT_START_MS,
      running: !paused,
      creation: { initialCommands },
    });
    if (!row) return { ok: false, error: alreadyExists('clusters', '', name) };
    await this.wake(row.record.id);
    return this.created(row.record.id, name);
  }

  private async created(id: number, name: string): Promise<Result<ClusterReplica>> {
    const deadline = Date.now() + CREATION_TIMEOUT_MS;
    for (let pauseMs = 2; Date.now() < deadline; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      const replica = this.replicas.get(name);
      if (replica?.record.id === id) return ok(replica);
      const row = await readCluster(this.database, id);
      const error = row?.failure?.outcome.errors?.[0];
      if (error) return { ok: false, error };
      if (!row) return { ok: false, error: notFound('clusters', '', name) };
      if (!row.creation) this.replicas.ring();
      await sleep(pauseMs);
    }
    throw new UnavailableError(`the cluster ${name} is registered, but no reconciler has created it yet`);
  }

  async delete(name: string): Promise<Result<void>> {
    const id = await markDeleted(this.database, name);
    if (id === undefined) return { ok: false, error: notFound('clusters', '', name) };
    this.owners?.drop(id);
    this.replicas.drop(id);
    await ring(this.database, 'request', id);
    return ok(undefined);
  }

  async submit(request: CommandRequest): Promise<CommandReceipt> {
    const replica = this.replicas.get(request.cluster);
    if (!replica) return refused(notFound('clusters', '', request.cluster));
    const dryRun = request.dryRun ?? false;
    const idempotencyKey = dryRun ? undefined : request.idempotencyKey;
    const { name, input, actor } = request;
    const command = { id: randomUUID(), name, input, actor, idempotencyKey, dryRun };
    if (idempotencyKey !== undefined) return this.submitOnce(replica, command);
    const answer = this.owners?.submit(replica.record.id, command) ?? this.submitElsewhere(replica, command);
    return { ...(await answer), replayed: false };
  }

  /** With an idempotency key the command is durable before it runs; what was answered once is answered the same again. */
  private async submitOnce(replica: Replica, command: SubmittedCommand): Promise<CommandReceipt> {
    const key = command.idempotencyKey ?? '';
    if (key === '' || key.length > KEY_LIMIT || key.includes('\0')) {
      return refused({ ...keyError(`must have 1 to ${KEY_LIMIT} characters`) });
    }
    const submission = await submitCommand(this.database, replica.record.id, command);
    if (submission.state === 'mismatch') {
      return refused(keyError('was used before for another command or another input'));
    }
    if (submission.state === 'new') {
      const answer = this.owners?.submit(replica.record.id, command)?.catch(() => undefined);
      return { ...((await answer) ?? (await this.answerTo(replica, command.id))), replayed: false };
    }
    const answer = submission.answer ?? (await this.answerTo(replica, submission.id));
    await this.shown(replica, answer.revision);
    return { ...answer, replayed: true };
  }

  private async submitElsewhere(replica: Replica, command: SubmittedCommand): Promise<Answer> {
    await submitCommand(this.database, replica.record.id, command);
    const answer = await this.answerTo(replica, command.id);
    if (command.dryRun) await forgetCommand(this.database, replica.record.id, command.id);
    return answer;
  }

  /** Waits until the owner, wherever it is, has answered a command that lies in the inbox. */
  private async answerTo(replica: Replica, id: string): Promise<Answer> {
    const clusterId = replica.record.id;
    await this.wake(clusterId);
    const deadline = Date.now() + ANSWER_TIMEOUT_MS;
    for (let pauseMs = 4; Date.now() < deadline; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      const answer = (await readAnswers(this.database, clusterId, [id])).get(id);
      if (answer) {
        await this.shown(replica, answer.revision);
        return answer;
      }
      await sleep(pauseMs);
    }
    throw new UnavailableError(
      'the command is stored and will run as soon as a reconciler owns the cluster; there is no answer yet',
    );
  }

  private async shown(replica: Replica, revision: number): Promise<void> {
    if (replica.revision < revision) this.replicas.ring();
    await replica.reached(revision);
  }

  private async wake(clusterId: number): Promise<void> {
    this.owners?.wake();
    await ring(this.database, 'request', clusterId);
  }
}

function refused(
  error: CommandReceipt['outcome']['errors'] extends readonly (infer E)[] | undefined ? E : never,
): CommandReceipt {
  return { outcome: { errors: [error] }, revision: 0, replayed: false };
}

function keyError(why: string) {
  const { error } = fail('Invalid', `the idempotency key ${why}`) as { error: { reason: 'Invalid'; message: string } };
  return { ...error, path: ['guard', 'idempotencyKey'] };
}

function invalidName(name: string) {
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with " +
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
  return invalidObject('Cluster', '', name, [invalid('metadata.name', name, rule)]);
}
