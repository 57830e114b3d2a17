import { ClusterState } from '../machinery/cluster-state.ts';
import type { ClusterView, Index } from '../machinery/cluster-view.ts';
import type {
  CommandHandler,
  CommandOutcome,
  ControllerApi,
  DeleteOptions,
  EventOptions,
  EventType,
} from '../machinery/controller.ts';
import type { Result } from '../machinery/api-error.ts';
import { kindKey, type Kind } from '../machinery/kind.ts';
import type { KubeObject, NewObject } from '../machinery/object.ts';
import { unitRandom } from '../machinery/random.ts';
import { DEFAULT_SETTINGS, type ClusterSettings } from '../machinery/settings.ts';
import type { Version } from '../machinery/version.ts';
import { managerOfCommand, managerOfController } from './field-managers.ts';
import { Journal } from './journal.ts';
import { ObjectStore } from './object-store.ts';
import type { Registry } from './registry.ts';
import { Timers } from './timers.ts';
import { WorkQueue } from './work-queue.ts';

/**
 * The discrete-event machine of one cluster. It knows no wall clock and does no I/O: its owner hands it commands and
 * moves its time from one timer to the next, and takes out what was written whenever it is at rest.
 *
 *   execute(command) or advanceTo(time)  →  work() until it returns true  →  take()
 *
 * An instant is everything that happens between two rests; time stands still in it.
 */

export interface StoredObject {
  object: KubeObject;
  created: number;
}

export interface EngineOptions {
  registry: Registry;
  cluster: string;
  seed: string;
  /** Simulated time to start at, in milliseconds since the epoch. */
  now: number;
  settings?: Partial<ClusterSettings>;
  /** The revision the stored objects are at. */
  revision?: number;
  objects?: Iterable<StoredObject>;
}

export interface EngineCommand {
  name: string;
  input: unknown;
  /** The `cause` of what it writes: `command:17`. */
  cause: string;
  /** Answer as if it were done, and leave no trace. */
  dryRun?: boolean;
}

/** A controller threw: a bug of ours. The key is dropped until something wakes it again. */
export interface ControllerBug {
  controller: string;
  key: string;
  error: unknown;
}

/** One key reconciled more often than this within one instant is a livelock: a bug of a controller. */
const RECONCILES_PER_KEY_LIMIT = 20_000;
/** Keys are counted only in instants with more reconciles than this, so that counting costs nothing otherwise. */
const RECONCILES_BEFORE_COUNTING = 50_000;

export class Engine {
  readonly registry: Registry;
  readonly settings: ClusterSettings;
  readonly bugs: ControllerBug[] = [];
  private readonly state: ClusterState;
  private readonly journal: Journal;
  private readonly store: ObjectStore;
  private readonly queue: WorkQueue;
  private readonly timers: Timers;
  private readonly watches = new Map<string, { controller: number; keys: WatchKeys }[]>();
  private readonly anyWatches: { controller: number; keys: WatchKeys }[] = [];
  private readonly api: EngineApi;
  private reconciles = 0;
  private readonly keyReconciles = new Map<string, number>();

  constructor(options: EngineOptions) {
    const { registry, cluster, seed, now } = options;
    this.registry = registry;
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.state = new ClusterState(cluster, seed, registry.indexes);
    this.state.now = now;
    this.state.revision = options.revision ?? 0;
    this.journal = new Journal(this.state);
    const random = (...parts: readonly (string | number)[]) => unitRandom(seed, ...parts);
    this.store = new ObjectStore(registry, this.state, this.journal, { settings: this.settings, random }, (old, next) =>
      this.wake(old, next),
    );
    this.queue = new WorkQueue(registry.controllers.length);
    this.timers = new Timers(registry.controllers.length);
    this.api = new EngineApi(this.state, this.store, this.settings, random);
    this.indexWatches();
    for (const { object, created } of options.objects ?? []) this.state.put(object, created);
    this.wakeEverything();
  }

  /** The cluster as it stands, for reading. Between instants it is consistent. */
  get view(): ClusterView {
    return this.state;
  }

  get now(): number {
    return this.state.now;
  }

  /** Timers that keep the cluster from being at rest: neither recurring work nor expiries. */
  get pendingTimers(): number {
    return this.timers.pending;
  }

  /** The simulated time at which something will happen next by itself. */
  nextTimer(): number | undefined {
    return this.timers.next();
  }

