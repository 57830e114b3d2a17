import type { Node } from '../../../kinds/node/types.ts';
import { PersistentVolume } from '../../../kinds/persistentvolume/types.ts';
import { classOfClaim, SELECTED_NODE, type PersistentVolumeClaim } from '../../../kinds/persistentvolumeclaim/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { StorageClass } from '../../../kinds/storageclass/types.ts';
import type { ClusterView } from '../../../machinery/cluster-view.ts';
import type { StringMap } from '../../../machinery/object.ts';
import { claimsOf, findClaim, isFullyBound, waitsForConsumer } from './claims.ts';
import { findVolume, isReachable, requestedBytes } from './volume-match.ts';

/** The claims of a pod by what is to be done about them. Source: volumebinding/binder.go (GetPodVolumeClaims). */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Claims that get their volume when the pod has its node. */
  readonly delayed: readonly PersistentVolumeClaim[];
  /** Claims that should have their volume by now and have none. */
  readonly unbound: readonly PersistentVolumeClaim[];
}

export function sortClaims(view: ClusterView, pod: Pod): PodClaims {
  const claims = claimsOf(pod).flatMap(({ name }) => findClaim(view, pod, name) ?? []);
  const open = claims.filter((claim) => !isFullyBound(claim));
  const isDelayed = (claim: PersistentVolumeClaim) => !claim.spec.volumeName && waitsForConsumer(view, claim);
  return {
    bound: claims.filter(isFullyBound),
    delayed: open.filter(isDelayed),
    unbound: open.filter((claim) => !isDelayed(claim)),
  };
}

/** What happens to the delayed claims when the pod goes to a node. */
export interface VolumePlan {
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  /** Claims for which a volume is made. */
  readonly provisions: readonly PersistentVolumeClaim[];
}

export const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
export const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const VOLUME_MISSING = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/** The plan for one node, or why there is none. Source: volumebinding/binder.go (FindPodVolumes). */
export function planVolumes(view: ClusterView, claims: PodClaims, node: Node): VolumePlan | readonly string[] {
  const reasons: string[] = [];
  const volumes = claims.bound.map(({ spec }) => view.get(PersistentVolume, undefined, spec.volumeName ?? ''));
  const isConflict = volumes.some((volume) => volume && !isReachable(volume, node));
  if (isConflict) reasons.push(NODE_CONFLICT);
  const plan = planDelayed(view, claims.delayed, node);
  if (!plan) reasons.push(BIND_CONFLICT);
  if (!isConflict && volumes.includes(undefined)) reasons.push(VOLUME_MISSING);
  return plan && reasons.length === 0 ? plan : reasons;
}

function planDelayed(view: ClusterView, claims: readonly PersistentVolumeClaim[], node: Node): VolumePlan | undefined {
  const bindings: VolumePlan['bindings'][number][] = [];
  const provisions: PersistentVolumeClaim[] = [];
  const taken = new Set<string>();
  const bySize = [...claims].sort((left, right) => requestedBytes(left) - requestedBytes(right));
  for (const claim of bySize) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (selected !== undefined && selected !== node.metadata.name) return undefined;
    const volume = selected === undefined ? findVolume(view, claim, node, taken) : undefined;
    if (volume) {
      taken.add(volume.metadata.name);
      bindings.push({ claim, volume });
    } else if (canProvision(view, claim, node)) provisions.push(claim);
    else return undefined;
  }
  return { bindings, provisions };
}

/** Stands for a provisioner where volumes are made by hand only. */
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

function canProvision(view: ClusterView, claim: PersistentVolumeClaim, node: Node): boolean {
  const found = view.get(StorageClass, undefined, classOfClaim(claim));
  if (!found?.provisioner || found.provisioner === NO_PROVISIONER) return false;
  return matchesTopology(found, node.metadata.labels);
}

/** v1helper.MatchTopologySelectorTerms: one of the terms, all of its expressions; no terms match every node. */
function matchesTopology({ allowedTopologies }: StorageClass, labels: StringMap | undefined): boolean {
  if (!allowedTopologies?.length) return true;
  return allowedTopologies.some(({ matchLabelExpressions }) =>
    (matchLabelExpressions ?? []).every(({ key, values }) => values.includes(labels?.[key] ?? '')),
  );
}
