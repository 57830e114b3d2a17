import { withCondition } from '../../machinery/conditions.ts';
import { DISRUPTION_ALLOWED, SYNC_FAILED, type BudgetCondition, type PodDisruptionBudgetStatus } from './types.ts';

/** The condition DisruptionAllowed. Source: k8s.io/component-helpers/apps/poddisruptionbudget. */

/** The status with its condition as its count of allowed disruptions asks. */
export function withDisruptionAllowed(status: PodDisruptionBudgetStatus, now: number): PodDisruptionBudgetStatus {
  const sufficient = status.disruptionsAllowed > 0;
  return withBudgetCondition(status, sufficient, sufficient ? 'SufficientPods' : 'InsufficientPods', '', now);
}

/** failSafe: when nothing can be calculated, nothing may be evicted. */
export function withSyncFailed(
  status: PodDisruptionBudgetStatus,
  message: string,
  now: number,
): PodDisruptionBudgetStatus {
  return withBudgetCondition({ ...status, disruptionsAllowed: 0 }, false, SYNC_FAILED, message, now);
}

function withBudgetCondition(
  status: PodDisruptionBudgetStatus,
  allowed: boolean,
  reason: string,
  message: string,
  now: number,
): PodDisruptionBudgetStatus {
  const condition: BudgetCondition = {
    type: DISRUPTION_ALLOWED,
    status: allowed ? 'True' : 'False',
    reason,
    message,
    observedGeneration: status.observedGeneration ?? 0,
  };
  const conditions = withCondition(status.conditions, condition, now).map((entry) =>
    entry.type === DISRUPTION_ALLOWED && entry.observedGeneration !== condition.observedGeneration
      ? { ...entry, observedGeneration: condition.observedGeneration ?? 0 }
      : entry,
  );
  return { ...status, conditions };
}
