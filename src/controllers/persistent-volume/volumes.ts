import type { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim, PROVISIONED_BY } from '../../kinds/persistentvolumeclaim/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { setPhase, unbind } from './bind.ts';
import { modeOf } from './matching.ts';
import { reclaim } from './reclaim.ts';
import { once } from './say-once.ts';

/** What becomes of one volume. Source: syncVolume in pkg/controller/volume/persistentvolume/pv_controller.go. */

export function syncVolume(api: ControllerApi, volume: PersistentVolume): void {
  const { claimRef } = volume.spec;
  if (!claimRef?.uid) return setPhase(api, volume, 'Available');
  const named = api.get(PersistentVolumeClaim, claimRef.namespace, claimRef.name ?? '');
  // A claim of the same name that was made later is another one.
  const claim = named?.metadata.uid === claimRef.uid ? named : undefined;
  if (!claim) return release(api, volume);
  if (!claim.spec.volumeName) {
    // The claim's own turn completes the binding.
    if (modeOf(volume) !== modeOf(claim)) sayModesDiffer(api, volume, claim);
  } else if (claim.spec.volumeName === volume.metadata.name) setPhase(api, volume, 'Bound');
  else if (isMadeForClaim(volume)) release(api, volume);
  else unbind(api, volume);
}

function isMadeForClaim({ metadata, spec }: PersistentVolume): boolean {
  return metadata.annotations?.[PROVISIONED_BY] !== undefined && spec.persistentVolumeReclaimPolicy === 'Delete';
}

function release(api: ControllerApi, volume: PersistentVolume): void {
  if (volume.status.phase !== 'Failed') setPhase(api, volume, 'Released');
  reclaim(api, volume.metadata.name);
}

function sayModesDiffer(api: ControllerApi, volume: PersistentVolume, claim: PersistentVolumeClaim): void {
  const [volumeName, claimName] = [JSON.stringify(volume.metadata.name), JSON.stringify(claim.metadata.name)];
  const why = 'due to incompatible volumeMode.';
  const message = `Cannot bind PersistentVolume ${volumeName} to requested PersistentVolumeClaim ${why}`;
  if (!once(api, claim, 'Warning', 'VolumeMismatch', message)) return;
  const toVolume = `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${claimName} ${why}`;
  api.event(volume, 'Warning', 'VolumeMismatch', toVolume);
}
