import { isBeingDeleted } from '../../machinery/object.ts';
import type { Pod } from '../pod/types.ts';
import { podRevision } from './identity.ts';
import { isRunningAndAvailable, isRunningAndReady } from './pods.ts';
import type { StatefulSet, StatefulSetStatus } from './types.ts';

/** What a set reports of its pods. Source: stateful_set_control.go (updateStatus, completeRollingUpdate). */

export interface Revisions {
  current: string;
  update: string;
  collisionCount: number;
}

export function calculateStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: Revisions,
  now: number,
): StatefulSetStatus {
  const status = {
    availableReplicas: 0,
    collisionCount: revisions.collisionCount,
    currentReplicas: 0,
    currentRevision: revisions.current,
    observedGeneration: set.metadata.generation ?? 0,
    readyReplicas: 0,
    replicas: 0,
    updateRevision: revisions.update,
    updatedReplicas: 0,
  };
  for (const pod of pods) {
    status.replicas++;
    if (isRunningAndReady(pod)) status.readyReplicas++;
    if (isRunningAndAvailable(pod, set, now)) status.availableReplicas++;
    if (isBeingDeleted(pod)) continue;
    if (podRevision(pod) === revisions.current) status.currentReplicas++;
    if (podRevision(pod) === revisions.update) status.updatedReplicas++;
  }
  return status;
}

/** The status with the update revision as the current one, once every pod is of it and ready. */
export function completeRollingUpdate(set: StatefulSet, status: StatefulSetStatus): StatefulSetStatus {
  const replicas = set.spec.replicas ?? 1;
  const isComplete =
    set.spec.updateStrategy?.type === 'RollingUpdate' &&
    status.updatedReplicas === replicas &&
    status.readyReplicas === replicas &&
    status.replicas === replicas;
  if (!isComplete) return status;
  const { updatedReplicas = 0, updateRevision = '' } = status;
  return { ...status, currentReplicas: updatedReplicas, currentRevision: updateRevision };
}
