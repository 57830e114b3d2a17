import { PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';
import type { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { podsByClaim, type Pod } from '../../kinds/pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { controllerRef } from '../../machinery/object.ts';

/**
 * Where volumes are wanted: on the nodes of the pods that mount their claims.
 * Source: pkg/controller/volume/attachdetach/util/util.go (DetermineVolumeAction), cache/desired_state_of_world.go.
 */

/** A node that a volume is wanted on, and the pods there that want it, oldest first. */
export interface WantedNode {
  readonly node: string;
  readonly pods: readonly Pod[];
}

export function wantedNodes(view: ClusterView, volume: PersistentVolume): readonly WantedNode[] {
  const nodes = new Map<string, Pod[]>();
  for (const pod of podsOfVolume(view, volume)) {
    const { nodeName } = pod.spec;
    if (!nodeName || isOver(pod)) continue;
    const pods = nodes.get(nodeName);
    if (pods) pods.push(pod);
    else nodes.set(nodeName, [pod]);
  }
  return [...nodes].map(([node, pods]) => ({ node, pods }));
}

const NO_PODS: readonly Pod[] = [];

/** The pods that mount the claim which a volume is bound to. */
function podsOfVolume(view: ClusterView, volume: PersistentVolume): readonly Pod[] {
  const { claimRef } = volume.spec;
  const claim = claimRef && view.get(PersistentVolumeClaim, claimRef.namespace, claimRef.name ?? '');
  if (!claim || claim.metadata.uid !== claimRef.uid) return NO_PODS;
  if (claim.status.phase !== 'Bound' || claim.spec.volumeName !== volume.metadata.name) return NO_PODS;
  const { namespace, name } = claim.metadata;
  return view.by(podsByClaim, `${namespace}/${name}`).filter((pod) => mayUse(pod, claim));
}

/** A claim that bears the name of an ephemeral volume's must have been made for this pod. */
export function mayUse({ metadata, spec }: Pod, claim: PersistentVolumeClaim): boolean {
  const { name } = claim.metadata;
  if (spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name)) return true;
  return controllerRef(claim)?.uid === metadata.uid;
}

/** IsPodTerminated: nothing of the pod runs, and nothing of it will. */
function isOver(pod: Pod): boolean {
  if (isPodTerminal(pod)) return true;
  if (pod.metadata.deletionTimestamp === undefined) return false;
  return (pod.status.containerStatuses ?? []).every(({ state }) => state?.terminated ?? state?.waiting);
}
