import { customDefinitionOfKey, customDefinitionOfWord } from '../kinds/customresourcedefinition/queries.ts';
import type { ClusterView } from '../machinery/cluster-view.ts';
import type { AnyDefinition, HealthWord, TableColumn } from '../machinery/definition.ts';
import { kindKey, type Kind } from '../machinery/kind.ts';
import { groupOf, type KubeObject } from '../machinery/object.ts';
import type { Handle } from './handle.ts';

/** Kinds whose GraphQL type cannot have their own name. */
const RENAMED: Record<string, string> = { Node: 'KubeNode' };

/** The GraphQL type of objects of kinds that have no definition: instances of custom resources and the like. */
export const UNMODELLED_TYPE = 'OtherObject';

/** The name of a kind's GraphQL type: the kind's own, except where Relay has taken it. */
export function typeNameOf(kind: Kind): string {
  return RENAMED[kind.kind] ?? kind.kind;
}

/** The plural of a kind as a field name: `endpointSlices`, `networkPolicies`, `csiDrivers`. */
export function listFieldOf(kind: Kind): string {
  const singular = kind.kind;
  let shared = 0;
  while (shared < singular.length && kind.plural[shared] === singular[shared]?.toLowerCase()) shared++;
  const name = singular.slice(0, shared) + kind.plural.slice(shared);
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+/, (head) => head.toLowerCase());
}

/** What the API knows of the kinds: their definitions as plain data, found by key or by the words kubectl takes. */
export class Catalog {
  readonly definitions: readonly AnyDefinition[];
  private readonly byKey = new Map<string, AnyDefinition>();
  private readonly byWord = new Map<string, AnyDefinition>();

  constructor(definitions: readonly AnyDefinition[]) {
    this.definitions = definitions;
    for (const definition of definitions) {
      const { kind } = definition;
      this.byKey.set(kind.key, definition);
      const group = groupOf(kind.apiVersion);
      for (const word of [kind.kind.toLowerCase(), kind.plural, kind.singular, ...kind.shortNames]) {
        if (!this.byWord.has(word)) this.byWord.set(word, definition);
        if (group) this.byWord.set(`${word}.${group}`, definition);
      }
    }
  }

  definitionOf(object: KubeObject): AnyDefinition | undefined {
    return this.byKey.get(kindKey(object.apiVersion, object.kind));
  }

  /** The name of an object's GraphQL type. */
  typeName(object: KubeObject): string {
    const definition = this.definitionOf(object);
    return definition ? typeNameOf(definition.kind) : UNMODELLED_TYPE;
  }

  /** The kind of a key ('Deployment'). */
  kind(key: string, view?: ClusterView): Kind | undefined {
    return (this.byKey.get(key) ?? (view && customDefinitionOfKey(view, key)))?.kind;
  }

  /**
   * The key of the kind that a word names, as kubectl takes it: `Deployment`, `deployments`, `deploy`,
   * `deployments.apps`; case does not matter. Keys of kinds that are only known from stored objects name themselves.
   */
  keyOfWord(word: string, view: ClusterView): string {
    const known = this.byWord.get(word.toLowerCase()) ?? customDefinitionOfWord(view, word);
    return known?.kind.key ?? word;
  }

  health(handle: Handle): HealthWord {
    const { object, view } = handle;
    const definition = this.definitionOf(object);
    if (definition?.health) return definition.health(object, view);
    const status = object.status as { conditions?: unknown } | undefined;
    return status?.conditions === undefined ? 'UNKNOWN' : 'HEALTHY';
  }

  columns(key: string, view: ClusterView): readonly TableColumn<KubeObject>[] | undefined {
    const definition = this.byKey.get(key) ?? customDefinitionOfKey(view, key);
    return definition?.columns as readonly TableColumn<KubeObject>[] | undefined;
  }

  /** The cell of one of kubectl's columns, or undefined where the kind has no such column. */
  cell(handle: Handle, column: string): string | undefined {
    const found = this.columns(handle.kindKey, handle.view)?.find(({ name }) => name === column);
    return found?.cell(handle.object, handle.view);
  }
}
