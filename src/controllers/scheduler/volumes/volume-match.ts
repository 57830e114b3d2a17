import type { Node } from '../../../kinds/node/types.ts';
import { volumesByClass, type PersistentVolume } from '../../../kinds/persistentvolume/types.ts';
import { classOfClaim, type PersistentVolumeClaim } from '../../../kinds/persistentvolumeclaim/types.ts';
import type { ClusterView } from '../../../machinery/cluster-view.ts';
import { wholeValue } from '../../../machinery/quantity.ts';
import { fromLabelSelector, matches } from '../../../machinery/selector.ts';
import { matchesNodeSelectorTerm } from '../../../kinds/node/selection.ts';

/**
 * Which existing volume suits a claim on a node.
 * Source: component-helpers/storage/volume/pv_helpers.go (FindMatchingVolume, CheckNodeAffinity).
 */

/** Whether a volume can be used on a node: one of the terms of its node affinity matches. */
export function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required;
  return !required || required.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node));
}

export function requestedBytes({ spec }: PersistentVolumeClaim): number {
  return wholeValue(spec.resources?.requests?.['storage']);
}

/** The smallest volume that suits; the one that is kept for the claim, if there is one. */
export function findVolume(
  view: ClusterView,
  claim: PersistentVolumeClaim,
  node: Node,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  const wanted = requestedBytes(claim);
  let smallest: PersistentVolume | undefined;
  for (const volume of view.by(volumesByClass, classOfClaim(claim))) {
    if (taken.has(volume.metadata.name) || !mayServe(volume, claim)) continue;
    const size = sizeOf(volume);
    if (size < wanted) continue;
    if (volume.spec.claimRef) return isReachable(volume, node) ? volume : undefined;
    if (!isFree(volume, claim) || !isReachable(volume, node)) continue;
    if (!smallest || size < sizeOf(smallest)) smallest = volume;
  }
  return smallest;
}

function sizeOf({ spec }: PersistentVolume): number {
  return wholeValue(spec.capacity?.['storage']);
}

/** Not on its way out, not another claim's, and of the same sort. */
function mayServe({ metadata, spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  const { claimRef } = spec;
  if (claimRef) {
    if (claimRef.name !== claim.metadata.name || claimRef.namespace !== claim.metadata.namespace) return false;
    if (claimRef.uid && claimRef.uid !== claim.metadata.uid) return false;
  }
  if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return false;
  return (spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '');
}

function isFree(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (volume.status?.phase !== 'Available') return false;
  const { selector, accessModes } = claim.spec;
  if (selector && !matches(fromLabelSelector(selector), volume.metadata.labels)) return false;
  const offered: readonly string[] = volume.spec.accessModes ?? [];
  return accessModes.every((mode) => offered.includes(mode));
}
