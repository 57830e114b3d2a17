import type { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  type PersistentVolumeClaim,
} from '../../kinds/persistentvolumeclaim/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { isKeptFor } from './matching.ts';

/**
 * Binding a volume and a claim to each other, and undoing it. The volume is written first, so that no other claim gets
 * it. Source: pv_controller.go (bind, unbindVolume), pv_helpers.go (GetBindVolumeToClaim).
 */

/** Writes nothing where both are bound to each other already. */
export function bind(api: ControllerApi, volume: PersistentVolume, claim: PersistentVolumeClaim): void {
  const kept = bindVolume(api, volume, claim);
  if (!kept) return;
  setPhase(api, kept, 'Bound');
  const bound = bindClaim(api, kept, claim);
  if (!bound) return;
  const { accessModes, capacity } = kept.spec;
  const becomesBound = bound.status.phase !== 'Bound';
  const { accessModes: modesBefore, ...status } = bound.status;
  if (!becomesBound && deepEqual(modesBefore, accessModes)) return;
  api.updateStatus({
    ...bound,
    status: {
      ...status,
      phase: 'Bound',
      ...(accessModes ? { accessModes } : {}),
      // A size that differs later tells that the file system has not grown yet.
      ...(becomesBound ? { capacity: { ...capacity } } : {}),
    },
    ...(becomesBound ? { runtime: {} } : {}),
  });
}

function bindVolume(
  api: ControllerApi,
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
): PersistentVolume | undefined {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const isKept = isKeptFor(volume, claim);
  if (isKept && volume.spec.claimRef?.uid === uid) return volume;
  const claimRef = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    resourceVersion,
  };
  const metadata = isKept
    ? volume.metadata
    : { ...volume.metadata, annotations: { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' } };
  const updated = api.update({ ...volume, metadata, spec: { ...volume.spec, claimRef } });
  return updated.ok ? updated.value : undefined;
}

function bindClaim(
  api: ControllerApi,
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
): PersistentVolumeClaim | undefined {
  const { name } = volume.metadata;
  const annotations: Record<string, string> = { ...claim.metadata.annotations };
  annotations[BIND_COMPLETED] ??= 'yes';
  if (claim.spec.volumeName !== name) annotations[BOUND_BY_CONTROLLER] ??= 'yes';
  const updated = api.update({
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: { ...claim.spec, volumeName: name },
  });
  return updated.ok ? updated.value : undefined;
}

/** Frees a volume that this controller bound, and takes the uid from one that was kept for a claim by hand. */
export function unbind(api: ControllerApi, volume: PersistentVolume): void {
  const { claimRef, ...spec } = volume.spec;
  const { annotations = {}, ...metadata } = volume.metadata;
  const { [BOUND_BY_CONTROLLER]: isOurs, ...others } = annotations;
  const { uid: _uid, ...named } = claimRef ?? {};
  const freed: PersistentVolume =
    isOurs === undefined
      ? { ...volume, spec: { ...spec, claimRef: named } }
      : { ...volume, metadata: Object.keys(others).length > 0 ? { ...metadata, annotations: others } : metadata, spec };
  const updated = api.update(freed);
  if (updated.ok) setPhase(api, updated.value, 'Available');
}

type Phase = PersistentVolume['status']['phase'];

export function setPhase(api: ControllerApi, volume: PersistentVolume, phase: Phase, message?: string): void {
  if (volume.status.phase === phase) return;
  const status = { phase, lastPhaseTransitionTime: toTimestamp(api.now), ...(message ? { message } : {}) };
  api.updateStatus({ ...volume, status });
}
