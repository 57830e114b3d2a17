import { CsiDriver } from '../../../kinds/csidriver/types.ts';
import { CsiStorageCapacity } from '../../../kinds/csistoragecapacity/types.ts';
import { PersistentVolume } from '../../../kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../../kinds/persistentvolumeclaim/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { StorageClass } from '../../../kinds/storageclass/types.ts';
import type { ClusterView } from '../../../machinery/cluster-view.ts';
import { deepEqual } from '../../../machinery/equality.ts';
import { ADD, UPDATE, UPDATE_NODE_LABEL } from '../cluster-events.ts';
import { SKIP, type Plugin, type Rejection } from '../framework.ts';
import { claimNotFound, claimsOf, findClaim, mounts, whyNotForPod } from '../volumes/claims.ts';
import { planVolumes, sortClaims, type PodClaims } from '../volumes/volume-plan.ts';

export const VOLUME_BINDING = 'VolumeBinding';

/**
 * Bound claims must be reachable from the node; claims that wait for their first consumer must find a volume there, or
 * one must be made. Source: pkg/scheduler/framework/plugins/volumebinding.
 */
export const volumeBinding: Plugin<PodClaims> = {
  name: VOLUME_BINDING,
  preFilter({ pod, view }) {
    if (claimsOf(pod.pod).length === 0) return SKIP;
    const problem = whyNoClaim(view, pod.pod);
    if (problem) return { kind: 'reject', rejection: refuse([problem]) };
    const claims = sortClaims(view, pod.pod);
    if (claims.unbound.length === 0) return { kind: 'state', state: claims };
    return { kind: 'reject', rejection: refuse(['pod has unbound immediate PersistentVolumeClaims']) };
  },
  filter(claims, { node }, { view }) {
    const plan = planVolumes(view, claims, node);
    return 'bindings' in plan ? undefined : refuse(plan);
  },
  hints: [
    {
      resource: StorageClass.key,
      actions: ADD | UPDATE,
      helps: (_pod, event) =>
        !event.old ||
        !deepEqual((event.old as StorageClass).allowedTopologies, (event.new as StorageClass).allowedTopologies),
    },
    {
      resource: PersistentVolumeClaim.key,
      actions: ADD | UPDATE,
      helps: ({ pod }, event) => mounts(pod, event.new as PersistentVolumeClaim),
    },
    { resource: PersistentVolume.key, actions: ADD | UPDATE },
    { resource: 'Node', actions: ADD | UPDATE_NODE_LABEL },
    { resource: CsiDriver.key, actions: UPDATE },
    { resource: CsiStorageCapacity.key, actions: ADD | UPDATE },
  ],
};

/** podHasPVCs: what is wrong with one of the claims a pod mounts. */
function whyNoClaim(view: ClusterView, pod: Pod): string | undefined {
  for (const { name, isEphemeral } of claimsOf(pod)) {
    const claim = findClaim(view, pod, name);
    const quoted = JSON.stringify(name);
    if (!claim) {
      const words = `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`;
      return isEphemeral ? words : claimNotFound(name);
    }
    if (claim.status?.phase === 'Lost') {
      return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName)}`;
    }
    if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim ${quoted} is being deleted`;
    const problem = isEphemeral ? whyNotForPod(claim, pod) : undefined;
    if (problem) return problem;
  }
  return undefined;
}

function refuse(reasons: readonly string[]): Rejection {
  return { plugin: VOLUME_BINDING, reasons, unresolvable: true };
}
