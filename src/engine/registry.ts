import type { ClusterView, Index } from '../machinery/cluster-view.ts';
import type { CommandHandler, Controller } from '../machinery/controller.ts';
import type { AdmissionPlugin, AnyDefinition } from '../machinery/definition.ts';
import { kindKey, type Kind } from '../machinery/kind.ts';

/** Everything an engine knows beyond the objects: kinds, controllers in the order in which they run, commands. */
export class Registry {
  readonly definitions: ReadonlyMap<string, AnyDefinition>;
  readonly controllers: readonly Controller[];
  readonly commands: ReadonlyMap<string, CommandHandler<never>>;
  readonly indexes: readonly Index[];
  private readonly defining: readonly AnyDefinition[];
  private readonly allPlugins: readonly AdmissionPlugin[];
  private readonly plugins = new Map<string, readonly AdmissionPlugin[]>();

  /** `actors` are the controllers that own no kind; they run after the kinds' own. */
  constructor(
    definitions: readonly AnyDefinition[],
    actors: readonly Controller[],
    commands: readonly CommandHandler<never>[] = [],
  ) {
    this.definitions = new Map(definitions.map((definition) => [definition.kind.key, definition]));
    this.defining = definitions.filter((definition) => 'defines' in definition);
    this.controllers = [...definitions.flatMap((definition) => definition.controllers ?? []), ...actors];
    this.indexes = definitions.flatMap((definition) => definition.indexes ?? []);
    this.commands = new Map(
      [...definitions.flatMap((definition) => definition.commands ?? []), ...commands].map((handler) => [
        handler.name,
        handler,
      ]),
    );
    this.allPlugins = definitions.flatMap((definition) => definition.plugins ?? []);
  }

  /** The definition of an object's kind in a cluster, also where the kind is defined by an object of that cluster. */
  definitionIn(view: ClusterView, object: { apiVersion: string; kind: string }): AnyDefinition | undefined {
    const known = this.definitionOf(object);
    if (known) return known;
    for (const definition of this.defining) {
      const defined = definition.defines?.(object.apiVersion, object.kind, view);
      if (defined) return defined;
    }
    return undefined;
  }

  definitionOf(object: { apiVersion: string; kind: string }): AnyDefinition | undefined {
    return this.definitions.get(kindKey(object.apiVersion, object.kind));
  }

  /** The plugins that look at objects of a kind, in the order of the definitions. */
  pluginsOf(kindKeyText: string): readonly AdmissionPlugin[] {
    let plugins = this.plugins.get(kindKeyText);
    if (!plugins) {
      plugins = this.allPlugins.filter(({ kinds }) => kinds === '*' || kinds.some(({ key }) => key === kindKeyText));
      this.plugins.set(kindKeyText, plugins);
    }
    return plugins;
  }

  kinds(): readonly Kind[] {
    return [...this.definitions.values()].map((definition) => definition.kind);
  }
}
