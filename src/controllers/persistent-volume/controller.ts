import { classOfVolume, PersistentVolume, volumesByClaim } from '../../kinds/persistentvolume/types.ts';
import {
  claimsByClass,
  claimsByVolume,
  pendingClaimsByClass,
  PersistentVolumeClaim,
  PROVISIONED_BY,
} from '../../kinds/persistentvolumeclaim/types.ts';
import { Pod, podsByClaim } from '../../kinds/pod/types.ts';
import { StorageClass } from '../../kinds/storageclass/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { isInUse, setPhase, syncClaim } from './claims.ts';
import { claimKey } from './matching.ts';

/**
 * Binds claims to volumes, has volumes made and taken away, and protects what is in use.
 * Source: pkg/controller/volume/persistentvolume, pvcprotection, pvprotection.
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
  return old.spec.nodeName !== current.spec.nodeName || old.status.phase !== current.status.phase;
}

function claimKeys({ old, new: current }: Change<PersistentVolumeClaim>, view: ClusterView): string[] {
  const claim = (current ?? old) as PersistentVolumeClaim;
  const keys = [`claim/${claimKey(claim)}`];
  if (claim.spec.volumeName !== undefined) keys.push(`volume/${claim.spec.volumeName}`);
  if (!current) keys.push(...view.by(volumesByClaim, claimKey(claim)).map(({ metadata }) => `volume/${metadata.name}`));
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
  if (claim.metadata.deletionTimestamp === undefined) return syncClaim(api, claim);
  if (!isInUse(api, claim)) letGo(api, claim, 'kubernetes.io/pvc-protection');
}

function letGo(api: ControllerApi, object: KubeObject, finalizer: string): void {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) return;
  const left = finalizers.filter((name) => name !== finalizer);
  const { finalizers: _dropped, ...metadata } = object.metadata;
  api.update({ ...object, metadata: left.length > 0 ? { ...metadata, finalizers: left } : metadata });
}

function reconcileVolume(api: ControllerApi, name: string): void {
  const volume = api.get(PersistentVolume, undefined, name);
  if (!volume) return;
  if (volume.metadata.deletionTimestamp !== undefined && volume.status.phase !== 'Bound') {
    letGo(api, volume, 'kubernetes.io/pv-protection');
    return;
  }
  const { claimRef } = volume.spec;
  if (!claimRef?.uid) return setPhase(api, volume, 'Available');
  const claim = api.get(PersistentVolumeClaim, claimRef.namespace, claimRef.name ?? '');
  if (claim && claim.metadata.uid === claimRef.uid) {
    if (claim.spec.volumeName === name) setPhase(api, volume, 'Bound');
    return;
  }
  if (volume.status.phase !== 'Failed') setPhase(api, volume, 'Released');
  reclaim(api, name);
}

/** How long a simulated provisioner takes to delete a volume. */
const DELETION_MS = 1000;

/** Retain leaves a released volume as it is, for ever; Delete takes it away when somebody made it for a claim. */
function reclaim(api: ControllerApi, name: string): void {
  const volume = api.get(PersistentVolume, undefined, name);
  if (volume?.spec.persistentVolumeReclaimPolicy !== 'Delete') return;
  if (volume.metadata.annotations?.[PROVISIONED_BY] === undefined) return;
  const since = volume.runtime?.deletingSinceMs;
  if (since === undefined) {
    api.updateStatus({ ...volume, runtime: { deletingSinceMs: api.now } });
    api.requeueAt(api.now + DELETION_MS);
  } else if (api.now < since + DELETION_MS) api.requeueAt(since + DELETION_MS);
  else api.delete(volume);
}
