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

/**
 * Which volume suits a claim. Sources: pkg/controller/volume/persistentvolume/index.go, pv_controller.go
 * (checkVolumeSatisfyClaim), component-helpers/storage/volume/pv_helpers.go (FindMatchingVolume).
 */

export function claimKey(claim: PersistentVolumeClaim): string {
  return `${claim.metadata.namespace}/${claim.metadata.name}`;
}

/** IsVolumeBoundToClaim: a volume is kept for a claim by name, and by uid once the binding is complete. */
export function isKeptFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec.claimRef;
  if (!reference) return false;
  if (reference.namespace !== claim.metadata.namespace || reference.name !== claim.metadata.name) return false;
  return !reference.uid || reference.uid === claim.metadata.uid;
}

/**
 * The volume for a claim: among those with the fewest access modes beyond what is asked, one that is kept for it, else
 * the smallest that is large enough. A claim that waits for its first consumer takes only what is kept for it.
 */
export function findVolume(
  view: ClusterView,
  claim: PersistentVolumeClaim,
  waitsForConsumer: boolean,
): PersistentVolume | undefined {
  const kept = view.by(volumesByClaim, claimKey(claim)).filter((volume) => isKeptFor(volume, claim));
  const free = waitsForConsumer
    ? []
    : view
        .by(unclaimedVolumesByClass, classOfClaim(claim))
        .filter((volume) => volume.status.phase === 'Available' && isSelected(volume, claim));
  let best: PersistentVolume | undefined;
  for (const volume of [...kept, ...free]) {
    if (couldServe(volume, claim) && (!best || isCloser(volume, best))) best = volume;
  }
  return best;
}

/** What even a volume that is kept for the claim must have. */
function couldServe(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (
    volume.metadata.deletionTimestamp === undefined &&
    sizeOf(volume) >= requestedSize(claim) &&
    modeOf(volume) === modeOf(claim) &&
    attributesOf(volume) === attributesOf(claim) &&
    offersModes(volume, claim)
  );
}

/** Of volumes found alike the first one stays. */
function isCloser(volume: PersistentVolume, best: PersistentVolume): boolean {
  const modes = modeCount(volume) - modeCount(best);
  if (modes !== 0) return modes < 0;
  if (best.spec.claimRef) return false;
  return volume.spec.claimRef !== undefined || sizeOf(volume) < sizeOf(best);
}

/** Why a volume that the claim names is not good for it; undefined when it is. */
export function whyNot(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const { name, deletionTimestamp } = volume.metadata;
  if (deletionTimestamp !== undefined) return `the volume is marked for deletion ${JSON.stringify(name)}`;
  if (sizeOf(volume) < requestedSize(claim)) return 'requested PV is too small';
  if (classOfVolume(volume) !== classOfClaim(claim)) return 'storageClassName does not match';
  if (attributesOf(volume) !== attributesOf(claim)) return 'volumeAttributesClassName does not match';
  if (modeOf(volume) !== modeOf(claim)) return 'incompatible volumeMode';
  return offersModes(volume, claim) ? undefined : 'incompatible accessMode';
}

export function modeOf({ spec }: { spec: { volumeMode?: string } }): string {
  return spec.volumeMode ?? 'Filesystem';
}

function attributesOf({ spec }: { spec: { volumeAttributesClassName?: string } }): string {
  return spec.volumeAttributesClassName ?? '';
}

function offersModes({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const offered: readonly string[] = spec.accessModes ?? [];
  return claim.spec.accessModes.every((mode) => offered.includes(mode));
}

function modeCount({ spec }: PersistentVolume): number {
  return new Set(spec.accessModes).size;
}

function isSelected(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { selector } = claim.spec;
  return selector === undefined || matches(fromLabelSelector(selector), volume.metadata.labels);
}

function sizeOf(volume: PersistentVolume): number {
  return wholeValue(volume.spec.capacity['storage']);
}

export function requestedSize(claim: PersistentVolumeClaim): number {
  return wholeValue(claim.spec.resources.requests?.['storage']);
}
