import type { ReplicaSet } from '../replicaset/types.ts';
import { desiredReplicas, minAvailable } from './fenceposts.ts';
import { forgetHistory } from './history.ts';
import { newestReplicas, syncFamily } from './new-replica-set.ts';
import { activeOf, allOf, availableCount, desiredCount, oldestFirst, replicasOf } from './replica-sets.ts';
import { scaleIfNeeded, type Scaling } from './scale.ts';
import { isComplete } from './status.ts';
import type { Sync } from './sync.ts';
import { syncRolloutStatus } from './rollout-status.ts';
import type { Deployment } from './types.ts';

/** The RollingUpdate strategy. Source: pkg/controller/deployment/rolling.go. */

/** One step: the newest ReplicaSet up if there is room, else old ones down if enough pods are available. */
export function rollOut(sync: Sync): void {
  const family = syncFamily(sync, true);
  const { newest, old } = family;
  if (!newest) return;
  const all = allOf(family);
  const up = planNewest(sync.deployment, all, newest);
  const scaledUp = up !== undefined && scaleIfNeeded(sync, up);
  if (!scaledUp) {
    const downs = planOld(sync.deployment, all, activeOf(old), newest);
    const scaledDown = downs.filter((scaling) => scaleIfNeeded(sync, scaling)).length > 0;
    if (!scaledDown && isComplete(sync.deployment, sync.deployment.status)) forgetHistory(sync, old);
  }
  syncRolloutStatus(sync, family);
}

/** reconcileNewReplicaSet: the size of the newest ReplicaSet; undefined where it has what it should. */
export function planNewest(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newest: ReplicaSet,
): Scaling | undefined {
  const current = replicasOf(newest);
  const desired = desiredReplicas(deployment);
  if (current === desired) return undefined;
  if (current > desired) return { replicaSet: newest, replicas: desired };
  return { replicaSet: newest, replicas: newestReplicas(deployment, all, current) };
}

/**
 * reconcileOldReplicaSets: how far old ReplicaSets can go down without fewer pods being available than allowed, those
 * with pods that are not available first. A ReplicaSet may come twice, going down in two steps.
 */
export function planOld(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  activeOld: readonly ReplicaSet[],
  newest: ReplicaSet,
): Scaling[] {
  if (desiredCount(activeOld) === 0) return [];
  const newestUnavailable = replicasOf(newest) - (newest.status.availableReplicas ?? 0);
  const limit = desiredCount(all) - minAvailable(deployment) - newestUnavailable;
  if (limit <= 0) return [];
  const cleanUps = planCleanUp(activeOld, limit);
  if (!cleanUps) return [];
  const left = applied(activeOld, cleanUps);
  return [...cleanUps, ...planScaleDown(deployment, [...left, newest], left)];
}

/**
 * cleanupUnhealthyReplicas: pods of old ReplicaSets that are not available go first, at most `limit` of them; oldest
 * ReplicaSet first. Undefined when a ReplicaSet reports more available pods than it should have: its status is not of
 * its spec yet, and nothing can be decided.
 */
export function planCleanUp(old: readonly ReplicaSet[], limit: number): Scaling[] | undefined {
  const scalings: Scaling[] = [];
  let cleaned = 0;
  for (const replicaSet of [...old].sort(oldestFirst)) {
    if (cleaned >= limit) break;
    const unavailable = replicasOf(replicaSet) - (replicaSet.status.availableReplicas ?? 0);
    if (replicasOf(replicaSet) === 0 || unavailable === 0) continue;
    if (unavailable < 0) return undefined;
    const count = Math.min(limit - cleaned, unavailable);
    scalings.push({ replicaSet, replicas: replicasOf(replicaSet) - count });
    cleaned += count;
  }
  return scalings;
}

/** scaleDownOldReplicaSetsForRollingUpdate: as many pods less as there are available beyond the minimum. */
export function planScaleDown(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  old: readonly ReplicaSet[],
): Scaling[] {
  let spare = availableCount(all) - minAvailable(deployment);
  const scalings: Scaling[] = [];
  for (const replicaSet of [...old].sort(oldestFirst)) {
    if (spare <= 0) break;
    const count = Math.min(replicasOf(replicaSet), spare);
    if (count === 0) continue;
    scalings.push({ replicaSet, replicas: replicasOf(replicaSet) - count });
    spare -= count;
  }
  return scalings;
}

function applied(replicaSets: readonly ReplicaSet[], scalings: readonly Scaling[]): ReplicaSet[] {
  return replicaSets.map((replicaSet) => {
    const scaling = scalings.find((candidate) => candidate.replicaSet === replicaSet);
    return scaling ? { ...replicaSet, spec: { ...replicaSet.spec, replicas: scaling.replicas } } : replicaSet;
  });
}
