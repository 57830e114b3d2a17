import type { Logger } from 'pino';
import { Engine } from '../engine/engine.ts';
import type { Registry } from '../engine/registry.ts';
import type { CommandOutcome } from '../machinery/controller.ts';
import { UnavailableError } from '../machinery/ports.ts';
import type { ClusterRow } from '../store/cluster-rows.ts';
import type { ExecutedCommand } from '../store/commit.ts';
import type { Database } from '../store/database.ts';
import type { Answer, SubmittedCommand } from '../store/inbox.ts';
import type { Replica } from '../views/replica.ts';
import { Breath } from './breath.ts';
import { CLOCK_COMMANDS, parseSpeed, parseStep, type Step } from './clock-commands.ts';
import { CommitPipeline, type Receipt, type Standing } from './commit-pipeline.ts';
import { SimulatedClock } from './simulated-clock.ts';

/** How long timers that are overdue may keep a command waiting. */
const CATCH_UP_MS = 25;
/** When the engine is further behind the clock than this (wall time), the clock waits for it. */
const LAG_LIMIT_MS = 1_000;
const LONGEST_REST_MS = 60_000;
/** The first command of every new cluster, where the registry knows it: see kinds/clusterrole/commands.ts. */
const BOOTSTRAP = { name: 'bootstrapPolicy', input: {} };

export interface OwnerOptions {
  database: Database;
  registry: Registry;
  logger: Logger;
  /** The cluster under the epoch that makes this process its owner. */
  row: ClusterRow;
  replica: Replica;
  leaseMs: number;
  /** Called after each commit with the cluster's revision. */
  committed?: (revision: number) => void;
}

interface Queued {
  command: SubmittedCommand;
  answered: PromiseWithResolvers<Answer>;
}

/** The engine cannot go on from here: an instant does not come to an end. What it did since the last commit is lost. */
export class EngineFailureError extends Error {
  override readonly name = 'EngineFailureError';
  /** What it was doing: a command, or what was due. */
  command: SubmittedCommand | undefined;
}

/**
 * Runs one cluster: hands commands and the passing of time to its engine, makes what comes of it durable, publishes it.
 * It is the only writer of the cluster as long as its epoch holds, and stops for good at the first failure.
 */
export class ClusterOwner {
  readonly clusterId: number;
  private readonly options: OwnerOptions;
  private readonly engine: Engine;
  private readonly clock: SimulatedClock;
  private readonly pipeline: CommitPipeline;
  private readonly breath = new Breath();
  private readonly queue: Queued[] = [];
  /** Commands that wait, run, or are being committed, by id. */
  private readonly known = new Map<string, Promise<Answer>>();
  /** Commands from the inbox that were answered since it was last read. */
  private readonly done = new Set<string>();
  private commandCount: number;
  private stopping = false;
  private wakeUp: () => void = () => {};

  constructor(options: OwnerOptions) {
    const { row, registry, replica, database, leaseMs } = options;
    this.options = options;
    this.clusterId = row.record.id;
    this.commandCount = row.commandCount;
    this.clock = new SimulatedClock({ running: row.running, speed: row.speed, time: row.timeMs }, Date.now());
    this.engine = new Engine({
      registry,
      cluster: row.record.name,
      seed: row.record.seed,
      settings: row.record.settings,
      now: row.timeMs,
      revision: row.revision,
      objects: replica.objects(),
    });
    this.pipeline = new CommitPipeline({
      database,
      replica,
      leaseMs,
      clusterId: row.record.id,
      epoch: row.epoch,
      committed: (revision) => {
        options.committed?.(revision);
        this.wakeUp();
      },
      failed: () => this.wakeUp(),
    });
  }

  /** Runs a command after those before it; resolves when what it did is durable and shown. Once for each id. */
  submit(command: SubmittedCommand): Promise<Answer> {
    const known = this.known.get(command.id);
    if (known) return known;
    if (this.stopping || this.pipeline.failure) return Promise.reject(this.goneError());
    const answered = Promise.withResolvers<Answer>();
    const { promise } = answered;
    this.known.set(command.id, promise);
    const forget = () => {
      this.known.delete(command.id);
      if (command.stored || command.idempotencyKey !== undefined) this.done.add(command.id);
    };
    promise.then(forget, forget);
    this.queue.push({ command, answered });
    this.wakeUp();
    return promise;
  }

