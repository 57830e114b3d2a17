import type { Logger } from 'pino';
import type { Registry } from '../engine/registry.ts';
import {
  acquireCluster,
  failCreation,
  listClusters,
  purgeDeleted,
  releaseCluster,
  type ClusterRow,
} from '../store/cluster-rows.ts';
import { FencedError } from '../store/commit.ts';
import type { Database } from '../store/database.ts';
import { listen, ring } from '../store/feed.ts';
import { answerCommand, readWaiting, type Answer, type SubmittedCommand } from '../store/inbox.ts';
import { showLife } from '../store/liveness.ts';
import type { CreationFailure } from '../store/tables.ts';
import type { LocalOwners } from '../views/clusters.ts';
import type { Replicas } from '../views/replicas.ts';
import { Compactor } from './compactor.ts';
import { ClusterOwner, EngineFailureError } from './owner.ts';

const DEFAULT_LEASE_MS = 10_000;
const DEFAULT_POLL_MS = 1_000;
const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 30_000;
const WAITING_AT_ONCE = 1_000;
const RING_EVERY_MS = 20;
const PURGE_PAUSE_MS = 100;

export interface ReconcilerOptions {
  database: Database;
  registry: Registry;
  replicas: Replicas;
  logger: Logger;
  /** Names this process in leases: unique among those that share the database. */
  name: string;
  leaseMs?: number;
  pollMs?: number;
  /** Revisions of each cluster that stay readable in full. */
  retainedRevisions?: number;
}

interface Tenure {
  /** undefined while it is being opened. */
  owner?: ClusterOwner;
  ended: Promise<void>;
}

/** Owns clusters: takes those nobody has, runs them, and gives them up in good order at the end. */
export class Reconciler implements LocalOwners {
  private readonly options: ReconcilerOptions;
  private readonly leaseMs: number;
  private readonly tenures = new Map<number, Tenure>();
  private readonly backOffMs = new Map<number, number>();
  private readonly notBefore = new Map<number, number>();
  private readonly ringing = new Set<number>();
  /** Clusters that this process left to others for one look, because it has its share. */
  private readonly leftToOthers = new Set<number>();
  /** Clusters whose engine failed over what was due: they are taken up again with their clocks paused. */
  private readonly halted = new Set<number>();
  private readonly compactor: Compactor;
  private stopListening: (() => Promise<void>) | undefined;
  private endLife: (() => Promise<void>) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private scanning: Promise<void> | undefined;
  private woken = false;
  private stopped = false;

  constructor(options: ReconcilerOptions) {
    this.options = options;
    this.leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    this.compactor = new Compactor(options.database, options.logger, options.retainedRevisions);
  }

  /** Resolves after a first look for clusters. */
  async start(): Promise<void> {
    const { database, name, pollMs } = this.options;
    this.endLife = await showLife(database, name);
    this.stopListening = await listen(database, (rung) => {
      if (rung?.cause !== 'commit') this.wake();
    });
    this.wake();
    await this.scanning;
    this.timer = setInterval(() => this.wake(), pollMs ?? DEFAULT_POLL_MS);
    this.timer.unref();
  }

