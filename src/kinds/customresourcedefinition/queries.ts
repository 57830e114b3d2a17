import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { groupOf } from '../../machinery/object.ts';
import { customKind } from './custom-kind.ts';
import { CustomResourceDefinition, definitionsByDefinedKind } from './types.ts';

/** The object that defines a custom kind, if there is one and its names are not refused. */
export function definitionObjectOf(
  view: ClusterView,
  group: string,
  kind: string,
): CustomResourceDefinition | undefined {
  return view.by(definitionsByDefinedKind, `${group}/${kind}`).find(({ status }) => {
    const accepted = status.conditions?.find(({ type }) => type === 'NamesAccepted');
    return accepted?.status !== 'False';
  });
}

/** The definition of a custom kind: names, schema, columns. Undefined when no served version defines it. */
export function customDefinitionOf(view: ClusterView, apiVersion: string, kind: string): KindDefinition | undefined {
  const group = groupOf(apiVersion);
  if (group === '') return undefined;
  const definition = definitionObjectOf(view, group, kind);
  const name = apiVersion.slice(group.length + 1);
  const version = definition?.spec.versions.find((candidate) => candidate.name === name && candidate.served);
  return definition && version && customKind(definition, version);
}

/** The definitions of all custom kinds, each in the version in which its objects are stored. */
function* customDefinitions(view: ClusterView): Iterable<KindDefinition> {
  for (const definition of view.iterate(CustomResourceDefinition)) {
    const version = definition.spec.versions.find(({ storage }) => storage);
    if (version) yield customKind(definition, version);
  }
}

/** The definition of the custom kind that a word names, as kubectl takes it: "crontabs", "ct", "crontab.stable.example.com". */
export function customDefinitionOfWord(view: ClusterView, word: string): KindDefinition | undefined {
  const wanted = word.toLowerCase();
  for (const definition of customDefinitions(view)) {
    const { kind } = definition;
    const names = [kind.kind.toLowerCase(), kind.plural, kind.singular, ...kind.shortNames];
    const group = groupOf(kind.apiVersion);
    if (names.some((name) => name === wanted || `${name}.${group}` === wanted)) return definition;
  }
  return undefined;
}

/** The definition of a custom kind by the key of its objects (see Kind.key). */
export function customDefinitionOfKey(view: ClusterView, key: string): KindDefinition | undefined {
  for (const definition of customDefinitions(view)) if (definition.kind.key === key) return definition;
  return undefined;
}
