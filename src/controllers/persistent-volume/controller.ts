import { classOfVolume, PersistentVolume, volumesByClaim } from '../../kinds/persistentvolume/types.ts';
import {
  claimsByClass,
  claimsByVolume,
  pendingClaimsByClass,
  PersistentVolumeClaim,
} from '../../kinds/persistentvolumeclaim/types.ts';
import { Pod, podsByClaim } from '../../kinds/pod/types.ts';
import { StorageClass } from '../../kinds/storageclass/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { syncClaim } from './claims.ts';
import { claimKey } from './matching.ts';
import { isInUse, letGo } from './protection.ts';
import { syncVolume } from './volumes.ts';

/**
 * Binds claims to volumes, has volumes made, grown and taken away, and protects what is in use.
 * Source: pkg/controller/volume/persistentvolume, expand, pvcprotection, pvprotection.
 */
export const persistentVolumeController: Controller = {
  name: 'persistentvolume-controller',
  watches: [
    watch(PersistentVolumeClaim, claimKeys),
    watch(PersistentVolume, volumeKeys),
    watch(StorageClass, ({ old, new: current }, view) => {
      const name = (current ?? old)?.metadata.name ?? '';
      const waiting = [...view.by(claimsByClass, name), ...view.by(pendingClaimsByClass, '')];
      return waiting.filter(({ status }) => status.phase === 'Pending').map((claim) => `claim/${claimKey(claim)}`);
    }),
    watch(Pod, ({ old, new: current }) => {
      const pod = current ?? old;
      if (!pod?.spec.volumes || (old && current && !movesClaims(old, current))) return undefined;
      const keys = podsByClaim.keys(pod);
      return typeof keys === 'string' ? `claim/${keys}` : keys?.map((key) => `claim/${key}`);
    }),
  ],
  reconcile(key, api) {
    const slash = key.indexOf('/');
    const name = key.slice(slash + 1);
    if (key.startsWith('claim/')) reconcileClaim(api, name);
    else reconcileVolume(api, name);
  },
};

/** Whether a pod began or ceased to use its claims. */
function movesClaims(old: Pod, current: Pod): boolean {
  return (
    old.spec.nodeName !== current.spec.nodeName ||
    old.status.phase !== current.status.phase ||
    (old.runtime?.sandbox === undefined) !== (current.runtime?.sandbox === undefined)
  );
}

function claimKeys({ old, new: current }: Change<PersistentVolumeClaim>, view: ClusterView): string[] {
  const claim = (current ?? old) as PersistentVolumeClaim;
  const keys = [`claim/${claimKey(claim)}`];
  if (claim.spec.volumeName !== undefined) keys.push(`volume/${claim.spec.volumeName}`);
  if (!current || old?.spec.volumeName !== current.spec.volumeName) {
    keys.push(...view.by(volumesByClaim, claimKey(claim)).map(({ metadata }) => `volume/${metadata.name}`));
  }
  return keys;
}

function volumeKeys({ old, new: current }: Change<PersistentVolume>, view: ClusterView): string[] {
  const volume = (current ?? old) as PersistentVolume;
  const keys = [`volume/${volume.metadata.name}`];
  const { claimRef } = volume.spec;
  if (claimRef) keys.push(`claim/${claimRef.namespace}/${claimRef.name}`);
  keys.push(...view.by(claimsByVolume, volume.metadata.name).map((claim) => `claim/${claimKey(claim)}`));
  const becameFree = current?.status.phase === 'Available' && old?.status.phase !== 'Available';
  if (becameFree && !claimRef) {
    const waiting = view.by(pendingClaimsByClass, classOfVolume(volume));
    keys.push(...waiting.map((claim) => `claim/${claimKey(claim)}`));
  }
  return keys;
}

function reconcileClaim(api: ControllerApi, key: string): void {
  const claim = api.getByKey(PersistentVolumeClaim, key);
  if (!claim) return;
  if (claim.metadata.deletionTimestamp === undefined) syncClaim(api, claim);
  else if (!isInUse(api, claim)) letGo(api, claim, 'kubernetes.io/pvc-protection');
}

function reconcileVolume(api: ControllerApi, name: string): void {
  const volume = api.get(PersistentVolume, undefined, name);
  if (!volume) return;
  syncVolume(api, volume);
  const current = api.get(PersistentVolume, undefined, name);
  if (current?.metadata.deletionTimestamp !== undefined && current.status.phase !== 'Bound') {
    letGo(api, current, 'kubernetes.io/pv-protection');
  }
}
