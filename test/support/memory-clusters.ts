import { fail, ok, type Result } from '../../src/machinery/api-error.ts';
import { Engine } from '../../src/engine/engine.ts';
import { genericCommands } from '../../src/engine/commands/generic-commands.ts';
import { Registry } from '../../src/engine/registry.ts';
import { actors } from '../../src/controllers/registry.ts';
import { definitions } from '../../src/kinds/registry.ts';
import { ClusterState } from '../../src/machinery/cluster-state.ts';
import type { ClusterView } from '../../src/machinery/cluster-view.ts';
import type { CommandHandler, CommandOutcome, ObjectApi } from '../../src/machinery/controller.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import type {
  At,
  ClockState,
  ClusterRecord,
  ClusterReplica,
  Clusters,
  CommandReceipt,
  CommandRequest,
  CommittedBatch,
  NewCluster,
  SetClockSpeedInput,
  StepClockInput,
} from '../../src/machinery/ports.ts';
import type { Version } from '../../src/machinery/version.ts';
import { parseObjects, START_MS } from './model.ts';

/** A command for tests: its input is a function that gets the door controllers have. */
const doIt: CommandHandler<(api: ObjectApi) => void> = {
  name: 'test.do',
  handle(work, api) {
    work(api);
    return {};
  },
};

/** One cluster in memory: engine and replica in one. Time moves only when told to. */
export class MemoryCluster implements ClusterReplica {
  readonly record: ClusterRecord;
  readonly versions: Version[] = [];
  oldestRevision = 0;
  private engine: Engine;
  private readonly registry: Registry;
  private readonly listeners = new Set<{
    listener: (batch: CommittedBatch) => void;
    closed?: (() => void) | undefined;
  }>();
  private readonly batches: CommittedBatch[] = [];
  private readonly receipts = new Map<string, CommandReceipt>();
  private commands = 0;
  private running = true;
  private speed = 1;

  constructor(record: ClusterRecord, registry: Registry) {
    this.record = record;
    this.registry = registry;
    this.engine = new Engine({
      registry,
      cluster: record.name,
      seed: record.seed,
      now: record.startTime,
      settings: record.settings,
    });
    this.settle();
  }

  get view(): ClusterView {
    return this.engine.view;
  }

  get definitions(): Registry['definitions'] {
    return this.registry.definitions;
  }

  get clock(): ClockState {
    const { running, speed } = this;
    return { running, speed, time: this.engine.now, wall: Date.now(), pendingTimers: this.engine.pendingTimers };
  }

  at(at: At): Promise<ClusterView | 'expired' | 'future'> {
    return Promise.resolve(this.stateAt(at));
  }

  private stateAt(at: At): ClusterView | 'expired' | 'future' {
    const isTime = 'time' in at;
    if (isTime ? at.time > this.engine.now : at.revision > this.view.revision) return 'future';
    if (isTime ? at.time < this.record.startTime : at.revision < this.oldestRevision) return 'expired';
    const past = new ClusterState(this.record.name, this.record.seed, this.registry.indexes);
    past.now = this.record.startTime;
    for (const version of this.versions) {
      if (isTime ? version.time > at.time : version.revision > at.revision) continue;
      if (version.type === 'DELETED') past.remove(version.object.metadata.uid);
      else past.put(version.object, version.created);
      past.revision = version.revision;
      past.now = version.time;
    }
    if (isTime) past.now = at.time;
    else past.revision = at.revision;
    return past;
  }

  since(revision: number): Promise<readonly CommittedBatch[] | 'expired'> {
    if (revision < this.oldestRevision) return Promise.resolve('expired');
    const batches = this.batches
      .filter((batch) => batch.revision > revision)
      .map((batch) => ({ ...batch, versions: batch.versions.filter((version) => version.revision > revision) }));
    return Promise.resolve(batches);
  }

  history(uid: string, limit: number, before = Number.POSITIVE_INFINITY): Promise<readonly Version[]> {
    const found = this.versions.filter(({ object, revision }) => object.metadata.uid === uid && revision < before);
    return Promise.resolve(found.reverse().slice(0, limit));
  }

  subscribe(listener: (batch: CommittedBatch) => void, closed?: () => void): () => void {
    const entry = { listener, closed };
    this.listeners.add(entry);
    return () => void this.listeners.delete(entry);
  }

  reached(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    for (const { closed } of this.listeners) closed?.();
    this.listeners.clear();
  }

  /** Goes on as another process would: only what is stored is kept. */
  restart(): void {
    const { view } = this;
    const objects = view.kindKeys().flatMap((key) =>
      view.listKey(key).map((object) => ({
        object: structuredClone(object),
        created: view.createdRevision(object.metadata.uid) ?? 0,
      })),
    );
    this.engine = new Engine({
      registry: this.registry,
      cluster: this.record.name,
      seed: this.record.seed,
      now: this.engine.now,
      revision: view.revision,
      settings: this.engine.settings,
      objects: objects.sort((left, right) => left.created - right.created),
    });
    this.settle();
  }

  /** Forgets what happened up to a revision, as compaction does. */
  compact(revision: number): void {
    this.oldestRevision = revision;
  }

