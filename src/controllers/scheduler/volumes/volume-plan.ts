import type { Node } from '../../../kinds/node/types.ts';
import { CsiDriver } from '../../../kinds/csidriver/types.ts';
import { capacitiesByClass } from '../../../kinds/csistoragecapacity/types.ts';
import { PersistentVolume } from '../../../kinds/persistentvolume/types.ts';
import { classOfClaim, SELECTED_NODE, type PersistentVolumeClaim } from '../../../kinds/persistentvolumeclaim/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { StorageClass } from '../../../kinds/storageclass/types.ts';
import type { ClusterView } from '../../../machinery/cluster-view.ts';
import type { StringMap } from '../../../machinery/object.ts';
import { wholeValue } from '../../../machinery/quantity.ts';
import { fromLabelSelector, matches } from '../../../machinery/selector.ts';
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

/** Why there is no plan for the delayed claims. */
type DelayProblem = typeof BIND_CONFLICT | typeof NOT_ENOUGH_SPACE;

export const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
export const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage';
const VOLUME_MISSING = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/** The plan for one node, or why there is none. Source: volumebinding/binder.go (FindPodVolumes). */
export function planVolumes(view: ClusterView, claims: PodClaims, node: Node): VolumePlan | readonly string[] {
  const reasons: string[] = [];
  const volumes = claims.bound.map(({ spec }) => view.get(PersistentVolume, undefined, spec.volumeName ?? ''));
  const isConflict = volumes.some((volume) => volume && !isReachable(volume, node));
  if (isConflict) reasons.push(NODE_CONFLICT);
  const plan = planDelayed(view, claims.delayed, node);
  if (typeof plan === 'string') reasons.push(plan);
  if (!isConflict && volumes.includes(undefined)) reasons.push(VOLUME_MISSING);
  return typeof plan !== 'string' && reasons.length === 0 ? plan : reasons;
}

function planDelayed(
  view: ClusterView,
  claims: readonly PersistentVolumeClaim[],
  node: Node,
): VolumePlan | DelayProblem {
  const bindings: VolumePlan['bindings'][number][] = [];
  const provisions: PersistentVolumeClaim[] = [];
  const taken = new Set<string>();
  const bySize = [...claims].sort((left, right) => requestedBytes(left) - requestedBytes(right));
  for (const claim of bySize) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    if (selected !== undefined && selected !== node.metadata.name) return BIND_CONFLICT;
    const volume = selected === undefined ? findVolume(view, claim, node, taken) : undefined;
    if (volume) {
      taken.add(volume.metadata.name);
      bindings.push({ claim, volume });
      continue;
    }
    const problem = provisionProblem(view, claim, node);
    if (problem) return problem;
    provisions.push(claim);
  }
  return { bindings, provisions };
}

/** Stands for a provisioner where volumes are made by hand only. */
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** Source: volumebinding/binder.go (checkVolumeProvisions). */
function provisionProblem(view: ClusterView, claim: PersistentVolumeClaim, node: Node): DelayProblem | undefined {
  const found = view.get(StorageClass, undefined, classOfClaim(claim));
  if (!found?.provisioner || found.provisioner === NO_PROVISIONER) return BIND_CONFLICT;
  if (!matchesTopology(found, node.metadata.labels)) return BIND_CONFLICT;
  return hasCapacity(view, found, claim, node) ? undefined : NOT_ENOUGH_SPACE;
}

/** Only drivers that publish their capacity are asked for it. Source: volumebinding/binder.go (hasEnoughCapacity). */
function hasCapacity(view: ClusterView, found: StorageClass, claim: PersistentVolumeClaim, node: Node): boolean {
  if (!view.get(CsiDriver, undefined, found.provisioner)?.spec.storageCapacity) return true;
  const wanted = requestedBytes(claim);
  return view.by(capacitiesByClass, found.metadata.name).some(({ nodeTopology, capacity, maximumVolumeSize }) => {
    const limit = maximumVolumeSize ?? capacity;
    if (limit === undefined || wholeValue(limit) < wanted || !nodeTopology) return false;
    return matches(fromLabelSelector(nodeTopology), node.metadata.labels);
  });
}

/** v1helper.MatchTopologySelectorTerms: one of the terms, all of its expressions; no terms match every node. */
function matchesTopology({ allowedTopologies }: StorageClass, labels: StringMap | undefined): boolean {
  if (!allowedTopologies?.length) return true;
  return allowedTopologies.some(({ matchLabelExpressions }) =>
    (matchLabelExpressions ?? []).every(({ key, values }) => values.includes(labels?.[key] ?? '')),
  );
}