  /**
   * Takes over what waits in the inbox. What was answered while it was being read may still be among it, and must not run
   * twice; what was answered before cannot be.
   */
  async takeIn(readInbox: () => Promise<readonly SubmittedCommand[]>): Promise<void> {
    const answeredBefore = [...this.done];
    for (const command of await readInbox()) {
      // Whoever waits for it looks into the inbox, where a failure leaves it.
      if (!this.done.has(command.id)) this.submit(command).catch(() => undefined);
    }
    for (const id of answeredBefore) this.done.delete(id);
  }

  /**
   * Brings a new cluster to life: its first instant and its initial commands become durable together. Answers with the
   * first command that was refused; then nothing is stored.
   */
  async create(): Promise<{ command: string; outcome: CommandOutcome } | undefined> {
    this.pipeline.hold();
    await this.settle();
    const asked = this.options.row.creation?.initialCommands ?? [];
    const own = this.engine.registry.commands.has(BOOTSTRAP.name) ? [BOOTSTRAP] : [];
    for (const [position, { name, input }] of [...own, ...asked].entries()) {
      const command = {
        id: crypto.randomUUID(),
        name,
        input,
        actor: 'system',
        idempotencyKey: undefined,
        dryRun: false,
      };
      const answered = Promise.withResolvers<Answer>();
      answered.promise.catch(() => undefined);
      const outcome = await this.execute({ command, answered });
      if (outcome.errors?.length) {
        this.pipeline.fail(new Error(`initial command ${position + 1 - own.length} (${name}) was refused`));
        return { command: name, outcome };
      }
    }
    this.pipeline.release();
    await this.pipeline.drained();
    if (this.pipeline.failure) throw this.pipeline.failure;
    return undefined;
  }

  /** Runs until it is stopped; throws when the cluster is lost. */
  async run(): Promise<void> {
    try {
      await this.settle();
      while (!this.stopping) {
        if (this.pipeline.failure) throw this.pipeline.failure;
        const behind = await this.catchUp();
        const next = this.queue.shift();
        if (next) await this.execute(next);
        else if (!behind) await this.rest();
      }
      this.note([]);
      await this.pipeline.drained();
      if (this.pipeline.failure) throw this.pipeline.failure;
    } catch (error) {
      this.pipeline.fail(error as Error);
      throw error;
    } finally {
      this.stopping = true;
      for (const { answered } of this.queue.splice(0)) answered.reject(this.goneError());
    }
  }

  /** Stops after what is under way; `run` then resolves once everything is durable. */
  stop(): void {
    this.stopping = true;
    this.wakeUp();
  }

  private goneError(): Error {
    return new UnavailableError(`the cluster ${this.options.row.record.name} is changing its owner; try again`);
  }

  /** Lets happen what is due. Returns whether more is due already. */
  private async catchUp(): Promise<boolean> {
    const started = performance.now();
    const target = Math.max(this.engine.now, this.clock.at(Date.now()));
    for (let next = this.engine.nextTimer(); next !== undefined && next <= target; next = this.engine.nextTimer()) {
      if (this.stopping || this.pipeline.failure) return true;
      if (performance.now() - started > CATCH_UP_MS) {
        this.waitForEngine(target);
        return true;
      }
      await this.instantAt(next);
    }
    this.engine.advanceTo(target);
    return false;
  }

  /** A machine that cannot keep up with the speed asked for lets simulated time pass more slowly. */
  private waitForEngine(target: number): void {
    if ((target - this.engine.now) / this.clock.speed > LAG_LIMIT_MS) this.clock.set(this.engine.now, Date.now());
  }

  private async instantAt(time: number): Promise<void> {
    this.engine.advanceTo(Math.max(time, this.engine.now));
    await this.settle();
  }

  /** Works this instant off, and hands over what came of it together with the command that was its cause. */
  private async settle(
    command?: (revision: number) => { executed: ExecutedCommand | undefined; receipt: Receipt },
  ): Promise<void> {
    while (!this.workABit()) await this.breath.take();
    for (const { controller, key, error } of this.engine.bugs.splice(0)) {
      this.options.logger.error({ controller, key, error }, 'a controller failed: a bug');
    }
    const versions = this.engine.take();
    if (versions.length > 0 || command) {
      const { executed, receipt } = command?.(this.engine.view.revision) ?? {};
      this.note(versions, executed, receipt);
    }
    await this.pipeline.whenThereIsRoom();
    if (this.breath.isDue()) await this.breath.take();
  }

  private workABit(): boolean {
    try {
      return this.engine.work(this.breath.isDue);
    } catch (error) {
      throw new EngineFailureError((error as Error).message, { cause: error });
    }
  }

  private note(versions: Parameters<CommitPipeline['add']>[1], executed?: ExecutedCommand, receipt?: Receipt): void {
    this.pipeline.add(this.standing(), versions, executed, receipt);
  }