  /** Does something through the door of controllers, then lets the instant come to rest. */
  do(work: (api: ObjectApi) => void): void {
    this.submit({ cluster: this.record.name, name: 'test.do', input: work, actor: 'test' });
  }

  /** Creates objects from YAML (or as given); throws the API server's sentence if one is refused. */
  create(...sources: (string | NewObject)[]): void {
    this.do((api) => {
      for (const object of sources.flatMap(parseObjects)) {
        const result = api.create(object);
        if (!result.ok) throw new Error(result.error.message);
      }
    });
  }

  /** Runs simulated time forward by `ms`. */
  run(ms: number): void {
    this.runTo(this.engine.now + ms);
  }

  submit({ name, input, idempotencyKey, dryRun }: CommandRequest): CommandReceipt {
    const known = idempotencyKey === undefined ? undefined : this.receipts.get(idempotencyKey);
    if (known) return { ...known, replayed: true };
    const outcome = this.execute(name, input, dryRun ?? false);
    const receipt = { outcome, revision: this.view.revision, replayed: false };
    if (idempotencyKey !== undefined && !dryRun) this.receipts.set(idempotencyKey, receipt);
    return receipt;
  }

  private execute(name: string, input: unknown, dryRun: boolean): CommandOutcome {
    switch (name) {
      case 'pauseClock':
        this.running = false;
        return {};
      case 'resumeClock':
        this.running = true;
        return {};
      case 'setClockSpeed':
        this.speed = (input as SetClockSpeedInput).speed;
        return {};
      case 'stepClock':
        this.step(input as StepClockInput);
        return {};
      default: {
        const outcome = this.engine.execute({ name, input, cause: `command:${++this.commands}`, dryRun });
        this.settle();
        return outcome;
      }
    }
  }

  private step(step: StepClockInput): void {
    if ('durationMs' in step) this.run(step.durationMs);
    else if ('toTime' in step) this.runTo(step.toTime);
    else if ('events' in step) for (let count = 0; count < step.events && this.next(); count++);
    else for (let count = 0; this.engine.pendingTimers > 0 && count < 100_000 && this.next(); count++);
  }

  private next(): boolean {
    const next = this.engine.nextTimer();
    if (next === undefined) return false;
    this.engine.advanceTo(Math.max(next, this.engine.now));
    this.settle();
    return true;
  }

  private runTo(time: number): void {
    for (let next = this.engine.nextTimer(); next !== undefined && next <= time; next = this.engine.nextTimer()) {
      this.next();
    }
    this.engine.advanceTo(time);
    this.settle();
  }

  private settle(): void {
    this.engine.work();
    const [bug] = this.engine.bugs;
    if (bug) throw bug.error;
    const versions = this.engine.take();
    if (versions.length === 0) return;
    this.versions.push(...versions);
    const batch = { revision: this.view.revision, time: this.engine.now, versions };
    this.batches.push(batch);
    for (const { listener } of this.listeners) listener(batch);
  }
}

/** Clusters in memory, for tests of the API and of documentation: commands run at once, nothing is stored. */
export class MemoryClusters implements Clusters {
  private readonly clusters = new Map<string, MemoryCluster>();
  private readonly registry: Registry;
  private created = 0;

  constructor(registry: Registry = new Registry(definitions, actors, [doIt, ...genericCommands(definitions)])) {
    this.registry = registry;
  }

  /** Adds a cluster that is at rest and empty but for its namespaces. */
  add(name = 'default', options: Partial<ClusterRecord> = {}): MemoryCluster {
    const record: ClusterRecord = {
      id: ++this.created,
      name,
      seed: 'seed',
      settings: {},
      startTime: START_MS,
      parent: undefined,
      forkedAt: undefined,
      ...options,
    };
    const cluster = new MemoryCluster(record, this.registry);
    this.clusters.set(name, cluster);
    return cluster;
  }

  list(): readonly MemoryCluster[] {
    return [...this.clusters.values()];
  }

  get(name: string): MemoryCluster | undefined {
    return this.clusters.get(name);
  }

  create(request: NewCluster): Promise<Result<ClusterReplica>> {
    const { name, seed = name, settings = {} } = request;
    if (this.clusters.has(name)) return Promise.resolve(fail('AlreadyExists', `clusters "${name}" already exists`));
    const cluster = this.add(name, { seed, settings });
    for (const command of request.initialCommands ?? []) {
      const { outcome } = cluster.submit({ cluster: name, actor: 'system', ...command });
      const error = outcome.errors?.[0];
      if (error) {
        this.clusters.delete(name);
        return Promise.resolve({ ok: false, error });
      }
    }
    if (request.paused) cluster.submit({ cluster: name, name: 'pauseClock', input: {}, actor: 'system' });
    return Promise.resolve(ok(cluster));
  }

  delete(name: string): Promise<Result<void>> {
    const cluster = this.clusters.get(name);
    if (!cluster) return Promise.resolve(fail('NotFound', `clusters "${name}" not found`));
    this.clusters.delete(name);
    cluster.close();
    return Promise.resolve(ok(undefined));
  }

  submit(request: CommandRequest): Promise<CommandReceipt> {
    const cluster = this.clusters.get(request.cluster);
    if (!cluster) return Promise.reject(new Error(`there is no cluster ${request.cluster}`));
    return Promise.resolve(cluster.submit(request));
  }
}
