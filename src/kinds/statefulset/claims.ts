import type { ApiError } from '../../machinery/api-error.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { newControllerRef, type KubeObject, type OwnerReference } from '../../machinery/object.ts';
import type { Pod } from '../pod/types.ts';
import { claimsFor, isInRange } from './identity.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import type { StatefulSet } from './types.ts';

/** The volumes of a set: made with the pods, kept or removed by policy. Source: stateful_pod_control.go, stateful_set_utils.go. */

/** Creates the claims of an ordinal that are missing, with an event each. */
export function createMissingClaims(
  api: ObjectApi,
  set: StatefulSet,
  podName: string,
  ordinal: number,
): ApiError | undefined {
  let error: ApiError | undefined;
  for (const wanted of claimsFor(set, ordinal)) {
    const name = wanted.metadata.name ?? '';
    if (api.get(PersistentVolumeClaim, set.metadata.namespace, name)) continue;
    const created = api.create<PersistentVolumeClaim>(wanted);
    const setName = set.metadata.name;
    if (created.ok) {
      const message = `create Claim ${name} Pod ${podName} in StatefulSet ${setName} success`;
      api.event(set, 'Normal', 'SuccessfulCreate', message);
      continue;
    }
    const why = created.error.message;
    const message = `create Claim ${name} for Pod ${podName} in StatefulSet ${setName} failed error: ${why}`;
    api.event(set, 'Warning', 'FailedCreate', message);
    error ??= { ...created.error, message: `failed to create PVC ${name}: ${why}` };
  }
  return error;
}

/** PodClaimIsStale: a claim that goes away with an earlier pod of this name must be gone before the next is made. */
export function hasStaleClaim(api: ObjectApi, set: StatefulSet, podName: string, ordinal: number): boolean {
  return existingClaims(api, set, ordinal).some(
    (claim) => claim.metadata.ownerReferences?.some((owner) => owner.kind === 'Pod' && owner.name === podName) ?? false,
  );
}

function existingClaims(api: ObjectApi, set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return claimsFor(set, ordinal).flatMap(
    ({ metadata }) => api.get(PersistentVolumeClaim, set.metadata.namespace, metadata.name ?? '') ?? [],
  );
}

/** Gives the claims of a pod the owners that the retention policy asks for. */
export function applyRetentionPolicy(api: ObjectApi, set: StatefulSet, pod: Pod, ordinal: number): void {
  for (const claim of existingClaims(api, set, ordinal)) {
    const owners = wantedOwners(set, pod, ordinal, claim);
    const before = claim.metadata.ownerReferences ?? [];
    if (sameOwners(before, owners)) continue;
    const { ownerReferences: _, ...metadata } = claim.metadata;
    api.update<PersistentVolumeClaim>({
      ...claim,
      metadata: owners.length > 0 ? { ...metadata, ownerReferences: owners } : metadata,
    });
  }
}

function wantedOwners(set: StatefulSet, pod: Pod, ordinal: number, claim: PersistentVolumeClaim): OwnerReference[] {
  const policy = set.spec.persistentVolumeClaimRetentionPolicy;
  const others = (claim.metadata.ownerReferences ?? []).filter(
    ({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid,
  );
  // A claim that something else controls is left to it.
  if (others.some(({ controller }) => controller)) return others;
  const scaledDown = !isInRange(set, ordinal);
  if (policy?.whenScaled === 'Delete' && scaledDown) return [...others, reference(pod)];
  return policy?.whenDeleted === 'Delete' ? [...others, reference(set)] : others;
}

function reference(owner: KubeObject): OwnerReference {
  return newControllerRef(owner);
}

function sameOwners(left: readonly OwnerReference[], right: readonly OwnerReference[]): boolean {
  return left.length === right.length && left.every(({ uid }, index) => uid === right[index]?.uid);
}
