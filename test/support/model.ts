import { parseAllDocuments } from 'yaml';
import { Engine } from '../../src/engine/engine.ts';
import { genericCommands } from '../../src/engine/commands/generic-commands.ts';
import { Registry } from '../../src/engine/registry.ts';
import { actors } from '../../src/controllers/registry.ts';
import { definitions } from '../../src/kinds/registry.ts';
import type { CommandHandler, CommandOutcome, ObjectApi } from '../../src/machinery/controller.ts';
import type { ClusterView } from '../../src/machinery/cluster-view.ts';
import type { KubeObject, NewObject } from '../../src/machinery/object.ts';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import type { Version } from '../../src/machinery/version.ts';

/** Where simulated time starts in tests: 2026-01-01T00:00:00Z. */
export const START_MS = Date.UTC(2026, 0, 1);

/** A command for tests: its input is a function that gets the door controllers have. */
export const doIt: CommandHandler<(api: ObjectApi) => void> = {
  name: 'test.do',
  handle(work, api) {
    work(api);
    return {};
  },
};

export interface ModelOptions {
  seed?: string;
  settings?: Partial<ClusterSettings>;
  registry?: Registry;
  /** Called whenever an instant in which something was written has come to rest: for invariants. */
  onRest?: (model: Model) => void;
}

/** A cluster in memory, for tests: no store, no clock; time moves only when told to. */
export class Model {
  readonly engine: Engine;
  /** Everything that was written since the cluster came to be with its system namespaces, in order. */
  readonly versions: Version[] = [];
  private commands = 0;
  private readonly onRest: ((model: Model) => void) | undefined;

  constructor(options: ModelOptions = {}) {
    this.engine = new Engine({
      registry: options.registry ?? new Registry(definitions, actors, [doIt, ...genericCommands(definitions)]),
      cluster: 'test',
      seed: options.seed ?? 'seed',
      now: START_MS,
      ...(options.settings ? { settings: options.settings } : {}),
    });
    this.settle();
    this.versions.length = 0;
    this.onRest = options.onRest;
  }

  get view(): ClusterView {
    return this.engine.view;
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.engine.now - START_MS;
  }

  /** Runs a command by name and all it sets off at this instant. */
  command(name: string, input: unknown, options: { dryRun?: boolean } = {}): CommandOutcome {
    const outcome = this.engine.execute({ name, input, cause: `command:${++this.commands}`, ...options });
    this.settle();
    return outcome;
  }

  /** Does something through the door of controllers, then lets the instant come to rest. */
  do(work: (api: ObjectApi) => void): void {
    this.command('test.do', work);
  }

  /** Creates objects from YAML (or as given); throws the API server's sentence if one is refused. */
  create(...sources: (string | NewObject)[]): KubeObject[] {
    const created: KubeObject[] = [];
    this.do((api) => {
      for (const object of sources.flatMap(parseObjects)) {
        const result = api.create(object);
        if (!result.ok) throw new Error(result.error.message);
        created.push(result.value);
      }
    });
    return created.map((object) => this.view.byUid(object.metadata.uid) ?? object);
  }

  /** Runs simulated time forward by `ms`. */
  run(ms: number): void {
    this.runTo(this.engine.now + ms);
  }

  runTo(time: number): void {
    for (let next = this.engine.nextTimer(); next !== undefined && next <= time; next = this.engine.nextTimer()) {
      this.engine.advanceTo(Math.max(next, this.engine.now));
      this.settle();
    }
    this.engine.advanceTo(time);
    this.settle();
  }

  /** Runs until `condition` holds after some instant; throws when `limitMs` of simulated time pass before it does. */
  runUntil(condition: () => boolean, limitMs = 3_600_000): void {
    const end = this.engine.now + limitMs;
    while (!condition()) {
      const next = this.engine.nextTimer();
      if (next === undefined || next > end) throw new Error(`the condition did not come true within ${limitMs} ms`);
      this.engine.advanceTo(Math.max(next, this.engine.now));
      this.settle();
    }
  }

  /** The same cluster as a process would have it after a restart: only what is stored is kept. */
  restarted(): Model {
    const copy = Object.create(Model.prototype) as Model;
    const objects = this.view.kindKeys().flatMap((key) =>
      this.view.listKey(key).map((object) => ({
        object: structuredClone(object),
        created: this.view.createdRevision(object.metadata.uid) ?? 0,
      })),
    );
    objects.sort((left, right) => left.created - right.created);
    const engine = new Engine({
      registry: this.engine.registry,
      cluster: 'test',
      seed: this.view.seed,
      now: this.engine.now,
      revision: this.view.revision,
      settings: this.engine.settings,
      objects,
    });
    Object.assign(copy, { engine, versions: [], commands: this.commands, onRest: this.onRest });
    copy.settle();
    return copy;
  }

  private settle(): void {
    this.engine.work();
    const bug = this.engine.bugs.shift();
    if (bug) throw bug.error;
    const written = this.engine.take();
    this.versions.push(...written);
    if (written.length > 0) this.onRest?.(this);
  }
}

/** The objects of a YAML text, or the object as given. */
export function parseObjects(source: string | NewObject): NewObject[] {
  if (typeof source !== 'string') return [source];
  return parseAllDocuments(source)
    .map((document) => document.toJS() as NewObject | null)
    .filter((object): object is NewObject => object !== null);
}