  /** Stops every cluster where it stands, makes that durable, and gives them up. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.stopListening?.().catch(() => undefined);
    await this.scanning;
    for (const { owner } of this.tenures.values()) owner?.stop();
    await Promise.all([...this.tenures.values()].map(({ ended }) => ended));
    await this.compactor.stop();
    await this.endLife?.();
  }

  submit(clusterId: number, command: SubmittedCommand): Promise<Answer> | undefined {
    return this.tenures.get(clusterId)?.owner?.submit(command);
  }

  wake(): void {
    this.woken = true;
    if (this.scanning || this.stopped) return;
    this.scanning = this.scanWhileWoken().finally(() => (this.scanning = undefined));
  }

  drop(clusterId: number): void {
    this.tenures.get(clusterId)?.owner?.stop();
  }

  private async scanWhileWoken(): Promise<void> {
    while (this.woken && !this.stopped) {
      this.woken = false;
      try {
        await this.scan();
      } catch (error) {
        this.options.logger.warn({ error }, 'the database cannot be reached; trying again');
        return;
      }
    }
  }

  private async scan(): Promise<void> {
    const { database, name } = this.options;
    const rows = await listClusters(database);
    const share = fairShare(rows, name);
    for (const row of rows) {
      const { id } = row.record;
      const tenure = this.tenures.get(id);
      if (tenure) await tenure.owner?.takeIn(() => readWaiting(database, id, WAITING_AT_ONCE));
      else if (this.mayTake(row, share)) {
        const acquired = await acquireCluster(database, id, name, this.leaseMs);
        if (acquired) this.open(acquired);
      }
    }
    if (await purgeDeleted(database)) setTimeout(() => this.wake(), PURGE_PAUSE_MS).unref();
  }

  private mayTake({ record: { id } }: ClusterRow, share: number): boolean {
    if (this.stopped || Date.now() < (this.notBefore.get(id) ?? 0)) return false;
    if (this.tenures.size < share || this.leftToOthers.delete(id)) return true;
    this.leftToOthers.add(id);
    return false;
  }

  private open(row: ClusterRow): void {
    const { id, name } = row.record;
    const tenure: Tenure = { ended: Promise.resolve() };
    this.tenures.set(id, tenure);
    tenure.ended = this.hold(row, tenure)
      .catch((error: unknown) => this.lost(id, name, error))
      .finally(() => this.tenures.delete(id));
  }

  private async lost(id: number, name: string, error: unknown): Promise<void> {
    const { logger, replicas } = this.options;
    const replica = replicas.byId(id);
    if (replica) replica.led = false;
    replicas.ring();
    if (error instanceof FencedError) {
      logger.info({ cluster: name }, 'the cluster has another owner now, or is deleted');
      return;
    }
    if (error instanceof EngineFailureError) await this.avoid(id, error);
    const backOffMs = Math.min((this.backOffMs.get(id) ?? FIRST_BACK_OFF_MS / 2) * 2, LONGEST_BACK_OFF_MS);
    this.backOffMs.set(id, backOffMs);
    this.notBefore.set(id, Date.now() + backOffMs);
    setTimeout(() => this.wake(), backOffMs).unref();
    logger.error({ cluster: name, error, backOffMs }, 'the cluster was lost; taking it up again from what is stored');
  }

  /** Does not run into the same failure again: answers the command that led to it, or lets time stand still. */
  private async avoid(id: number, { command, message }: EngineFailureError): Promise<void> {
    const { database, logger } = this.options;
    if (!command) this.halted.add(id);
    else if (command.stored || command.idempotencyKey !== undefined) {
      const error = { reason: 'InternalError' as const, message: `Internal error occurred: ${message}` };
      await answerCommand(database, id, command.id, { errors: [error] }).catch((failure: unknown) => {
        logger.warn({ error: failure }, 'the failed command could not be answered');
      });
    }
  }

  /** Owns a cluster from its acquisition to its end. */
  private async hold(row: ClusterRow, tenure: Tenure): Promise<void> {
    const { database, registry, logger, replicas } = this.options;
    const { id } = row.record;
    const replica = await replicas.lead(id);
    const owner = new ClusterOwner({
      database,
      registry,
      logger: logger.child({ cluster: row.record.name }),
      row: this.halted.delete(id) ? { ...row, running: false } : row,
      replica,
      leaseMs: this.leaseMs,
      committed: (revision) => {
        this.backOffMs.delete(id);
        this.ringSoon(id);
        this.compactor.committed({ replica, row, revision });
      },
    });
    if (row.creation) {
      const failure = await owner.create().catch(failureOf);
      if (failure) {
        await failCreation(database, row, failure);
        replicas.drop(id);
        return;
      }
    }
    replicas.show(replica);
    logger.debug({ cluster: row.record.name, epoch: row.epoch }, 'the cluster is run here');
    if (this.stopped) owner.stop();
    tenure.owner = owner;
    this.wake();
    await owner.run();
    replica.led = false;
    await releaseCluster(database, id, row.epoch);
    await ring(database, 'request', id);
  }

  /** Tells other processes, but not about every commit of a busy cluster. */
  private ringSoon(id: number): void {
    if (this.ringing.has(id)) return;
    this.ringing.add(id);
    setTimeout(() => {
      this.ringing.delete(id);
      ring(this.options.database, 'commit', id).catch(() => undefined);
    }, RING_EVERY_MS).unref();
  }
}

/** A creation over which the engine fails is refused; it would fail again. */
function failureOf(error: unknown): CreationFailure {
  if (!(error instanceof EngineFailureError)) throw error;
  const message = `Internal error occurred: ${error.message}`;
  return { command: error.command?.name ?? '', outcome: { errors: [{ reason: 'InternalError', message }] } };
}

/** How many clusters a process takes before it lets others go first. */
function fairShare(rows: readonly ClusterRow[], name: string): number {
  const others = new Set(rows.filter(({ owned }) => owned).map(({ owner }) => owner));
  others.delete(name);
  return others.size === 0 ? Number.POSITIVE_INFINITY : Math.ceil(rows.length / (others.size + 1));
}
