import { BIND_COMPLETED, classOfClaim, PersistentVolumeClaim } from '../../../kinds/persistentvolumeclaim/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { StorageClass } from '../../../kinds/storageclass/types.ts';
import type { ClusterView } from '../../../machinery/cluster-view.ts';
import { controllerRef } from '../../../machinery/object.ts';

/** A claim that a pod mounts: by its name, or made for one of its ephemeral volumes. */
export interface ClaimUse {
  readonly name: string;
  readonly isEphemeral: boolean;
}

const NO_CLAIMS: readonly ClaimUse[] = [];

export function claimsOf({ metadata, spec }: Pod): readonly ClaimUse[] {
  let uses: ClaimUse[] | undefined;
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes ?? []) {
    if (persistentVolumeClaim) (uses ??= []).push({ name: persistentVolumeClaim.claimName, isEphemeral: false });
    else if (ephemeral) (uses ??= []).push({ name: `${metadata.name}-${name}`, isEphemeral: true });
  }
  return uses ?? NO_CLAIMS;
}

/** Whether a pod mounts a claim. */
export function mounts(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (pod.metadata.namespace !== claim.metadata.namespace) return false;
  return claimsOf(pod).some(({ name }) => name === claim.metadata.name);
}

export function findClaim(view: ClusterView, pod: Pod, name: string): PersistentVolumeClaim | undefined {
  return view.get(PersistentVolumeClaim, pod.metadata.namespace, name);
}

/** The API server's words for a claim that is not there. */
export function claimNotFound(name: string): string {
  return `persistentvolumeclaim ${JSON.stringify(name)} not found`;
}

/** Whether a claim that bears the name of an ephemeral volume's was made for another pod (ephemeral.VolumeIsForPod). */
export function whyNotForPod(claim: PersistentVolumeClaim, pod: Pod): string | undefined {
  if (controllerRef(claim)?.uid === pod.metadata.uid) return undefined;
  const { namespace, name } = claim.metadata;
  return `PVC ${namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
}

/** Whether a claim has its volume and both know of it. */
export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return !!spec.volumeName && metadata.annotations?.[BIND_COMPLETED] !== undefined;
}

/** Whether a claim waits for a pod to be placed before it gets its volume. */
export function waitsForConsumer(view: ClusterView, claim: PersistentVolumeClaim): boolean {
  const found = view.get(StorageClass, undefined, classOfClaim(claim));
  return found?.volumeBindingMode === 'WaitForFirstConsumer';
}
