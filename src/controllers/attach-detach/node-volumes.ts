import { attachableSource } from '../../kinds/csidriver/queries.ts';
import { silentSince } from '../../kinds/fault/queries.ts';
import { Node } from '../../kinds/node/types.ts';
import { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { podsByClaim, podsByNode, type Pod } from '../../kinds/pod/types.ts';
import { uniqueVolumeName } from '../../kinds/volumeattachment/queries.ts';
import { attachmentsByNode } from '../../kinds/volumeattachment/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';

/**
 * What the status of a node says of volumes: those that the control plane has attached, and those that its kubelet uses,
 * or is about to. A kubelet that is not heard leaves what it said last. Sources: pkg/controller/volume/attachdetach/
 * statusupdater, pkg/kubelet/volumemanager (GetVolumesInUse).
 */

export function reconcileNode(name: string, api: ControllerApi): void {
  const node = api.get(Node, undefined, name);
  if (!node) return;
  const { volumesAttached: attachedBefore, volumesInUse: usedBefore, ...status } = node.status;
  const volumesAttached = attachedTo(api, name);
  const volumesInUse = silentSince(api, name) === undefined ? usedOn(api, name) : (usedBefore ?? []);
  if (deepEqual(volumesAttached, attachedBefore ?? []) && deepEqual(volumesInUse, usedBefore ?? [])) return;
  api.updateStatus<Node>({
    ...node,
    status: {
      ...status,
      ...(volumesAttached.length > 0 ? { volumesAttached } : {}),
      ...(volumesInUse.length > 0 ? { volumesInUse: [...volumesInUse] } : {}),
    },
  });
}

function attachedTo(view: ClusterView, node: string): { name: string; devicePath: string }[] {
  const attached: { name: string; devicePath: string }[] = [];
  for (const { metadata, spec, status } of view.by(attachmentsByNode, node)) {
    if (!status?.attached || metadata.deletionTimestamp !== undefined) continue;
    const volume = view.get(PersistentVolume, undefined, spec.source.persistentVolumeName ?? '');
    const source = volume && attachableSource(view, volume);
    if (source) attached.push({ name: uniqueVolumeName(source), devicePath: '' });
  }
  return attached;
}

function usedOn(view: ClusterView, node: string): string[] {
  const names = new Set<string>();
  for (const pod of view.by(podsByNode, node)) {
    if (pod.runtime?.done || isPodTerminal(pod)) continue;
    for (const volume of volumesOf(view, pod)) {
      const source = attachableSource(view, volume);
      if (source) names.add(uniqueVolumeName(source));
    }
  }
  return [...names].sort();
}

/** The volumes that a pod's claims are, or were, bound to. */
export function volumesOf(view: ClusterView, pod: Pod): PersistentVolume[] {
  const keys = pod.spec.volumes && podsByClaim.keys(pod);
  if (!keys) return [];
  return (typeof keys === 'string' ? [keys] : keys).flatMap((key) => {
    const claim = view.getByKey(PersistentVolumeClaim, key);
    if (!claim?.spec.volumeName || claim.status.phase === 'Pending') return [];
    return view.get(PersistentVolume, undefined, claim.spec.volumeName) ?? [];
  });
}
