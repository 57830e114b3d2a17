import type { ObjectApi } from './controller.ts';
import { controllerRef, isBeingDeleted, newControllerRef, type KubeObject, type OwnerReference } from './object.ts';
import { matches, type Selector } from './selector.ts';

/**
 * Sorts out what a controlling object owns: keeps what its selector matches, releases what it no longer does, and adopts
 * orphans that it does. Source: pkg/controller/controller_ref_manager.go (ClaimObject).
 *
 * `owned` are objects with a reference to the owner, `orphans` those without any controller that may match. The answer is
 * in the order of creation.
 */
export function claim<T extends KubeObject>(
  api: ObjectApi,
  owner: KubeObject,
  selector: Selector,
  owned: readonly T[],
  orphans: readonly T[],
): T[] {
  const claimed: T[] = [];
  const ownerIsGoing = isBeingDeleted(owner);
  for (const object of owned) {
    if (controllerRef(object)?.uid !== owner.metadata.uid) continue;
    if (matches(selector, object.metadata.labels)) claimed.push(object);
    else if (!ownerIsGoing) release(api, owner, object);
  }
  if (ownerIsGoing) return claimed;
  const ownedCount = claimed.length;
  for (const object of orphans) {
    if (isBeingDeleted(object) || !matches(selector, object.metadata.labels)) continue;
    const adopted = adopt(api, owner, object);
    if (adopted) claimed.push(adopted);
  }
  if (claimed.length > ownedCount) claimed.sort((left, right) => createdAt(api, left) - createdAt(api, right));
  return claimed;
}

function createdAt(api: ObjectApi, object: KubeObject): number {
  return api.createdRevision(object.metadata.uid) ?? 0;
}

function release(api: ObjectApi, owner: KubeObject, object: KubeObject): void {
  const kept = withoutOwner(object, owner);
  const { ownerReferences: _dropped, ...metadata } = object.metadata;
  api.update({ ...object, metadata: kept.length > 0 ? { ...metadata, ownerReferences: kept } : metadata });
}

function adopt<T extends KubeObject>(api: ObjectApi, owner: KubeObject, object: T): T | undefined {
  const ownerReferences = [...withoutOwner(object, owner), newControllerRef(owner)];
  const result = api.update({ ...object, metadata: { ...object.metadata, ownerReferences } });
  return result.ok ? result.value : undefined;
}

function withoutOwner(object: KubeObject, owner: KubeObject): OwnerReference[] {
  return (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== owner.metadata.uid);
}
