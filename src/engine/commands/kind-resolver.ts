import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { AnyDefinition } from '../../machinery/definition.ts';
import { groupOf } from '../../machinery/object.ts';

/** Finds the definition of what a manifest names by apiVersion and kind, as a client's discovery does. */
export class KindResolver {
  private readonly known: ReadonlyMap<string, AnyDefinition>;
  private readonly defining: readonly AnyDefinition[];

  constructor(definitions: readonly AnyDefinition[]) {
    this.known = new Map(
      definitions.map((definition) => [`${definition.kind.apiVersion}/${definition.kind.kind}`, definition]),
    );
    this.defining = definitions.filter((definition) => 'defines' in definition);
  }

  resolve(apiVersion: string, kind: string, view: ClusterView): AnyDefinition | undefined {
    const known = this.known.get(`${apiVersion}/${kind}`);
    if (known) return known;
    for (const definition of this.defining) {
      const defined = definition.defines?.(apiVersion, kind, view);
      if (defined) return defined;
    }
    return undefined;
  }

  /** By Kind.key; custom kinds by an object of theirs that is there. */
  byKey(key: string, view: ClusterView): AnyDefinition | undefined {
    for (const definition of this.known.values()) if (definition.kind.key === key) return definition;
    const [object] = view.listKey(key);
    return object && this.resolve(object.apiVersion, object.kind, view);
  }

  definitions(): Iterable<AnyDefinition> {
    return this.known.values();
  }
}

/** kubectl's name of an object: "deployment.apps/web", "service/web". */
export function referenceText(apiVersion: string, kind: string, name: string): string {
  const group = groupOf(apiVersion);
  return `${kind.toLowerCase()}${group ? `.${group}` : ''}/${name}`;
}
