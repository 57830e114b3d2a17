import type { Logger } from 'pino';
import type { Index } from '../machinery/cluster-view.ts';
import type { ClusterReplica } from '../machinery/ports.ts';
import { listClusters, readCluster, type ClusterRow } from '../store/cluster-rows.ts';
import type { Database } from '../store/database.ts';
import { listen, readFeed, versionsFromFeed } from '../store/feed.ts';
import { loadState } from '../store/objects.ts';
import { clockOfRow } from './clock.ts';
import { DEFAULT_REPLICA_LIMITS, Replica, type ReplicaLimits } from './replica.ts';

const POLL_MS = 1_000;
const OBJECTS_PER_TURN = 500;
/** A follower that is further behind than this loads the cluster anew. */
const CATCH_UP_LIMIT = 500_000;

export interface ReplicasOptions {
  database: Database;
  indexes: readonly Index[];
  logger: Logger;
  limits?: Partial<ReplicaLimits>;
  /** How often to look for what no doorbell told of. */
  pollMs?: number;
}

/**
 * A replica of every cluster, in this process. Those whose owner runs here are told what is committed; the others follow
 * the store: rung by a doorbell, and looking by themselves now and then.
 */
export class Replicas {
  private readonly database: Database;
  private readonly indexes: readonly Index[];
  private readonly logger: Logger;
  private readonly limits: ReplicaLimits;
  private readonly pollMs: number;
  private readonly replicas = new Map<number, Replica>();
  private readonly shown = new Map<string, Replica>();
  private readonly loading = new Map<number, Promise<Replica | undefined>>();
  private readonly following = new Set<number>();
  private stopListening: (() => Promise<void>) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;
  private rung = false;
  private stopped = false;

  constructor(options: ReplicasOptions) {
    this.database = options.database;
    this.indexes = options.indexes;
    this.logger = options.logger;
    this.limits = { ...DEFAULT_REPLICA_LIMITS, ...options.limits };
    this.pollMs = options.pollMs ?? POLL_MS;
  }

  /** Resolves when every cluster there is has been loaded. */
  async start(): Promise<void> {
    this.stopListening = await listen(this.database, (rung) => {
      // What is led here was shown when it was committed.
      if (rung?.cause === 'commit' && this.replicas.get(rung.clusterId)?.led) return;
      this.ring();
    });
    await this.refresh();
    this.timer = setInterval(() => this.ring(), this.pollMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.stopListening?.().catch(() => undefined);
    await this.refreshing;
  }

  list(): readonly ClusterReplica[] {
    return [...this.shown.values()].sort((left, right) => left.record.id - right.record.id);
  }

  get(name: string): Replica | undefined {
    return this.shown.get(name);
  }

  byId(id: number): Replica | undefined {
    return this.replicas.get(id);
  }

  /**
   * Hands a replica to the cluster's owner in this process: it is brought up to what is committed, and from then on shows
   * what it is given. Only the holder of the cluster's epoch may ask, so that nothing is committed meanwhile.
   */
  async lead(id: number): Promise<Replica> {
    const replica = this.replicas.get(id) ?? (await this.load(id));
    if (!replica) throw new Error(`cluster ${id} is gone`);
    while (this.following.has(id)) await new Promise((resolve) => setTimeout(resolve, 5));
    if (!(await this.follow(replica))) throw new Error(`cluster ${id} is gone`);
    replica.led = true;
    return replica;
  }

  /** Shows a cluster to everybody: what is being created is not shown before it is whole. */
  show(replica: Replica): void {
    if (this.replicas.get(replica.record.id) === replica) this.shown.set(replica.record.name, replica);
  }

  /** Lets go of a cluster that is deleted. */
  drop(id: number): void {
    const replica = this.replicas.get(id);
    if (!replica) return;
    this.replicas.delete(id);
    if (this.shown.get(replica.record.name) === replica) this.shown.delete(replica.record.name);
    replica.close();
  }

  /** Something may be new. */
  ring(): void {
    this.rung = true;
    if (this.refreshing || this.stopped) return;
    this.refreshing = this.refreshWhileRung().finally(() => (this.refreshing = undefined));
  }

  private async refreshWhileRung(): Promise<void> {
    while (this.rung && !this.stopped) {
      this.rung = false;
      try {
        await this.refresh();
      } catch (error) {
        this.logger.warn({ error }, 'the store cannot be read now; what is shown may be old');
        return;
      }
    }
  }

  /** Brings the set of clusters, and every one that is not led here, up to date. */
  async refresh(): Promise<void> {
    const rows = await listClusters(this.database);
    const present = new Set(rows.map((row) => row.record.id));
    for (const id of this.replicas.keys()) if (!present.has(id)) this.drop(id);
    for (const row of rows) await this.refreshOne(row);
  }

  private async refreshOne(row: ClusterRow): Promise<void> {
    const { id } = row.record;
    if (row.creation) return;
    const replica = this.replicas.get(id) ?? (await this.load(id));
    if (!replica || replica.led) return;
    if (replica.revision < row.revision) await this.follow(replica);
    else replica.clock = clockOfRow(row, Date.now());
    replica.oldestRevision = Math.max(replica.oldestRevision, row.oldestRevision);
    this.show(replica);
  }

  private load(id: number): Promise<Replica | undefined> {
    const known = this.loading.get(id);
    if (known) return known;
    const loading = this.readWhole(id).finally(() => this.loading.delete(id));
    this.loading.set(id, loading);
    return loading;
  }

  private async readWhole(id: number): Promise<Replica | undefined> {
    const state = await loadState(this.database, id);
    if (state === undefined || typeof state === 'string') return undefined;
    const { row, objects } = state;
    const replica = new Replica({
      database: this.database,
      record: row.record,
      indexes: this.indexes,
      revision: row.revision,
      oldestRevision: row.oldestRevision,
      clock: clockOfRow(row, Date.now()),
      limits: this.limits,
    });
    for (const [position, stored] of objects.entries()) {
      replica.put(stored);
      if (position % OBJECTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.replicas.set(id, replica);
    return replica;
  }

  /** Applies what was committed since; false when the cluster is gone. */
  private async follow(replica: Replica): Promise<boolean> {
    const { id } = replica.record;
    this.following.add(id);
    try {
      const page = await readFeed(this.database, id, replica.revision, CATCH_UP_LIMIT);
      if (page === undefined) return false;
      if (page === 'expired') {
        // Too far behind: whoever watches has to start over, as after a deletion.
        this.drop(id);
        return false;
      }
      const { row, rows } = page;
      if (rows.length === 0 && row.revision === replica.revision) {
        replica.clock = clockOfRow(row, Date.now());
        return true;
      }
      const versions = versionsFromFeed(rows, (uid) => replica.view.byUid(uid));
      replica.apply({ revision: row.revision, time: row.timeMs, versions }, clockOfRow(row, Date.now()));
      return true;
    } finally {
      this.following.delete(id);
    }
  }

  /** The row of a cluster, for those who wait for its creation. */
  row(id: number): Promise<ClusterRow | undefined> {
    return readCluster(this.database, id);
  }
}