  /** Runs a command at this instant; what it sets off is done by `work`. What its handler throws leaves no trace. */
  execute(command: EngineCommand): CommandOutcome {
    const handler = this.registry.commands.get(command.name);
    if (!handler) {
      return { errors: [{ reason: 'BadRequest', message: `there is no command ${JSON.stringify(command.name)}` }] };
    }
    const revision = this.state.revision;
    this.store.actor = command.cause;
    this.store.fieldManager = managerOfCommand(command.name);
    this.journal.mark();
    const answer = this.handle(handler, command);
    const outcome = command.dryRun ? { ...answer, preview: this.preview(answer) } : answer;
    const failed = (outcome.errors?.length ?? 0) > 0 && !outcome.objects?.length;
    if (command.dryRun || failed) {
      const undone = this.journal.rollBack();
      this.state.revision = revision;
      for (const { from, to } of undone) this.wake(from, to);
    } else {
      this.journal.keep();
    }
    return outcome;
  }

  /** A handler that throws is a bug; it must not take the process with it, and leaves no trace. */
  private handle(handler: CommandHandler<never>, command: EngineCommand): CommandOutcome {
    try {
      return handler.handle(command.input as never, this.api);
    } catch (error) {
      this.bugs.push({ controller: handler.name, key: command.cause, error });
      return { errors: [{ reason: 'InternalError', message: `${handler.name} failed: an internal error occurred` }] };
    }
  }

  private preview(outcome: CommandOutcome): KubeObject[] {
    return (outcome.objects ?? []).flatMap(({ uid }) => this.state.byUid(uid) ?? []);
  }

  /**
   * Moves time forward and queues what is due. Never moves past a timer: `time` must not be later than `nextTimer()`.
   */
  advanceTo(time: number): void {
    const next = this.timers.next();
    if (time < this.state.now) throw new RangeError(`time runs forward: ${time} is before ${this.state.now}`);
    if (next !== undefined && time > next) throw new RangeError(`a timer is due at ${next}, before ${time}`);
    this.state.now = time;
    for (const { controller, key } of this.timers.takeDue(time)) this.queue.add(controller, key);
  }

  /** Works off what is queued; returns whether the cluster is at rest at this instant. May be paused by `shouldYield`. */
  work(shouldYield: () => boolean = () => false): boolean {
    for (let item = this.queue.take(); item; item = this.queue.take()) {
      this.reconcile(item.controller, item.key);
      if (shouldYield()) return this.queue.isEmpty;
    }
    this.reconciles = 0;
    this.keyReconciles.clear();
    return true;
  }

  /** What was written since the last call, in the order of revisions. Call it at rest only. */
  take(): Version[] {
    return this.journal.take(this.state.now);
  }

  private reconcile(controller: number, key: string): void {
    const reconciler = this.registry.controllers[controller];
    if (!reconciler) return;
    if (++this.reconciles > RECONCILES_BEFORE_COUNTING && this.isLivelocked(controller, key)) {
      this.bugs.push({ controller: reconciler.name, key, error: new Error(`${key} does not come to rest`) });
      return;
    }
    this.timers.clear(controller, key);
    this.store.actor = reconciler.name;
    this.store.fieldManager = managerOfController(reconciler.name);
    this.api.begin();
    try {
      reconciler.reconcile(key, this.api);
    } catch (error) {
      this.bugs.push({ controller: reconciler.name, key, error });
    }
    const { dueAt, dueInBackground, again } = this.api;
    if (dueAt !== undefined) {
      if (dueAt <= this.state.now) this.queue.add(controller, key);
      else this.timers.set(controller, key, dueAt, dueInBackground);
    }
    if (again) this.queue.add(controller, key);
  }

  private isLivelocked(controller: number, key: string): boolean {
    const id = `${controller} ${key}`;
    const count = (this.keyReconciles.get(id) ?? 0) + 1;
    this.keyReconciles.set(id, count);
    return count > RECONCILES_PER_KEY_LIMIT;
  }

  private indexWatches(): void {
    this.registry.controllers.forEach((controller, position) => {
      for (const watch of controller.watches) {
        const entry = { controller: position, keys: watch.keys.bind(watch) as WatchKeys };
        if (watch.kind === '*') {
          this.anyWatches.push(entry);
          continue;
        }
        const known = this.watches.get(watch.kind.key);
        if (known) known.push(entry);
        else this.watches.set(watch.kind.key, [entry]);
      }
    });
  }

