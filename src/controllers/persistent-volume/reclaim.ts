import { csiSourceOf, driverOf, isSimulated } from '../../kinds/csidriver/queries.ts';
import { storageDisturbance } from '../../kinds/fault/queries.ts';
import { PersistentVolume, type VolumeRuntime } from '../../kinds/persistentvolume/types.ts';
import { PROVISIONED_BY, PROVISIONER_FINALIZER } from '../../kinds/persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { podsByClaim } from '../../kinds/pod/types.ts';
import { attachmentsByVolume } from '../../kinds/volumeattachment/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';
import { setPhase, unbind } from './bind.ts';
import { letGo } from './protection.ts';

/**
 * What is done with a released volume. Retain leaves it as it is, for ever; Delete has it taken away by who made it;
 * Recycle (deprecated) empties it and offers it again. Sources: pv_controller.go (reclaimVolume),
 * sig-storage-lib-external-provisioner (deleteVolumeOperation).
 */

/** How long a simulated driver takes to delete a volume, and to empty one. */
const DELETION_MS = SECOND_MS;
const RECYCLE_MS = 5 * SECOND_MS;
const FIRST_RETRY_MS = SECOND_MS;
const LAST_RETRY_MS = 5 * MINUTE_MS;

export function reclaim(api: ControllerApi, name: string): void {
  const volume = api.get(PersistentVolume, undefined, name);
  if (volume?.spec.persistentVolumeReclaimPolicy === 'Recycle') recycle(api, volume);
  else if (volume?.spec.persistentVolumeReclaimPolicy === 'Delete') remove(api, volume);
}

function recycle(api: ControllerApi, volume: PersistentVolume): void {
  const { claimRef, nfs, hostPath } = volume.spec;
  if (!nfs && !hostPath) return fail(api, volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!');
  const users = api.by(podsByClaim, `${claimRef?.namespace}/${claimRef?.name}`).filter((pod) => !isPodTerminal(pod));
  if (users.length > 0) return;
  const until = volume.runtime?.reclaimUntilMs;
  if (until === undefined) return begin(api, volume, RECYCLE_MS);
  if (api.now < until) return api.requeueAt(until);
  api.event(volume, 'Normal', 'VolumeRecycled', 'Volume recycled');
  const { reclaimUntilMs: _, files: __, ...runtime } = volume.runtime ?? {};
  const emptied = api.updateStatus({ ...volume, runtime });
  if (emptied.ok) unbind(api, emptied.value);
}

function remove(api: ControllerApi, volume: PersistentVolume): void {
  const maker = volume.metadata.annotations?.[PROVISIONED_BY];
  const migrated = volume.spec.csi ? undefined : csiSourceOf(volume)?.driver;
  const driver = maker === undefined ? migrated : driverOf(maker);
  if (driver !== undefined) return isSimulated(driver) ? deleteByDriver(api, volume, driver) : undefined;
  const path = volume.spec.hostPath?.path;
  if (path !== undefined && /\/tmp\/.+/.test(path)) return complete(api, volume);
  const { name } = volume.metadata;
  const why =
    path === undefined
      ? `error getting deleter volume plugin for volume ${JSON.stringify(name)}: no deletable volume plugin matched`
      : `host_path deleter only supports /tmp/.+ but received provided ${path}`;
  fail(api, volume, 'VolumeFailedDelete', why);
}

function fail(api: ControllerApi, volume: PersistentVolume, reason: string, message: string): void {
  if (volume.status.phase === 'Failed') return;
  setPhase(api, volume, 'Failed', message);
  api.event(volume, 'Warning', reason, message);
}

function begin(api: ControllerApi, volume: PersistentVolume, durationMs: number): void {
  const { reclaimRetryAtMs: _, ...runtime } = volume.runtime ?? {};
  api.updateStatus({ ...volume, runtime: { ...runtime, reclaimUntilMs: api.now + durationMs } });
  api.requeueAt(api.now + durationMs);
}

function deleteByDriver(api: ControllerApi, volume: PersistentVolume, driver: string): void {
  if (!isHeld(volume)) return;
  const { reclaimUntilMs, reclaimRetryAtMs } = volume.runtime ?? {};
  if (reclaimRetryAtMs !== undefined && api.now < reclaimRetryAtMs) {
    return api.requeueAt(reclaimRetryAtMs, { background: true });
  }
  const disturbance = storageDisturbance(api, driver, 'DELETE');
  if (reclaimUntilMs === undefined) return begin(api, volume, DELETION_MS + disturbance.delayMs);
  if (api.now < reclaimUntilMs) return api.requeueAt(reclaimUntilMs);
  const [attachment] = api.by(attachmentsByVolume, volume.metadata.name);
  const attached =
    attachment && `persistentvolume ${volume.metadata.name} is still attached to node ${attachment.spec.nodeName}`;
  const error = attached ?? disturbance.error;
  if (error === undefined) return complete(api, volume);
  const { reclaimUntilMs: _, reclaimFailures = 0, ...others } = volume.runtime ?? {};
  const retryAt = api.now + Math.min(FIRST_RETRY_MS * 2 ** Math.min(reclaimFailures, 20), LAST_RETRY_MS);
  const runtime: VolumeRuntime = { ...others, reclaimFailures: reclaimFailures + 1, reclaimRetryAtMs: retryAt };
  api.updateStatus({ ...volume, runtime });
  api.event(volume, 'Warning', 'VolumeFailedDelete', error, { source: driver });
  // What is attached still will be detached soon; what fails may go on failing.
  api.requeueAt(retryAt, { background: attached === undefined });
}

/** Whether the volume has not been deleted by its driver yet, though its object may be going already. */
function isHeld({ metadata }: PersistentVolume): boolean {
  return metadata.deletionTimestamp === undefined || (metadata.finalizers?.includes(PROVISIONER_FINALIZER) ?? false);
}

function complete(api: ControllerApi, volume: PersistentVolume): void {
  const freed = letGo(api, volume, PROVISIONER_FINALIZER);
  if (freed && freed.metadata.deletionTimestamp === undefined) api.delete(freed);
}
