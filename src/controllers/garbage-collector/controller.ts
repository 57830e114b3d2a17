import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { Change, Controller, ControllerApi, DeleteOptions } from '../../machinery/controller.ts';
import { isBeingDeleted, type KubeObject, type OwnerReference } from '../../machinery/object.ts';
import { eventsByRegarding } from '../../kinds/event/types.ts';
import {
  FOREGROUND_FINALIZER,
  hasFinalizer,
  isDeletingDependents,
  ORPHAN_FINALIZER,
  standingOf,
  type Standing,
} from './references.ts';

/**
 * Deletes objects whose owners are all gone, in the background; lets an owner that is deleted in the foreground go when
 * those that hold it are gone; and cuts an owner's dependents loose where it is to leave them behind. Keys are uids.
 * Source: pkg/controller/garbagecollector/garbagecollector.go and graph_builder.go.
 */
export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  watches: [{ kind: '*', keys: keysOf }],
  reconcile(uid, api) {
    const object = api.byUid(uid);
    if (!object) return;
    if (isBeingDeleted(object)) finishDeletion(object, api);
    else attemptToDelete(object, api);
  },
};

/** Every change of the cluster comes by here: what concerns no owner is told from its metadata alone. */
function keysOf({ old, new: current }: Change, view: ClusterView): string[] | undefined {
  if (!current) return old && keysOfGone(old, view);
  const refersNewly = current.metadata.ownerReferences !== old?.metadata.ownerReferences;
  const deletion = deletionKeys(old, current, view);
  if (!refersNewly) return deletion;
  const keys = deletion ?? [];
  for (const reference of old?.metadata.ownerReferences ?? []) addWaitingOwner(reference, view, keys);
  const references = current.metadata.ownerReferences ?? [];
  if (references.some((reference) => standingOf(view, current, reference) !== 'solid')) keys.push(current.metadata.uid);
  for (const reference of references) addWaitingOwner(reference, view, keys);
  return keys.length > 0 ? keys : undefined;
}

/** An object is gone: those that referred to it, and owners that waited for it. */
function keysOfGone(gone: KubeObject, view: ClusterView): string[] | undefined {
  const keys = view.dependents(gone.metadata.uid).map(({ metadata }) => metadata.uid);
  for (const reference of gone.metadata.ownerReferences ?? []) addWaitingOwner(reference, view, keys);
  return keys.length > 0 ? keys : undefined;
}

function addWaitingOwner({ uid }: OwnerReference, view: ClusterView, keys: string[]): void {
  const owner = view.byUid(uid);
  if (owner && isDeletingDependents(owner)) keys.push(uid);
}

/** An object's deletion began, or its finalizers changed while it is being deleted. */
function deletionKeys(old: KubeObject | undefined, current: KubeObject, view: ClusterView): string[] | undefined {
  const { metadata } = current;
  if (metadata.deletionTimestamp === undefined) return undefined;
  const known = old?.metadata.deletionTimestamp !== undefined && old.metadata.finalizers === metadata.finalizers;
  if (known) return undefined;
  if (hasFinalizer(current, ORPHAN_FINALIZER)) return [metadata.uid];
  if (!hasFinalizer(current, FOREGROUND_FINALIZER)) return undefined;
  return [...view.dependents(metadata.uid).map((dependent) => dependent.metadata.uid), metadata.uid];
}

/** attemptToDeleteItem, for an object that is not being deleted. */
function attemptToDelete(object: KubeObject, api: ControllerApi): void {
  const references = object.metadata.ownerReferences ?? [];
  if (references.length === 0) return;
  const standings = references.map((reference) => standingOf(api, object, reference));
  reportForeign(object, references, standings, api);
  if (standings.includes('unknown')) return;
  if (standings.includes('solid')) {
    const solid = references.filter((_reference, index) => standings[index] === 'solid');
    if (solid.length < references.length) replaceReferences(object, solid, api);
    return;
  }
  const dependents = api.dependents(object.metadata.uid);
  if (standings.includes('waiting') && dependents.length > 0) {
    const circular = dependents.some(isDeletingDependents);
    const current = circular ? unblockOwners(object, api) : object;
    api.delete(current, { propagation: 'Foreground', uid: object.metadata.uid });
    return;
  }
  api.delete(object, { propagation: propagationOf(object), uid: object.metadata.uid });
}

function propagationOf(object: KubeObject): NonNullable<DeleteOptions['propagation']> {
  if (hasFinalizer(object, ORPHAN_FINALIZER)) return 'Orphan';
  return hasFinalizer(object, FOREGROUND_FINALIZER) ? 'Foreground' : 'Background';
}

/** Dependents that wait for each other: this one no longer holds up its owners. */
function unblockOwners(object: KubeObject, api: ControllerApi): KubeObject {
  const references = (object.metadata.ownerReferences ?? []).map((reference) =>
    reference.blockOwnerDeletion ? { ...reference, blockOwnerDeletion: false } : reference,
  );
  return replaceReferences(object, references, api);
}

function replaceReferences(object: KubeObject, ownerReferences: OwnerReference[], api: ControllerApi): KubeObject {
  const { ownerReferences: _old, ...rest } = object.metadata;
  const metadata = ownerReferences.length > 0 ? { ...rest, ownerReferences } : rest;
  const updated = api.update({ ...object, metadata });
  return updated.ok ? updated.value : object;
}

/** For an object that is being deleted: leaves its dependents behind, or waits for those that hold it. */
function finishDeletion(object: KubeObject, api: ControllerApi): void {
  const { uid } = object.metadata;
  if (hasFinalizer(object, ORPHAN_FINALIZER)) {
    for (const dependent of api.dependents(uid)) {
      const references = dependent.metadata.ownerReferences ?? [];
      replaceReferences(
        dependent,
        references.filter((reference) => reference.uid !== uid),
        api,
      );
    }
    removeFinalizer(object, ORPHAN_FINALIZER, api);
  } else if (hasFinalizer(object, FOREGROUND_FINALIZER) && !isHeld(object, api)) {
    removeFinalizer(object, FOREGROUND_FINALIZER, api);
  }
}

/** Whether a dependent is there that says its owner must wait for it. */
function isHeld({ metadata: { uid } }: KubeObject, api: ControllerApi): boolean {
  return api
    .dependents(uid)
    .some(({ metadata }) =>
      metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion),
    );
}

function removeFinalizer(object: KubeObject, finalizer: string, api: ControllerApi): void {
  const { finalizers, ...rest } = object.metadata;
  const left = finalizers?.filter((name) => name !== finalizer) ?? [];
  api.update({ ...object, metadata: left.length > 0 ? { ...rest, finalizers: left } : rest });
}

/** Tells once that an owner is in another namespace. */
function reportForeign(
  object: KubeObject,
  references: readonly OwnerReference[],
  standings: readonly Standing[],
  api: ControllerApi,
): void {
  const { namespace = '', uid } = object.metadata;
  for (const [index, reference] of references.entries()) {
    if (standings[index] !== 'foreign') continue;
    const owner = `[${reference.apiVersion}/${reference.kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}]`;
    const message = `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`;
    const isTold = api.by(eventsByRegarding, uid).some((event) => event.message === message);
    if (!isTold) api.event(object, 'Warning', 'OwnerRefInvalidNamespace', message);
  }
}
