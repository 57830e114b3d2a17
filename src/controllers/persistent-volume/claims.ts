import { classOfVolume, PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  SELECTED_NODE,
  BETA_CLASS,
  classOfClaim,
  type PersistentVolumeClaim,
} from '../../kinds/persistentvolumeclaim/types.ts';
import { podsByClaim, type Pod } from '../../kinds/pod/types.ts';
import { defaultClass, StorageClass } from '../../kinds/storageclass/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { claimKey, findVolume, isKeptFor, suits } from './matching.ts';
import { once, provisionClaim } from './provision.ts';

/** What becomes of one claim. Source: syncClaim in pkg/controller/volume/persistentvolume/pv_controller.go. */

/** How long the simulated resizer takes. */
const RESIZE_MS = 2000;

export function syncClaim(api: ControllerApi, claim: PersistentVolumeClaim): void {
  if (claim.metadata.annotations?.[BIND_COMPLETED] === undefined) syncUnbound(api, withDefaultClass(api, claim));
  else syncBound(api, claim);
}

/** A class that became the default later is filled in (RetroactiveDefaultStorageClass). */
function withDefaultClass(api: ControllerApi, claim: PersistentVolumeClaim): PersistentVolumeClaim {
  if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[BETA_CLASS] !== undefined) return claim;
  const storageClass = defaultClass(api);
  if (!storageClass) return claim;
  const updated = api.update({ ...claim, spec: { ...claim.spec, storageClassName: storageClass.metadata.name } });
  return updated.ok ? updated.value : claim;
}

function syncUnbound(api: ControllerApi, claim: PersistentVolumeClaim): void {
  if (claim.spec.volumeName !== undefined) return syncChosen(api, claim, claim.spec.volumeName);
  const waits = waitsForConsumer(api, claim);
  const volume = findVolume(api, claim, waits);
  if (volume) return bind(api, volume, claim);
  if (waits) {
    const pod = api.by(podsByClaim, claimKey(claim)).find((candidate) => !candidate.spec.nodeName);
    if (pod) once(api, claim, 'Normal', 'WaitForPodScheduled', `waiting for pod ${pod.metadata.name} to be scheduled`);
    else once(api, claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  } else if (classOfClaim(claim) !== '') {
    provisionClaim(api, claim);
  } else {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    once(api, claim, 'Normal', 'FailedBinding', message);
  }
}

/** Whether binding waits until a pod that uses the claim has been given a node. */
export function waitsForConsumer(api: ControllerApi, claim: PersistentVolumeClaim): boolean {
  if (claim.metadata.annotations?.[SELECTED_NODE] !== undefined) return false;
  const storageClass = api.get(StorageClass, undefined, classOfClaim(claim));
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** The claim names its volume. */
function syncChosen(api: ControllerApi, claim: PersistentVolumeClaim, name: string): void {
  const volume = api.get(PersistentVolume, undefined, name);
  if (!volume) return;
  if (volume.spec.claimRef && !isKeptFor(volume, claim)) {
    const reference = volume.spec.claimRef;
    const message = `volume ${JSON.stringify(name)} already bound to a different claim.`;
    if (reference.uid !== claim.metadata.uid) once(api, claim, 'Warning', 'FailedBinding', message);
    return;
  }
  if (suits(volume, claim)) return bind(api, volume, claim);
  const message = `Cannot bind to requested volume ${JSON.stringify(name)}: ${whyNot(volume, claim)}`;
  once(api, claim, 'Warning', 'VolumeMismatch', message);
}

function whyNot(volume: PersistentVolume, claim: PersistentVolumeClaim): string {
  const asked = wholeValue(claim.spec.resources.requests?.['storage']);
  if (wholeValue(volume.spec.capacity['storage']) < asked) return 'requested PV is too small';
  if (classOfVolume(volume) !== classOfClaim(claim)) {
    return 'storageClassName does not match';
  }
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) {
    return 'incompatible volumeMode';
  }
  return 'incompatible accessMode';
}

/** Binds in the order of upstream: the volume first, then the claim. */
function bind(api: ControllerApi, volume: PersistentVolume, claim: PersistentVolumeClaim): void {
  const kept = bindVolume(api, volume, claim);
  if (!kept) return;
  const annotations: Record<string, string> = { ...claim.metadata.annotations, [BIND_COMPLETED]: 'yes' };
  if (claim.spec.volumeName === undefined) annotations[BOUND_BY_CONTROLLER] = 'yes';
  const bound = api.update({
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: { ...claim.spec, volumeName: volume.metadata.name },
  });
  if (!bound.ok) return;
  const { accessModes } = volume.spec;
  api.updateStatus({
    ...bound.value,
    status: {
      ...bound.value.status,
      phase: 'Bound',
      ...(accessModes ? { accessModes } : {}),
      capacity: { ...volume.spec.capacity },
    },
    runtime: {},
  });
}

function bindVolume(
  api: ControllerApi,
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
): PersistentVolume | undefined {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  let current = volume;
  if (volume.spec.claimRef?.uid !== uid) {
    const annotations = { ...volume.metadata.annotations };
    if (!volume.spec.claimRef) annotations[BOUND_BY_CONTROLLER] = 'yes';
    const claimRef = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      ...(namespace === undefined ? {} : { namespace }),
      name,
      uid,
      resourceVersion,
    };
    const metadata = { ...volume.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) };
    const updated = api.update({ ...volume, metadata, spec: { ...volume.spec, claimRef } });
    if (!updated.ok) return undefined;
    current = updated.value;
  }
  setPhase(api, current, 'Bound');
  return current;
}

