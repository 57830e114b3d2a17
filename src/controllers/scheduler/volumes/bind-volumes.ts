import type { Node } from '../../../kinds/node/types.ts';
import { PersistentVolume } from '../../../kinds/persistentvolume/types.ts';
import {
  BOUND_BY_CONTROLLER,
  PersistentVolumeClaim,
  SELECTED_NODE,
} from '../../../kinds/persistentvolumeclaim/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import type { ObjectApi } from '../../../machinery/controller.ts';
import { claimsOf } from './claims.ts';
import { planVolumes, sortClaims } from './volume-plan.ts';

/**
 * Asks for the volumes that the pod's claims still lack on the node: keeps existing ones for them, and names the node to
 * those who make new ones. Returns whether the claims have all they need already. Asking again changes nothing.
 * Source: volumebinding/binder.go (AssumePodVolumes, BindPodVolumes).
 */
export function bindVolumes(api: ObjectApi, pod: Pod, node: Node): boolean {
  if (claimsOf(pod).length === 0) return true;
  const plan = planVolumes(api, sortClaims(api, pod), node);
  if (!('bindings' in plan)) return false;
  for (const { claim, volume } of plan.bindings) keepFor(api, volume, claim);
  for (const claim of plan.provisions) selectNode(api, claim, node);
  return plan.bindings.length === 0 && plan.provisions.length === 0;
}

function keepFor(api: ObjectApi, volume: PersistentVolume, claim: PersistentVolumeClaim): void {
  if (volume.spec.claimRef?.uid) return;
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const claimRef = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    name,
    uid,
    resourceVersion,
    ...(namespace === undefined ? {} : { namespace }),
  };
  const annotations = { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  api.update<PersistentVolume>({
    ...volume,
    metadata: volume.spec.claimRef ? volume.metadata : { ...volume.metadata, annotations },
    spec: { ...volume.spec, claimRef },
  });
}

function selectNode(api: ObjectApi, claim: PersistentVolumeClaim, node: Node): void {
  const { annotations } = claim.metadata;
  if (annotations?.[SELECTED_NODE] !== undefined) return;
  const selected = { ...annotations, [SELECTED_NODE]: node.metadata.name };
  api.update<PersistentVolumeClaim>({ ...claim, metadata: { ...claim.metadata, annotations: selected } });
}
