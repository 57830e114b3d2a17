import type { ReplicaSet } from '../replicaset/types.ts';
import { fromTimestamp, SECOND_MS } from '../../machinery/time.ts';
import {
  conditionOf,
  newCondition,
  PROGRESSING,
  REASON,
  REPLICA_FAILURE,
  withCondition,
  withoutCondition,
} from './conditions.ts';
import { calculateStatus, isComplete } from './status.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus } from './types.ts';

/** Whether a rollout moves, is done, or is stuck. Source: pkg/controller/deployment/progress.go. */

/** A deadline or a limit of this size means "none" (math.MaxInt32). */
export const NO_LIMIT = 2_147_483_647;

export function hasProgressDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_LIMIT;
}

/** DeploymentProgressing: more new pods, fewer old ones, more ready or more available than last reported. */
export function hasProgressed(deployment: Deployment, status: DeploymentStatus): boolean {
  const before = deployment.status;
  return (
    count(status.updatedReplicas) > count(before.updatedReplicas) ||
    oldReplicas(status) < oldReplicas(before) ||
    count(status.readyReplicas) > count(before.readyReplicas) ||
    count(status.availableReplicas) > count(before.availableReplicas)
  );
}

function oldReplicas(status: DeploymentStatus): number {
  return count(status.replicas) - count(status.updatedReplicas);
}

function count(value: number | undefined): number {
  return value ?? 0;
}

/** DeploymentTimedOut: no progress was reported for longer than the deadline. */
export function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  if (!hasProgressDeadline(deployment)) return false;
  const condition = conditionOf(status, PROGRESSING);
  if (!condition || condition.reason === REASON.newReplicaSetAvailable) return false;
  if (condition.reason === REASON.progressDeadlineExceeded) return true;
  return deadlineOf(deployment, condition) < now;
}

function deadlineOf(deployment: Deployment, condition: DeploymentCondition): number {
  return fromTimestamp(condition.lastUpdateTime) + (deployment.spec.progressDeadlineSeconds ?? 0) * SECOND_MS;
}

/** The status of a Deployment during a rollout, with all its conditions (syncRolloutStatus). */
export function calculateRolloutStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const status = calculateStatus(deployment, all, newest, now);
  let conditions: readonly DeploymentCondition[] = status.conditions ?? [];
  if (!hasProgressDeadline(deployment)) {
    conditions = withoutCondition(conditions, PROGRESSING);
  } else {
    const current = conditionOf(deployment.status, PROGRESSING);
    const wasComplete =
      count(status.replicas) === count(status.updatedReplicas) && current?.reason === REASON.newReplicaSetAvailable;
    if (!wasComplete) conditions = withProgress(deployment, status, newest, now);
  }
  const failure = replicaFailure(all, newest);
  conditions = failure ? withCondition(conditions, failure) : withoutCondition(conditions, REPLICA_FAILURE);
  return { ...status, conditions: [...conditions] };
}

function withProgress(
  deployment: Deployment,
  status: DeploymentStatus,
  newest: ReplicaSet | undefined,
  now: number,
): readonly DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  const subject = newest ? `ReplicaSet "${newest.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, newCondition(PROGRESSING, 'True', REASON.newReplicaSetAvailable, message, now));
  }
  if (hasProgressed(deployment, status)) {
    const condition = newCondition(PROGRESSING, 'True', REASON.replicaSetUpdated, `${subject} is progressing.`, now);
    const current = conditionOf(deployment.status, PROGRESSING);
    if (current?.status === 'True') condition.lastTransitionTime = current.lastTransitionTime;
    return [...withoutCondition(conditions, PROGRESSING), condition];
  }
  if (hasTimedOut(deployment, status, now)) {
    const message = `${subject} has timed out progressing.`;
    return withCondition(conditions, newCondition(PROGRESSING, 'False', REASON.progressDeadlineExceeded, message, now));
  }
  return conditions;
}

/** The ReplicaFailure of the newest ReplicaSet, else of any other, as a condition of the Deployment. */
function replicaFailure(all: readonly ReplicaSet[], newest: ReplicaSet | undefined): DeploymentCondition | undefined {
  for (const replicaSet of newest ? [newest, ...all] : all) {
    const failure = replicaSet.status.conditions?.find(({ type }) => type === REPLICA_FAILURE);
    if (!failure) continue;
    const time = failure.lastTransitionTime ?? replicaSet.metadata.creationTimestamp;
    return {
      type: REPLICA_FAILURE,
      status: failure.status,
      lastUpdateTime: time,
      lastTransitionTime: time,
      reason: failure.reason ?? '',
      message: failure.message ?? '',
    };
  }
  return undefined;
}

/**
 * When to look whether the rollout is stuck: a second after its deadline, so that it has surely passed; undefined where
 * there is nothing to wait for (requeueStuckDeployment).
 */
export function progressCheckAt(deployment: Deployment): number | undefined {
  const { status } = deployment;
  const condition = conditionOf(status, PROGRESSING);
  if (!hasProgressDeadline(deployment) || !condition) return undefined;
  if (isComplete(deployment, status)) return undefined;
  const isOver =
    condition.reason === REASON.progressDeadlineExceeded || condition.reason === REASON.newReplicaSetAvailable;
  if (isOver) return undefined;
  return deadlineOf(deployment, condition) + SECOND_MS;
}
