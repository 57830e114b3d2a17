import { ClusterState } from '../machinery/cluster-state.ts';
import type { ClusterView, Index } from '../machinery/cluster-view.ts';
import type { At, ClockState, ClusterRecord, ClusterReplica, CommittedBatch } from '../machinery/ports.ts';
import type { Version } from '../machinery/version.ts';
import type { Database } from '../store/database.ts';
import { readHistory, readVersions } from '../store/feed.ts';
import type { StoredObject } from '../store/objects.ts';
import { clockTime } from './clock.ts';
import { PastViews } from './past-views.ts';
import { RecentBatches } from './recent-batches.ts';

export interface ReplicaLimits {
  /** Versions kept in memory for readers that resume. */
  recentVersions: number;
  /** Versions a reader may make up from the store before it has to start over. */
  resumedVersions: number;
  /** Past views kept in memory. */
  pastViews: number;
}

export const DEFAULT_REPLICA_LIMITS: ReplicaLimits = {
  recentVersions: 20_000,
  resumedVersions: 100_000,
  pastViews: 4,
};

export interface ReplicaOptions {
  database: Database;
  record: ClusterRecord;
  indexes: readonly Index[];
  revision: number;
  oldestRevision: number;
  clock: ClockState;
  limits: ReplicaLimits;
}

interface Subscriber {
  listener: (batch: CommittedBatch) => void;
  closed: (() => void) | undefined;
}

/** A cluster's committed state in memory. It is told what was committed, by the owner here or by following the store. */
export class Replica implements ClusterReplica {
  readonly record: ClusterRecord;
  oldestRevision: number;
  /** The owner runs in this process and publishes directly. */
  led = false;
  private readonly database: Database;
  private readonly limits: ReplicaLimits;
  private readonly state: ClusterState;
  private readonly recent: RecentBatches;
  private readonly past: PastViews;
  private readonly subscribers = new Set<Subscriber>();
  private readonly waiting = new Set<{ revision: number; resolve: () => void }>();
  private currentClock: ClockState;
  /** Simulated time up to which everything has happened and is shown here. */
  private committedTime: number;

  constructor(options: ReplicaOptions) {
    const { record, database, indexes, limits } = options;
    this.record = record;
    this.database = database;
    this.limits = limits;
    this.oldestRevision = options.oldestRevision;
    this.currentClock = options.clock;
    this.committedTime = options.clock.time;
    this.state = new ClusterState(record.name, record.seed, indexes);
    this.state.revision = options.revision;
    this.state.now = options.clock.time;
    this.recent = new RecentBatches(options.revision, limits.recentVersions);
    this.past = new PastViews(database, record, indexes, limits.pastViews);
  }

  get view(): ClusterView {
    this.state.now = Math.max(this.state.now, clockTime(this.currentClock, Date.now()));
    return this.state;
  }

  get revision(): number {
    return this.state.revision;
  }

  get clock(): ClockState {
    return this.currentClock;
  }

  set clock(clock: ClockState) {
    this.currentClock = clock;
    // A clock that went back (its owner was lost) must not be held up by what was shown before.
    this.state.now = clockTime(clock, Date.now());
  }

  /** Puts an object into a replica that is being filled. */
  put({ object, created }: StoredObject): void {
    this.state.put(object, created);
  }

  /** The objects, oldest first, for an engine that takes over from here. */
  objects(): StoredObject[] {
    const objects: StoredObject[] = [];
    for (const kind of this.state.kindKeys()) {
      for (const object of this.state.listKey(kind)) {
        objects.push({ object, created: this.state.createdRevision(object.metadata.uid) ?? 0 });
      }
    }
    return objects.sort((left, right) => left.created - right.created);
  }

  /** Shows a commit, then tells everybody who listens. */
  apply(batch: CommittedBatch, clock: ClockState): void {
    for (const version of batch.versions) {
      if (version.type === 'DELETED') this.state.remove(version.object.metadata.uid);
      else this.state.put(version.object, version.created);
    }
    this.state.revision = batch.revision;
    this.currentClock = clock;
    this.committedTime = batch.time;
    this.state.now = Math.max(batch.time, clockTime(clock, Date.now()));
    this.recent.add(batch);
    for (const { listener } of this.subscribers) listener(batch);
    for (const waiter of this.waiting) {
      if (waiter.revision > batch.revision) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }

  async at(at: At): Promise<ClusterView | 'expired' | 'future'> {
    if ('time' in at && at.time > this.view.now) return 'future';
    if ('revision' in at && at.revision > this.state.revision) return 'future';
    return this.past.at(at, 'revision' in at || at.time < this.committedTime);
  }

  async since(revision: number): Promise<readonly CommittedBatch[] | 'expired'> {
    const recent = this.recent.since(revision);
    if (recent) return recent;
    const found = await readVersions(this.database, this.record.id, revision, this.limits.resumedVersions);
    if (found === undefined || found === 'expired') return 'expired';
    return toBatches(found.versions, found.row.revision, found.row.timeMs);
  }

  history(uid: string, limit: number, before?: number): Promise<readonly Version[]> {
    return readHistory(this.database, this.record.id, uid, limit, before);
  }

  subscribe(listener: (batch: CommittedBatch) => void, closed?: () => void): () => void {
    const subscriber = { listener, closed };
    this.subscribers.add(subscriber);
    return () => void this.subscribers.delete(subscriber);
  }

  reached(revision: number): Promise<void> {
    if (this.state.revision >= revision) return Promise.resolve();
    return new Promise((resolve) => this.waiting.add({ revision, resolve }));
  }

  /** The cluster is deleted: whoever listens or waits is let go. */
  close(): void {
    for (const { closed } of this.subscribers) closed?.();
    this.subscribers.clear();
    for (const { resolve } of this.waiting) resolve();
    this.waiting.clear();
  }
}

const VERSIONS_PER_BATCH = 1_000;

/** Cuts a stretch of versions where simulated time moves, so that what happened at once stays together. */
function toBatches(versions: readonly Version[], revision: number, time: number): CommittedBatch[] {
  const batches: CommittedBatch[] = [];
  let current: Version[] = [];
  for (const version of versions) {
    const last = current.at(-1);
    if (last && current.length >= VERSIONS_PER_BATCH && last.time !== version.time) {
      batches.push({ revision: last.revision, time: last.time, versions: current });
      current = [];
    }
    current.push(version);
  }
  if (current.length > 0) batches.push({ revision, time, versions: current });
  return batches;
}
