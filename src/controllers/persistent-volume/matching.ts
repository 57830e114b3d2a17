import type { ClusterView } from '../../machinery/cluster-view.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import {
  classOfVolume,
  unclaimedVolumesByClass,
  volumesByClaim,
  type PersistentVolume,
} from '../../kinds/persistentvolume/types.ts';
import { classOfClaim, type PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';

/** Which volume suits a claim. Source: pkg/controller/volume/persistentvolume/index.go, util.go. */

export function claimKey(claim: PersistentVolumeClaim): string {
  return `${claim.metadata.namespace}/${claim.metadata.name}`;
}

/** Whether a volume is kept for a claim: by name, and by uid once the binding is complete. */
export function isKeptFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec.claimRef;
  if (!reference) return false;
  if (reference.namespace !== claim.metadata.namespace || reference.name !== claim.metadata.name) return false;
  return !reference.uid || reference.uid === claim.metadata.uid;
}

/**
 * The volume for a claim: one that is kept for it, else the smallest that is large enough, among those with the fewest
 * access modes beyond what is asked. A claim that waits for its first consumer takes only what is kept for it.
 */
export function findVolume(
  view: ClusterView,
  claim: PersistentVolumeClaim,
  waitsForConsumer: boolean,
): PersistentVolume | undefined {
  const kept = view
    .by(volumesByClaim, claimKey(claim))
    .find((volume) => isKeptFor(volume, claim) && suits(volume, claim));
  if (kept || waitsForConsumer) return kept;
  return view
    .by(unclaimedVolumesByClass, classOfClaim(claim))
    .filter((volume) => volume.status.phase === 'Available' && !volume.metadata.deletionTimestamp)
    .filter((volume) => suits(volume, claim) && isSelected(volume, claim))
    .sort(closerMatch)[0];
}

/** The rules that a volume must meet even when it is kept for the claim. */
export function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec } = volume;
  if ((spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return false;
  if (classOfVolume(volume) !== classOfClaim(claim)) return false;
  if (sizeOf(volume) < wholeValue(claim.spec.resources.requests?.['storage'])) return false;
  return claim.spec.accessModes.every((mode) => spec.accessModes?.includes(mode as never));
}

function isSelected(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { selector } = claim.spec;
  return selector === undefined || matches(fromLabelSelector(selector), volume.metadata.labels);
}

function sizeOf(volume: PersistentVolume): number {
  return wholeValue(volume.spec.capacity['storage']);
}

function closerMatch(left: PersistentVolume, right: PersistentVolume): number {
  const modes = (left.spec.accessModes?.length ?? 0) - (right.spec.accessModes?.length ?? 0);
  return modes || sizeOf(left) - sizeOf(right);
}
