import { watch, watchSelf, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { kindKey } from '../../machinery/kind.ts';
import { groupOf } from '../../machinery/object.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { definitionObjectOf } from './queries.ts';
import { CustomResourceDefinition, definitionsByGroup, type DefinedNames, type DefinitionCondition } from './types.ts';

/** Keeps a definition that is being deleted until its objects are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

type ConditionText = Omit<DefinitionCondition, 'lastTransitionTime'>;

/**
 * Accepts the names of a definition, establishes it, and deletes its objects with it.
 * Source: apiextensions-apiserver/pkg/controller/status/naming_controller.go, establish, finalizer/crd_finalizer.go.
 */
export const customResourceDefinitionController: Controller = {
  name: 'crd-controller',
  watches: [
    watchSelf(CustomResourceDefinition),
    watch(CustomResourceDefinition, ({ old, new: current }, view) => {
      // Names that somebody gives up may be free for another definition of the group.
      if (current && old?.status.acceptedNames === current.status.acceptedNames) return undefined;
      const group = (current ?? old)?.spec.group ?? '';
      return view.by(definitionsByGroup, group).map(({ metadata }) => metadata.name);
    }),
    {
      kind: '*',
      keys({ old, new: current }, view) {
        if (!old || current) return undefined;
        const group = groupOf(old.apiVersion);
        return group === '' ? undefined : definitionObjectOf(view, group, old.kind)?.metadata.name;
      },
    },
  ],
  reconcile(key, api) {
    const definition = api.getByKey(CustomResourceDefinition, key);
    if (!definition) return;
    if (definition.metadata.deletionTimestamp === undefined) acceptNames(definition, api);
    else cleanUp(definition, api);
  },
};

function acceptNames(definition: CustomResourceDefinition, api: ControllerApi): void {
  const { spec, status } = definition;
  const { accepted, problem } = acceptedNames(definition, api);
  const conditions = [...(status.conditions ?? [])];
  setCondition(conditions, problem ?? NAMES_ACCEPTED, api.now);
  const established = conditions.find(({ type }) => type === 'Established')?.status === 'True';
  if (!problem) setCondition(conditions, ESTABLISHED, api.now);
  else if (!established) setCondition(conditions, NOT_ACCEPTED, api.now);
  const storage = spec.versions.find((version) => version.storage)?.name;
  const storedVersions = [...(status.storedVersions ?? [])];
  if (storage !== undefined && !storedVersions.includes(storage)) storedVersions.push(storage);
  const next = { ...status, acceptedNames: accepted, conditions, storedVersions };
  if (!deepEqual(next, status)) api.updateStatus({ ...definition, status: next });
}

const NAMES_ACCEPTED: ConditionText = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
};
const ESTABLISHED: ConditionText = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
};
const NOT_ACCEPTED: ConditionText = {
  type: 'Established',
  status: 'False',
  reason: 'NotAccepted',
  message: 'not all names are accepted',
};

/** The names that no other definition of the group has taken; the last name that is taken is the problem. */
function acceptedNames(
  { metadata, spec, status }: CustomResourceDefinition,
  api: ControllerApi,
): { accepted: DefinedNames; problem: ConditionText | undefined } {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const other of api.by(definitionsByGroup, spec.group)) {
    const names = other.status.acceptedNames;
    if (other.metadata.name === metadata.name || !names) continue;
    for (const name of [names.plural, names.singular, ...(names.shortNames ?? [])]) if (name) resources.add(name);
    for (const name of [names.kind, names.listKind]) if (name) kinds.add(name);
  }
  const wanted = spec.names;
  const accepted: Partial<DefinedNames> = { ...status.acceptedNames };
  let problem: ConditionText | undefined;
  const refuse = (reason: string, name: string) => {
    problem = { type: 'NamesAccepted', status: 'False', reason, message: `${JSON.stringify(name)} is already in use` };
  };
  const accept = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>, reason: string) => {
    const name = wanted[field];
    if (name === undefined) return;
    if (used.has(name)) refuse(reason, name);
    else accepted[field] = name;
  };
  accept('plural', resources, 'PluralConflict');
  accept('singular', resources, 'SingularConflict');
  const taken = wanted.shortNames?.find((name) => resources.has(name));
  if (taken !== undefined) refuse('ShortNamesConflict', taken);
  else if (wanted.shortNames) accepted.shortNames = wanted.shortNames;
  accept('kind', kinds, 'KindConflict');
  accept('listKind', kinds, 'ListKindConflict');
  if (wanted.categories) accepted.categories = wanted.categories;
  return { accepted: accepted as DefinedNames, problem };
}

/** Sets a condition in place; its time moves with its status. */
export function setCondition(conditions: DefinitionCondition[], text: ConditionText, now: number): void {
  const position = conditions.findIndex(({ type }) => type === text.type);
  const old = conditions[position];
  const lastTransitionTime = old?.status === text.status ? old.lastTransitionTime : toTimestamp(now);
  if (position < 0) conditions.push({ ...text, lastTransitionTime });
  else conditions[position] = { ...text, lastTransitionTime };
}

/** Deletes the objects of a definition that goes away; the last of them lets it go. */
function cleanUp(definition: CustomResourceDefinition, api: ControllerApi): void {
  const { metadata, spec } = definition;
  if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) return;
  const key = kindKey(`${spec.group}/v1`, spec.names.kind);
  for (const object of api.listKey(key)) {
    if (object.metadata.deletionTimestamp === undefined) api.delete(object);
  }
  if (api.listKey(key).length > 0) return;
  const finalizers = metadata.finalizers.filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
  api.update({ ...definition, metadata: { ...metadata, finalizers } });
}
