import type { CommandOutcome } from './controller.ts';
import type { Result } from './api-error.ts';
import type { ClusterView } from './cluster-view.ts';
import type { ClusterSettings } from './settings.ts';
import type { Version } from './version.ts';

/** What the layers around the engine promise each other. Implemented in store, reconciler and views; used by the API. */

/** A cluster as it is registered. Times in milliseconds. */
export interface ClusterRecord {
  id: number;
  name: string;
  seed: string;
  settings: Partial<ClusterSettings>;
  /** Simulated time at which the cluster was created. */
  startTime: number;
  parent: string | undefined;
  forkedAt: number | undefined;
}

/** A cluster's clock: at wall time `wall` it showed `time`, and since then runs at `speed` while `running`. */
export interface ClockState {
  running: boolean;
  speed: number;
  time: number;
  wall: number;
  /** Timers that keep the cluster from being at rest. */
  pendingTimers: number;
}

/** One commit as readers get it: versions in the order of revisions, and the clock after it. */
export interface CommittedBatch {
  revision: number;
  time: number;
  versions: readonly Version[];
}

export type At = { revision: number } | { time: number };

/** A read replica of one cluster. It changes between two turns of the event loop only, a whole commit at a time. */
export interface ClusterReplica {
  readonly record: ClusterRecord;
  /** The newest committed state; its `now` is what the clock shows. */
  readonly view: ClusterView;
  readonly clock: ClockState;
  /** The oldest revision that `at` and `since` still reach. */
  readonly oldestRevision: number;
  /** The cluster as it was; 'expired' when that was compacted away, 'future' when it has not happened yet. */
  at(at: At): Promise<ClusterView | 'expired' | 'future'>;
  /** Commits after `revision`, oldest first, as far as they are committed now. */
  since(revision: number): Promise<readonly CommittedBatch[] | 'expired'>;
  /** The newest versions of one object (by uid) before a revision, newest first. */
  history(uid: string, limit: number, before?: number): Promise<readonly Version[]>;
  /** Calls `listener` after every commit (the view shows it already), and `closed` when the cluster is deleted. */
  subscribe(listener: (batch: CommittedBatch) => void, closed?: () => void): () => void;
  /** Resolves when the view has reached `revision`. */
  reached(revision: number): Promise<void>;
}

/** The input of the command `stepClock`: the clock goes on for so long as fast as it can; its mode stays as it was. */
export type StepClockInput =
  | { durationMs: number }
  | { toTime: number }
  | { events: number }
  | { untilQuiescent: true };

/** The input of the command `setClockSpeed`: simulated seconds per second; greater than 0. */
export interface SetClockSpeedInput {
  speed: number;
}

export interface CommandRequest {
  cluster: string;
  name: string;
  input: unknown;
  actor: string;
  idempotencyKey?: string | undefined;
  dryRun?: boolean | undefined;
}

export interface CommandReceipt {
  outcome: CommandOutcome;
  /** The cluster's revision after the command and what it set off at once. */
  revision: number;
  /** The same idempotency key was answered before: this is that answer. */
  replayed: boolean;
}

export interface NewCluster {
  name: string;
  seed?: string | undefined;
  settings?: Partial<ClusterSettings> | undefined;
  paused?: boolean | undefined;
  /** Commands to run before the cluster is shown to anybody, in order: nodes, a manifest. */
  initialCommands?: readonly { name: string; input: unknown }[];
}

/** The clusters there are, and the way to change them. */
export interface Clusters {
  list(): readonly ClusterReplica[];
  get(name: string): ClusterReplica | undefined;
  create(request: NewCluster): Promise<Result<ClusterReplica>>;
  delete(name: string): Promise<Result<void>>;
  /**
   * Submits a command and resolves when it is committed and the replica shows it. Clock commands (pauseClock,
   * resumeClock, setClockSpeed, stepClock) go the same way.
   */
  submit(request: CommandRequest): Promise<CommandReceipt>;
}

/** The database or the cluster's owner cannot be reached now; whether a command took effect may be unknown. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly code = 'UNAVAILABLE';
}
