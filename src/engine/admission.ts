import { Namespace } from '../kinds/namespace/types.ts';
import {
  fail,
  forbiddenObject,
  invalidObject,
  notFound,
  ok,
  type ApiError,
  type Result,
} from '../machinery/api-error.ts';
import type { ClusterView } from '../machinery/cluster-view.ts';
import type { AdmissionContext, AnyDefinition } from '../machinery/definition.ts';
import { kindKey } from '../machinery/kind.ts';
import { groupOf, type KubeObject } from '../machinery/object.ts';
import { validateMetadata } from '../machinery/metadata-validation.ts';
import type { Registry } from './registry.ts';

/** The plural of a kind that has no definition (custom resources whose definition is not applied). */
export function pluralOf(definition: AnyDefinition | undefined, object: KubeObject): string {
  return definition?.kind.plural ?? `${object.kind.toLowerCase()}s`;
}

/**
 * The API server's order for a create: namespace life cycle, defaults, mutating plugins, the strategy, validation,
 * validating plugins. `object` is fresh and may be changed.
 */
export function admitCreate(registry: Registry, object: KubeObject, context: AdmissionContext): Result<KubeObject> {
  const definition = registry.definitionIn(context.view, object);
  const refusal =
    checkNamespace(object, definition, context) ??
    (definition?.applyDefaults?.(object), runPlugins(registry, 'mutate', object, undefined, context)) ??
    definition?.prepareCreate?.(object, context) ??
    validated(object, definition, [
      ...validateMetadata(object, definition?.kind.namespaced),
      ...(definition?.validate?.(object) ?? []),
      ...(definition?.validateCreate?.(object) ?? []),
    ]) ??
    runPlugins(registry, 'validate', object, undefined, context);
  return refusal ? { ok: false, error: refusal } : ok(object);
}

/** The same for an update; `object` is fresh, `old` is what is stored. */
export function admitUpdate(
  registry: Registry,
  object: KubeObject,
  old: KubeObject,
  context: AdmissionContext,
): Result<KubeObject> {
  const definition = registry.definitionIn(context.view, object);
  const refusal =
    (definition?.applyDefaults?.(object), runPlugins(registry, 'mutate', object, old, context)) ??
    definition?.prepareUpdate?.(object, old, context) ??
    validated(object, definition, [
      ...validateMetadata(object, definition?.kind.namespaced),
      ...(definition?.validate?.(object) ?? []),
      ...(definition?.validateUpdate?.(object, old) ?? []),
    ]) ??
    runPlugins(registry, 'validate', object, old, context);
  return refusal ? { ok: false, error: refusal } : ok(object);
}

function validated(
  object: KubeObject,
  definition: AnyDefinition | undefined,
  problems: Parameters<typeof invalidObject>[3],
): ApiError | undefined {
  if (problems.length === 0) return undefined;
  const kind = definition?.kind.kind ?? object.kind;
  return invalidObject(
    kind,
    groupOf(object.apiVersion),
    object.metadata.name || object.metadata.generateName || '',
    problems,
  );
}

function runPlugins(
  registry: Registry,
  phase: 'mutate' | 'validate',
  object: KubeObject,
  old: KubeObject | undefined,
  context: AdmissionContext,
): ApiError | undefined {
  for (const plugin of registry.pluginsOf(kindKey(object.apiVersion, object.kind))) {
    const refusal = plugin[phase]?.(object, old, context);
    if (refusal) return refusal;
  }
  return undefined;
}

/** Whether anything may be created in a namespace: it is there, and not going away. */
export function admitsContent(view: ClusterView, name: string | undefined): boolean {
  if (name === undefined) return true;
  const namespace = view.get(Namespace, undefined, name);
  return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined;
}

/** NamespaceLifecycle: the namespace must be there and must not be going away. */
function checkNamespace(
  object: KubeObject,
  definition: AnyDefinition | undefined,
  context: AdmissionContext,
): ApiError | undefined {
  const name = object.metadata.namespace;
  if (name === undefined) return undefined;
  const namespace = context.view.get(Namespace, undefined, name);
  if (!namespace) return notFound('namespaces', '', name);
  if (namespace.metadata.deletionTimestamp === undefined) return undefined;
  return forbiddenObject(
    pluralOf(definition, object),
    groupOf(object.apiVersion),
    object.metadata.name,
    `unable to create new content in namespace ${name} because it is being terminated`,
  );
}

export function conflict(definition: AnyDefinition | undefined, object: KubeObject, why: string): Result<never> {
  const group = groupOf(object.apiVersion);
  const plural = pluralOf(definition, object);
  const resource = group ? `${plural}.${group}` : plural;
  return fail(
    'Conflict',
    `Operation cannot be fulfilled on ${resource} ${JSON.stringify(object.metadata.name)}: ${why}`,
  );
}

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';
