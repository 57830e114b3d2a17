import { notFound, type Result } from './api-error.ts';
import type { CommandError, CommandOutcome, ObjectApi } from './controller.ts';
import { kindKey, type Kind } from './kind.ts';
import { groupOf, objectKey, type KubeObject } from './object.ts';

/** What every command that changes one object takes: which one, and the version it must still have. */
export interface TargetInput {
  target: { kindKey: string; namespace?: string | undefined; name: string; uid?: string | undefined };
  resourceVersion?: string | undefined;
}

/** Finds the object a command is about, or refuses as the API server would: NotFound, or Conflict on its version. */
export function findTarget<T extends KubeObject>(api: ObjectApi, kind: Kind<T>, input: TargetInput): Result<T> {
  const { target, resourceVersion } = input;
  const group = groupOf(kind.apiVersion);
  const object = api.getByKey(kind, objectKey(target.namespace, target.name));
  if (!object || (target.uid !== undefined && target.uid !== object.metadata.uid)) {
    return { ok: false, error: notFound(kind.plural, group, target.name) };
  }
  if (resourceVersion !== undefined && resourceVersion !== object.metadata.resourceVersion) {
    const resource = group ? `${kind.plural}.${group}` : kind.plural;
    const message = `Operation cannot be fulfilled on ${resource} ${JSON.stringify(target.name)}: the object has been modified; please apply your changes to the latest version and try again`;
    return { ok: false, error: { reason: 'Conflict', message } };
  }
  return { ok: true, value: object };
}

/** The outcome of a command that changed one object, or was refused. */
export function outcomeOf(result: Result<KubeObject>, path?: readonly string[]): CommandOutcome {
  if (result.ok) return { objects: [referenceTo(result.value)] };
  const error: CommandError = path ? { ...result.error, path } : result.error;
  return { errors: [error] };
}

/** How an outcome names an object. */
export function referenceTo(object: KubeObject): NonNullable<CommandOutcome['objects']>[number] {
  const { namespace, name, uid } = object.metadata;
  const key = kindKey(object.apiVersion, object.kind);
  return namespace === undefined ? { kindKey: key, name, uid } : { kindKey: key, namespace, name, uid };
}
