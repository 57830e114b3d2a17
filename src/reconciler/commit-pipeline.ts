import type { ClockState } from '../machinery/ports.ts';
import { UnavailableError } from '../machinery/ports.ts';
import type { Version } from '../machinery/version.ts';
import { commit, type Commit, type ExecutedCommand } from '../store/commit.ts';
import type { Database } from '../store/database.ts';
import type { Answer } from '../store/inbox.ts';
import type { Replica } from '../views/replica.ts';

/** Versions in one commit, at the most: readers are shown a commit as a whole. One instant is never cut, though. */
const COMMIT_LIMIT = 5_000;
/** Commands in one commit, at the most: each may hold a large manifest. */
const COMMANDS_LIMIT = 20;
/** Versions that may wait for a commit under way before the engine has to wait too. */
const WAITING_LIMIT = 20_000;
const COMMIT_TIMEOUT_MS = 60_000;

/** Where the cluster stands after what is gathered. */
export interface Standing {
  revision: number;
  timeMs: number;
  pendingTimers: number;
  commandCount: number;
  clock: { running: boolean; speed: number; time: number; wall: number };
}

/** Somebody waits for it to be durable. */
export interface Receipt {
  answer: Answer;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

interface Gathered {
  standing: Standing;
  versions: Version[];
  commands: ExecutedCommand[];
  receipts: Receipt[];
}

export interface PipelineOptions {
  database: Database;
  replica: Replica;
  clusterId: number;
  epoch: number;
  leaseMs: number;
  /** Called after each commit. */
  committed: (revision: number) => void;
  /** Called when there will be no more. */
  failed: () => void;
}

/**
 * Makes what the engine did durable, one transaction after the other, while the engine works on. Whatever gathers during
 * a commit goes into the next one together. Nothing is published or answered before it is durable; after a failure
 * nothing more is, because the engine has seen what the database has not.
 */
export class CommitPipeline {
  /** Why commits came to an end. */
  failure: Error | undefined;
  private readonly options: PipelineOptions;
  private readonly waiting: Gathered[] = [];
  private waitingVersions = 0;
  private underWay: Promise<void> | undefined;
  private room: PromiseWithResolvers<void> | undefined;
  private held = false;
  private lastCommitAt = 0;

  constructor(options: PipelineOptions) {
    this.options = options;
  }

  /** Adds one instant: its versions, and the command that was its cause. */
  add(standing: Standing, versions: readonly Version[], command?: ExecutedCommand, receipt?: Receipt): void {
    if (this.failure) {
      receipt?.reject(this.failure);
      return;
    }
    const gathered = this.gatheredFor(standing);
    gathered.standing = standing;
    for (const version of versions) gathered.versions.push(version);
    this.waitingVersions += versions.length;
    if (command) gathered.commands.push(command);
    if (receipt) gathered.receipts.push(receipt);
    this.flush();
  }

  private gatheredFor(standing: Standing): Gathered {
    const last = this.waiting.at(-1);
    const hasRoom = last && last.versions.length < COMMIT_LIMIT && last.commands.length < COMMANDS_LIMIT;
    if (last && (hasRoom || this.held)) return last;
    const fresh = { standing, versions: [], commands: [], receipts: [] };
    this.waiting.push(fresh);
    return fresh;
  }

  /** Gathers without committing until `release`, so that several instants become durable together or not at all. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    this.flush();
  }

  /** Milliseconds since the last commit, or since the start. */
  idleMs(now: number): number {
    return this.waiting.length > 0 || this.underWay ? 0 : now - this.lastCommitAt;
  }

  /** Resolves at once unless so much waits that the engine should pause. */
  async whenThereIsRoom(): Promise<void> {
    if (this.held || this.failure || this.waitingVersions < WAITING_LIMIT) return;
    this.room ??= Promise.withResolvers();
    await this.room.promise;
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.underWay) await this.underWay;
  }

  /** Ends it: what waits is refused. */
  fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    for (const { receipts } of this.waiting.splice(0)) for (const { reject } of receipts) reject(error);
    this.room?.resolve();
    this.options.failed();
  }

  private flush(): void {
    if (this.underWay || this.held || this.waiting.length === 0 || this.failure) return;
    this.underWay = this.commitAll().finally(() => {
      this.underWay = undefined;
      // Something may have been added after the last look, and before this.
      this.flush();
    });
  }

  private async commitAll(): Promise<void> {
    // What else is done in this turn of the event loop goes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.held && !this.failure) {
      const batch = this.waiting.shift();
      if (!batch) return;
      this.waitingVersions -= batch.versions.length;
      this.room?.resolve();
      this.room = undefined;
      try {
        await withTimeout(commit(this.options.database, this.toCommit(batch)));
      } catch (error) {
        for (const { reject } of batch.receipts) reject(unavailable(error));
        this.fail(error as Error);
        return;
      }
      this.publish(batch);
    }
  }

  private toCommit({ standing, versions, commands }: Gathered): Commit {
    const { clusterId, epoch, leaseMs } = this.options;
    const { revision, timeMs, pendingTimers, commandCount, clock } = standing;
    const { running, speed } = clock;
    return {
      clusterId,
      epoch,
      leaseMs,
      revision,
      timeMs,
      running,
      speed,
      pendingTimers,
      commandCount,
      versions,
      commands,
    };
  }

  private publish({ standing, versions, receipts }: Gathered): void {
    const { replica, committed } = this.options;
    const clock: ClockState = { ...standing.clock, pendingTimers: standing.pendingTimers };
    const { revision, timeMs } = standing;
    if (revision > replica.revision) replica.apply({ revision, time: timeMs, versions }, clock);
    else replica.clock = clock;
    this.lastCommitAt = Date.now();
    for (const { resolve, answer } of receipts) resolve(answer);
    committed(revision);
  }
}

function unavailable(error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  return new UnavailableError(`the change could not be stored, or it is not known whether it was: ${why}`, {
    cause: error,
  });
}

async function withTimeout(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const seconds = COMMIT_TIMEOUT_MS / 1000;
    timer = setTimeout(() => reject(new Error(`the database did not answer within ${seconds} s`)), COMMIT_TIMEOUT_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
