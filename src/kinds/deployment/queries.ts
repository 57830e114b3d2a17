import { podsOf as podsOfOwner, replicaSetsOf } from '../replicaset/queries.ts';
import type { Pod } from '../pod/types.ts';
import type { ReplicaSet } from '../replicaset/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { HealthWord } from '../../machinery/definition.ts';
import { fromTimestamp, SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import { revisionOf } from './annotations.ts';
import { AVAILABLE, conditionOf, PROGRESSING, REASON, REPLICA_FAILURE } from './conditions.ts';
import { desiredReplicas } from './fenceposts.ts';
import { revisionsOf, type RolloutRevision } from './history-queries.ts';
import { hasProgressDeadline } from './progress.ts';
import { splitFamily } from './replica-sets.ts';
import type { Deployment } from './types.ts';

/** Questions about Deployments, for tables, the API and other kinds. */

/** The ReplicaSet with the Deployment's template, if it is there. */
export function currentReplicaSet(view: ClusterView, deployment: Deployment): ReplicaSet | undefined {
  return splitFamily(deployment, replicaSetsOf(view, deployment)).newest;
}

/** The pods of all its ReplicaSets, oldest ReplicaSet first. */
export function podsOf(view: ClusterView, deployment: Deployment): Pod[] {
  return replicaSetsOf(view, deployment).flatMap((replicaSet) => podsOfOwner(view, replicaSet));
}

/** The revisions that `kubectl rollout history` lists, lowest first. */
export function rolloutHistory(view: ClusterView, deployment: Deployment): RolloutRevision[] {
  return revisionsOf(replicaSetsOf(view, deployment));
}

export type RolloutPhase = 'COMPLETE' | 'PROGRESSING' | 'PAUSED' | 'STALLED';

export interface Rollout {
  phase: RolloutPhase;
  /** What `kubectl rollout status` prints, or the error it ends with. */
  message: string;
  desired: number;
  updated: number;
  ready: number;
  available: number;
  /** From 0 to 1: updated and available pods of those wanted. */
  progress: number;
  /** When the rollout counts as stuck unless it moves on: RFC 3339. */
  deadline: string | undefined;
  /** The revision that is rolled out, 0 before there is one. */
  revision: number;
}

/** kubectl's view of a rollout. Source: kubectl pkg/polymorphichelpers/rollout_status.go. */
export function rolloutStatus(deployment: Deployment): Rollout {
  const { status } = deployment;
  const desired = desiredReplicas(deployment);
  const updated = status.updatedReplicas ?? 0;
  const available = status.availableReplicas ?? 0;
  const { message, phase } = statusSentence(deployment);
  return {
    phase: phase === 'PROGRESSING' && deployment.spec.paused ? 'PAUSED' : phase,
    message,
    desired,
    updated,
    ready: status.readyReplicas ?? 0,
    available,
    progress: phase === 'COMPLETE' ? 1 : progressOf(deployment),
    deadline: phase === 'PROGRESSING' && !deployment.spec.paused ? deadlineOf(deployment) : undefined,
    revision: revisionOf(deployment),
  };
}

function statusSentence(deployment: Deployment): { message: string; phase: RolloutPhase } {
  const { metadata, status } = deployment;
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return { message: 'Waiting for deployment spec update to be observed...', phase: 'PROGRESSING' };
  }
  if (conditionOf(status, PROGRESSING)?.reason === REASON.progressDeadlineExceeded) {
    return { message: `deployment "${metadata.name}" exceeded its progress deadline`, phase: 'STALLED' };
  }
  const replicas = status.replicas ?? 0;
  const updated = status.updatedReplicas ?? 0;
  const available = status.availableReplicas ?? 0;
  const desired = desiredReplicas(deployment);
  const waiting = (what: string) => ({
    message: `Waiting for deployment "${metadata.name}" rollout to finish: ${what}...`,
    phase: 'PROGRESSING' as const,
  });
  if (updated < desired) return waiting(`${updated} out of ${desired} new replicas have been updated`);
  if (replicas > updated) return waiting(`${replicas - updated} old replicas are pending termination`);
  if (available < updated) return waiting(`${available} of ${updated} updated replicas are available`);
  return { message: `deployment "${metadata.name}" successfully rolled out`, phase: 'COMPLETE' };
}

/** How far a rollout is: half for pods of the new template, half for available ones of as many as are wanted. */
function progressOf(deployment: Deployment): number {
  const { status } = deployment;
  const desired = desiredReplicas(deployment);
  if (desired === 0) return 0;
  const updated = Math.min(status.updatedReplicas ?? 0, desired);
  const old = Math.max(0, (status.replicas ?? 0) - (status.updatedReplicas ?? 0));
  const updatedAvailable = Math.max(0, Math.min((status.availableReplicas ?? 0) - old, updated));
  return (updated + updatedAvailable) / (2 * desired);
}

function deadlineOf(deployment: Deployment): string | undefined {
  const condition = conditionOf(deployment.status, PROGRESSING);
  if (!condition || !hasProgressDeadline(deployment)) return undefined;
  return toTimestamp(
    fromTimestamp(condition.lastUpdateTime) + (deployment.spec.progressDeadlineSeconds ?? 0) * SECOND_MS,
  );
}

/** Stuck or refused: degraded; paused: suspended; rolled out and available: healthy; else on the way. */
export function deploymentHealth(deployment: Deployment): HealthWord {
  const { phase } = rolloutStatus(deployment);
  const isTrue = (type: string) => conditionOf(deployment.status, type)?.status === 'True';
  if (phase === 'STALLED' || isTrue(REPLICA_FAILURE)) return 'DEGRADED';
  if (deployment.spec.paused) return 'SUSPENDED';
  if (phase === 'COMPLETE') return 'HEALTHY';
  const wasRolledOut = conditionOf(deployment.status, PROGRESSING)?.reason === REASON.newReplicaSetAvailable;
  return wasRolledOut && !isTrue(AVAILABLE) ? 'DEGRADED' : 'PROGRESSING';
}
