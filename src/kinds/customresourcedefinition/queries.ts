import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { groupOf } from '../../machinery/object.ts';
import { customKind } from './custom-kind.ts';
import { definitionsByDefinedKind, type CustomResourceDefinition } from './types.ts';

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