  private standing(): Standing {
    return {
      revision: this.engine.view.revision,
      timeMs: this.engine.now,
      pendingTimers: this.engine.pendingTimers,
      commandCount: this.commandCount,
      clock: this.clock.state(),
    };
  }

  private async execute(queued: Queued): Promise<CommandOutcome> {
    try {
      return await this.executeNow(queued);
    } catch (error) {
      if (error instanceof EngineFailureError) error.command = queued.command;
      queued.answered.reject(error);
      throw error;
    }
  }

  private async executeNow({ command, answered }: Queued): Promise<CommandOutcome> {
    const { name, input, dryRun } = command;
    const timeMs = this.engine.now;
    const seq = dryRun ? undefined : ++this.commandCount;
    const outcome = CLOCK_COMMANDS.has(name)
      ? await this.executeClockCommand(name, input, dryRun)
      : this.engine.execute({ name, input, dryRun, cause: seq === undefined ? 'dry-run' : `command:${seq}` });
    // What is only tried leaves no trace, unless it came through the inbox and is answered there.
    const isLogged = !dryRun || command.stored === true;
    await this.settle((revision) => ({
      executed: isLogged ? { ...command, seq, timeMs, revision, outcome } : undefined,
      receipt: { answer: { outcome, revision }, resolve: answered.resolve, reject: answered.reject },
    }));
    return outcome;
  }

  private async executeClockCommand(name: string, input: unknown, dryRun: boolean): Promise<CommandOutcome> {
    if (name === 'stepClock') return this.step(input, dryRun);
    if (name === 'setClockSpeed') {
      const parsed = parseSpeed(input);
      if ('refusal' in parsed) return parsed.refusal;
      if (!dryRun) this.changeClock(this.clock.running, parsed.speed);
    } else if (!dryRun) {
      this.changeClock(name === 'resumeClock', this.clock.speed);
    }
    return { data: { time: this.engine.now, running: this.clock.running, speed: this.clock.speed } };
  }

  private changeClock(running: boolean, speed: number): void {
    this.clock.set(this.engine.now, Date.now());
    this.clock.running = running;
    this.clock.speed = speed;
  }

  /** Lets simulated time pass as fast as the machine can. A `pauseClock` that arrives meanwhile ends it. */
  private async step(input: unknown, dryRun: boolean): Promise<CommandOutcome> {
    const parsed = parseStep(input, this.engine.now);
    if ('refusal' in parsed) return parsed.refusal;
    const from = this.engine.now;
    const events = dryRun ? 0 : await this.walk(parsed.step);
    this.clock.set(this.engine.now, Date.now());
    return {
      data: { from, time: this.engine.now, events, atRest: this.engine.pendingTimers === 0 },
    };
  }

  private async walk({ until, events, atRest }: Step): Promise<number> {
    let count = 0;
    const isOver = () => count >= events || (atRest && this.engine.pendingTimers === 0) || this.isInterrupted();
    for (let next = this.engine.nextTimer(); next !== undefined && next <= until; next = this.engine.nextTimer()) {
      if (isOver()) return count;
      this.clock.set(next, Date.now());
      await this.instantAt(next);
      count++;
    }
    if (!isOver() && events === Number.POSITIVE_INFINITY) this.engine.advanceTo(until);
    return count;
  }

  private isInterrupted(): boolean {
    return (
      this.stopping ||
      this.pipeline.failure !== undefined ||
      this.queue.some(({ command }) => command.name === 'pauseClock')
    );
  }

  /** Nothing to do: waits for a command, the next timer, or the time to renew the lease. */
  private async rest(): Promise<void> {
    const now = Date.now();
    const renewMs = this.options.leaseMs / 3;
    const idleMs = this.pipeline.idleMs(now);
    // A commit without content renews the lease and keeps the time.
    if (idleMs >= renewMs) this.note([]);
    const next = this.engine.nextTimer();
    const timerMs = next === undefined ? Number.POSITIVE_INFINITY : this.clock.untilMs(next, now);
    const waitMs = Math.max(0, Math.min(timerMs, renewMs - (idleMs >= renewMs ? 0 : idleMs), LONGEST_REST_MS));
    const woken = Promise.withResolvers<void>();
    const timer = setTimeout(woken.resolve, waitMs);
    this.wakeUp = woken.resolve;
    if (this.queue.length > 0 || this.stopping || this.pipeline.failure) woken.resolve();
    await woken.promise;
    clearTimeout(timer);
    this.wakeUp = () => {};
  }
}
