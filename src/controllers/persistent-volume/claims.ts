import { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import {
  BETA_CLASS,
  BIND_COMPLETED,
  classOfClaim,
  SELECTED_NODE,
  type PersistentVolumeClaim,
} from '../../kinds/persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { podsByClaim } from '../../kinds/pod/types.ts';
import { defaultClass, StorageClass } from '../../kinds/storageclass/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { bind } from './bind.ts';
import { expandClaim } from './expand.ts';
import { claimKey, findVolume, isKeptFor, whyNot } from './matching.ts';
import { provisionClaim } from './provision.ts';
import { once } from './say-once.ts';

/** What becomes of one claim. Source: syncClaim in pkg/controller/volume/persistentvolume/pv_controller.go. */

export function syncClaim(api: ControllerApi, claim: PersistentVolumeClaim): void {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) syncBound(api, claim);
  else if (claim.spec.volumeName) syncChosen(api, claim, claim.spec.volumeName);
  else syncUnbound(api, claim);
}

function syncUnbound(api: ControllerApi, claim: PersistentVolumeClaim): void {
  const waits = waitsForConsumer(api, claim);
  const volume = findVolume(api, claim, waits);
  if (volume) return bind(api, volume, claim);
  const classified = withDefaultClass(api, claim);
  if (classified) return syncUnbound(api, classified);
  if (waits && claim.metadata.annotations?.[SELECTED_NODE] === undefined) return sayWhoIsWaitedFor(api, claim);
  if (classOfClaim(claim) !== '') return provisionClaim(api, claim);
  const message = 'no persistent volumes available for this claim and no storage class is set';
  once(api, claim, 'Normal', 'FailedBinding', message);
}

/** Whether binding is left to the scheduler, who knows the pod's node. */
function waitsForConsumer(api: ControllerApi, claim: PersistentVolumeClaim): boolean {
  return api.get(StorageClass, undefined, classOfClaim(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** A class that became the default later is filled in where no volume without a class is there. */
function withDefaultClass(api: ControllerApi, claim: PersistentVolumeClaim): PersistentVolumeClaim | undefined {
  if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[BETA_CLASS] !== undefined) {
    return undefined;
  }
  const storageClass = defaultClass(api);
  if (!storageClass) return undefined;
  const updated = api.update({ ...claim, spec: { ...claim.spec, storageClassName: storageClass.metadata.name } });
  return updated.ok ? updated.value : undefined;
}

function sayWhoIsWaitedFor(api: ControllerApi, claim: PersistentVolumeClaim): void {
  const names = api
    .by(podsByClaim, claimKey(claim))
    .filter((pod) => !pod.spec.nodeName && !isPodTerminal(pod))
    .map(({ metadata }) => metadata.name);
  if (names.length === 0) {
    once(api, claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
    return;
  }
  const who = names.length > 1 ? `pods ${names.join(',')}` : `pod ${names[0]}`;
  once(api, claim, 'Normal', 'WaitForPodScheduled', `waiting for ${who} to be scheduled`);
}

/** The claim names its volume. */
function syncChosen(api: ControllerApi, claim: PersistentVolumeClaim, name: string): void {
  const volume = api.get(PersistentVolume, undefined, name);
  if (!volume) return;
  const quoted = JSON.stringify(name);
  if (volume.spec.claimRef) {
    if (isKeptFor(volume, claim)) bind(api, volume, claim);
    else once(api, claim, 'Warning', 'FailedBinding', `volume ${quoted} already bound to a different claim.`);
    return;
  }
  const problem = whyNot(volume, claim);
  if (problem === undefined) bind(api, volume, claim);
  else once(api, claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume ${quoted}: ${problem}`);
}

function syncBound(api: ControllerApi, claim: PersistentVolumeClaim): void {
  const name = claim.spec.volumeName;
  if (!name) {
    const message = 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!';
    return lose(api, claim, 'ClaimLost', message);
  }
  const volume = api.get(PersistentVolume, undefined, name);
  if (!volume) {
    lose(api, claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  } else if (!volume.spec.claimRef || volume.spec.claimRef.uid === claim.metadata.uid) {
    bind(api, volume, claim);
    expandClaim(api, claimKey(claim));
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