  private wake(old: KubeObject | undefined, next: KubeObject | undefined): void {
    const object = next ?? old;
    if (!object) return;
    const change = { old, new: next };
    for (const { controller, keys } of this.watches.get(kindKey(object.apiVersion, object.kind)) ?? []) {
      this.enqueue(controller, keys(change, this.api));
    }
    for (const { controller, keys } of this.anyWatches) this.enqueue(controller, keys(change, this.api));
  }

  private enqueue(controller: number, keys: string | Iterable<string> | undefined): void {
    if (keys === undefined) return;
    if (typeof keys === 'string') this.queue.add(controller, keys);
    else for (const key of keys) this.queue.add(controller, key);
  }

  /** A start reconciles every key once, as a controller's first list does. */
  private wakeEverything(): void {
    for (const kind of this.state.kindKeys()) {
      for (const object of this.state.listKey(kind)) this.wake(undefined, object);
    }
    this.registry.controllers.forEach((controller, position) => {
      this.enqueue(position, controller.initialKeys?.(this.api));
    });
  }
}

type WatchKeys = (
  change: { old: KubeObject | undefined; new: KubeObject | undefined },
  view: ClusterView,
) => string | Iterable<string> | undefined;

/** The one door for controllers and commands; see ObjectApi. */
class EngineApi implements ControllerApi {
  dueAt: number | undefined;
  dueInBackground = false;
  again = false;
  readonly settings: ClusterSettings;
  readonly random: (...parts: readonly (string | number)[]) => number;
  private readonly state: ClusterState;
  private readonly store: ObjectStore;

  constructor(state: ClusterState, store: ObjectStore, settings: ClusterSettings, random: EngineApi['random']) {
    this.state = state;
    this.store = store;
    this.settings = settings;
    this.random = random;
  }

  begin(): void {
    this.dueAt = undefined;
    this.dueInBackground = false;
    this.again = false;
  }

  get cluster(): string {
    return this.state.cluster;
  }
  get seed(): string {
    return this.state.seed;
  }
  get revision(): number {
    return this.state.revision;
  }
  get now(): number {
    return this.state.now;
  }

  get<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined, name: string): T | undefined {
    return this.state.get(kind, namespace, name);
  }
  getByKey<T extends KubeObject>(kind: Kind<T>, key: string): T | undefined {
    return this.state.getByKey(kind, key);
  }
  byUid(uid: string): KubeObject | undefined {
    return this.state.byUid(uid);
  }
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[] {
    return this.state.list(kind, namespace);
  }
  iterate<T extends KubeObject>(kind: Kind<T>, namespace?: string): Iterable<T> {
    return this.state.iterate(kind, namespace);
  }
  count(kind: Kind, namespace?: string): number {
    return this.state.count(kind, namespace);
  }
  by<T extends KubeObject>(index: Index<T>, key: string): readonly T[] {
    return this.state.by(index, key);
  }
  countBy(index: Index, key: string): number {
    return this.state.countBy(index, key);
  }
  dependents(uid: string): readonly KubeObject[] {
    return this.state.dependents(uid);
  }
  createdRevision(uid: string): number | undefined {
    return this.state.createdRevision(uid);
  }
  kindKeys(): readonly string[] {
    return this.state.kindKeys();
  }
  listKey(key: string, namespace?: string): readonly KubeObject[] {
    return this.state.listKey(key, namespace);
  }

  create<T extends KubeObject>(object: NewObject<T>): Result<T> {
    return this.store.create(object);
  }
  update<T extends KubeObject>(object: T): Result<T> {
    return this.store.update(object);
  }
  updateStatus<T extends KubeObject>(object: T): Result<T> {
    return this.store.updateStatus(object);
  }
  writeSubresource<T extends KubeObject>(object: T): Result<T> {
    return this.store.writeSubresource(object);
  }
  delete(object: KubeObject, options?: DeleteOptions): Result<KubeObject> {
    return this.store.delete(object, options);
  }
  event(regarding: KubeObject, type: EventType, reason: string, message: string, options?: EventOptions): void {
    this.store.event(regarding, type, reason, message, options);
  }

  requeueAt(time: number, options: { background?: boolean } = {}): void {
    const background = options.background ?? false;
    if (this.dueAt === undefined) this.dueInBackground = background;
    else this.dueInBackground &&= background;
    this.dueAt = this.dueAt === undefined ? time : Math.min(this.dueAt, time);
  }
  requeue(): void {
    this.again = true;
  }
}
