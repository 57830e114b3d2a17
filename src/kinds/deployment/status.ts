import type { ReplicaSet } from '../replicaset/types.ts';
import { AVAILABLE, newCondition, REASON, withCondition } from './conditions.ts';
import { desiredReplicas, minAvailable } from './fenceposts.ts';
import { actualCount, availableCount, desiredCount, readyCount, terminatingCount } from './replica-sets.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus } from './types.ts';

/**
 * The status that a Deployment's ReplicaSets add up to, with the Available condition; the others stay as they are.
 * Source: pkg/controller/deployment/sync.go (calculateStatus).
 */
export function calculateStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newest: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = availableCount(all);
  const condition =
    available >= minAvailable(deployment)
      ? newCondition(AVAILABLE, 'True', REASON.minimumReplicasAvailable, 'Deployment has minimum availability.', now)
      : newCondition(
          AVAILABLE,
          'False',
          REASON.minimumReplicasUnavailable,
          'Deployment does not have minimum availability.',
          now,
        );
  return statusOf(
    {
      observedGeneration: deployment.metadata.generation,
      replicas: actualCount(all),
      updatedReplicas: newest ? actualCount([newest]) : 0,
      readyReplicas: readyCount(all),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, desiredCount(all) - available),
    },
    terminatingCount(all),
    deployment.status.collisionCount,
    withCondition(deployment.status.conditions ?? [], condition),
  );
}

/** Puts a status together as the API writes it: without the counts that are zero. */
function statusOf(
  counts: Record<string, number | undefined>,
  terminating: number | undefined,
  collisionCount: number | undefined,
  conditions: readonly DeploymentCondition[],
): DeploymentStatus {
  const status: Record<string, unknown> = {};
  for (const key in counts) if (counts[key]) status[key] = counts[key];
  if (terminating !== undefined) status.terminatingReplicas = terminating;
  if (collisionCount !== undefined) status.collisionCount = collisionCount;
  status.conditions = conditions;
  return status;
}

/** DeploymentComplete: every pod is of the newest template and available, and the spec was seen. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}