export function setPhase(
  api: ControllerApi,
  volume: PersistentVolume,
  phase: PersistentVolume['status']['phase'],
): void {
  if (volume.status.phase === phase) return;
  api.updateStatus({ ...volume, status: { phase, lastPhaseTransitionTime: toTimestamp(api.now) } });
}

function syncBound(api: ControllerApi, claim: PersistentVolumeClaim): void {
  const name = claim.spec.volumeName;
  const volume = name === undefined ? undefined : api.get(PersistentVolume, undefined, name);
  if (!volume) {
    lose(api, claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  } else if (!volume.spec.claimRef || volume.spec.claimRef.uid === claim.metadata.uid) {
    bindVolume(api, volume, claim);
    expand(api, claim, volume);
  } else {
    const message = 'Two claims are bound to the same volume, this one is bound incorrectly';
    lose(api, claim, 'ClaimMisbound', message);
  }
}

function lose(api: ControllerApi, claim: PersistentVolumeClaim, reason: string, message: string): void {
  if (claim.status.phase === 'Lost') return;
  const { capacity: _capacity, accessModes: _accessModes, ...status } = claim.status;
  const lost = api.updateStatus({ ...claim, status: { ...status, phase: 'Lost' } });
  if (lost.ok) api.event(lost.value, 'Warning', reason, message);
}

/** A bound claim that asks for more grows: the volume first, its file system where a pod mounts it (or offline). */
function expand(api: ControllerApi, claim: PersistentVolumeClaim, volume: PersistentVolume): void {
  const asked = claim.spec.resources.requests?.['storage'];
  if (asked === undefined || wholeValue(asked) <= wholeValue(claim.status.capacity?.['storage'])) return;
  const since = claim.runtime?.resizingSinceMs;
  const source = 'external-resizer';
  if (since === undefined) {
    const lastTransitionTime = toTimestamp(api.now);
    const conditions = [
      ...(claim.status.conditions ?? []).filter(({ type }) => type !== 'Resizing'),
      { type: 'Resizing', status: 'True' as const, lastProbeTime: null, lastTransitionTime },
    ];
    const message = `External resizer is resizing volume ${volume.metadata.name}`;
    api.event(claim, 'Normal', 'Resizing', message, { source });
    api.updateStatus({ ...claim, status: { ...claim.status, conditions }, runtime: { resizingSinceMs: api.now } });
    return api.requeueAt(api.now + RESIZE_MS);
  }
  if (api.now < since + RESIZE_MS) return api.requeueAt(since + RESIZE_MS);
  api.update({ ...volume, spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage: asked } } });
  const { conditions: _conditions, ...status } = claim.status;
  api.event(claim, 'Normal', 'FileSystemResizeSuccessful', 'MountVolume.NodeExpandVolume succeeded for volume', {
    source: 'kubelet',
  });
  api.updateStatus({ ...claim, status: { ...status, capacity: { ...status.capacity, storage: asked } }, runtime: {} });
}

/** A claim in use, even by a pod that has ended and is still there, is not let go (pvc_protection_controller.go). */
export function isInUse(api: ControllerApi, claim: PersistentVolumeClaim): boolean {
  return api.by(podsByClaim, claimKey(claim)).some((pod: Pod) => pod.spec.nodeName !== undefined && !isOver(pod));
}

function isOver({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}
