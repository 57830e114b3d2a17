import { isPodReady, podAvailableAt } from '../../kinds/pod/queries.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import type { ApiError } from '../../machinery/api-error.ts';
import { fromSet, matches } from '../../machinery/selector.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { REPLICA_FAILURE, type ReplicaCondition, type ReplicaOwner, type ReplicaStatus } from './types.ts';

export interface ObservedPods {
  active: readonly Pod[];
  /** Undefined where the kind's status does not count them (ReplicationController). */
  terminating: readonly Pod[] | undefined;
}

/** What came of creating and deleting: an error, nothing wrong, or not tried again yet. */
export type ManageOutcome = { error: ApiError } | 'done' | 'waiting';

/**
 * The status that the pods make, and when (simulated milliseconds) a ready pod becomes available next, if one does.
 * `outcome` sets or clears the ReplicaFailure condition. Counts of zero are left out as the API does.
 * Source: pkg/controller/replicaset/replica_set_utils.go (calculateStatus).
 */
export function calculateStatus(
  owner: ReplicaOwner,
  pods: ObservedPods,
  outcome: ManageOutcome,
  now: number,
): { status: ReplicaStatus; nextAvailableAt: number | undefined } {
  const templateLabels = fromSet(owner.spec.template.metadata?.labels);
  let fullyLabeled = 0;
  let ready = 0;
  let available = 0;
  let nextAvailableAt: number | undefined;
  const minReadySeconds = owner.spec.minReadySeconds ?? 0;
  for (const pod of pods.active) {
    if (matches(templateLabels, pod.metadata.labels)) fullyLabeled++;
    if (!isPodReady(pod)) continue;
    ready++;
    const availableAt = minReadySeconds === 0 ? 0 : podAvailableAt(pod, minReadySeconds);
    if (availableAt === undefined) continue;
    if (availableAt <= now) available++;
    else nextAvailableAt = Math.min(nextAvailableAt ?? availableAt, availableAt);
  }
  const status: ReplicaStatus = { replicas: pods.active.length };
  if (fullyLabeled > 0) status.fullyLabeledReplicas = fullyLabeled;
  if (ready > 0) status.readyReplicas = ready;
  if (available > 0) status.availableReplicas = available;
  if (pods.terminating) status.terminatingReplicas = pods.terminating.length;
  if (owner.metadata.generation !== undefined) status.observedGeneration = owner.metadata.generation;
  const conditions = failureConditions(owner, pods.active.length, outcome, now);
  if (conditions.length > 0) status.conditions = conditions;
  return { status, nextAvailableAt };
}

function failureConditions(
  owner: ReplicaOwner,
  activeCount: number,
  outcome: ManageOutcome,
  now: number,
): ReplicaCondition[] {
  const conditions = owner.status.conditions ?? [];
  const failure = conditions.find((condition) => condition.type === REPLICA_FAILURE);
  if (outcome === 'waiting') return conditions;
  if (outcome === 'done') return failure ? conditions.filter((condition) => condition !== failure) : conditions;
  if (failure) return conditions;
  const missing = (owner.spec.replicas ?? 1) - activeCount;
  return [
    ...conditions,
    {
      type: REPLICA_FAILURE,
      status: 'True',
      reason: missing > 0 ? 'FailedCreate' : 'FailedDelete',
      message: outcome.error.message,
      lastTransitionTime: toTimestamp(now),
    },
  ];
}
