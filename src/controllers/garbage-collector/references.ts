import type { ClusterView } from '../../machinery/cluster-view.ts';
import { isBuiltInGroup, kindKey } from '../../machinery/kind.ts';
import { groupOf, isBeingDeleted, type KubeObject, type OwnerReference } from '../../machinery/object.ts';

/** What a reference to an owner comes to. Source: pkg/controller/garbagecollector/garbagecollector.go. */

/** Finalizer of an object that waits until those that depend on it are gone. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
/** Finalizer of an object that leaves those that depend on it behind. */
export const ORPHAN_FINALIZER = 'orphan';

export function hasFinalizer({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.finalizers?.includes(finalizer) ?? false;
}

/** Whether an object is being deleted and waits for its dependents. */
export function isDeletingDependents(object: KubeObject): boolean {
  return isBeingDeleted(object) && hasFinalizer(object, FOREGROUND_FINALIZER);
}

/**
 * `solid`: the owner is there. `waiting`: it is there, but waits for its dependents to go. `dangling`: it is not there.
 * `foreign`: an object of that uid is in another namespace, which counts as not there. `unknown`: nobody can tell, since
 * its kind is not served, or a cluster-scoped object refers to a namespaced one.
 */
export type Standing = 'solid' | 'waiting' | 'dangling' | 'foreign' | 'unknown';

export function standingOf(view: ClusterView, object: KubeObject, reference: OwnerReference): Standing {
  const owner = view.byUid(reference.uid);
  if (!owner) return isServed(view, reference.apiVersion, reference.kind) ? 'dangling' : 'unknown';
  const { namespace } = object.metadata;
  if (owner.metadata.namespace !== undefined && owner.metadata.namespace !== namespace) {
    return namespace === undefined ? 'unknown' : 'foreign';
  }
  const sameKind = kindKey(owner.apiVersion, owner.kind) === kindKey(reference.apiVersion, reference.kind);
  if (!sameKind) return isServed(view, reference.apiVersion, reference.kind) ? 'dangling' : 'unknown';
  if (owner.metadata.name !== reference.name) return 'dangling';
  return isDeletingDependents(owner) ? 'waiting' : 'solid';
}

/** Whether the API server serves a kind: Kubernetes' own, or one that a CustomResourceDefinition makes. */
function isServed(view: ClusterView, apiVersion: string, kind: string): boolean {
  const group = groupOf(apiVersion);
  if (isBuiltInGroup(group)) return true;
  return view.listKey('CustomResourceDefinition').some(({ spec }) => {
    const definition = spec as { group?: string; names?: { kind?: string } } | undefined;
    return definition?.group === group && definition.names?.kind === kind;
  });
}
