import type { ClusterView } from '../../machinery/cluster-view.ts';
import { selectorsMatching } from '../../machinery/selector-index.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { isPodReady } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import {
  budgetSelector,
  budgetsBySelector,
  DISRUPTION_ALLOWED,
  SYNC_FAILED,
  type PodDisruptionBudget,
} from './types.ts';

/** Questions asked of budgets. Source: pkg/registry/core/pod/storage/eviction.go. */

/** The budgets that govern a pod. */
export function budgetsOf(view: ClusterView, pod: Pod): PodDisruptionBudget[] {
  return selectorsMatching(view, budgetsBySelector, budgetSelector, pod);
}

/** canIgnorePDB: a pod that is finished, never ran, or is going already can be evicted whatever budgets say. */
export function ignoresBudgets(pod: Pod): boolean {
  return pod.status.phase !== 'Running' && pod.status.phase !== 'Unknown' ? true : isBeingDeleted(pod);
}

/** Whether a pod that is not ready may go although the budget allows no disruption. */
export function unhealthyMayGo(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
}

/** Why a budget refuses now, in the API server's words; undefined when it would grant an eviction. */
export function refusalOf(budget: PodDisruptionBudget): string | undefined {
  const { metadata, status } = budget;
  const name = metadata.name;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return `The disruption budget ${name} is still being processed by the server.`;
  }
  if (status.disruptionsAllowed > 0) return undefined;
  const condition = status.conditions?.find((entry) => entry.type === DISRUPTION_ALLOWED);
  const failed = condition?.status === 'False' && condition.message ? condition : undefined;
  if (failed?.reason === SYNC_FAILED) {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`;
  }
  if (status.currentHealthy <= status.desiredHealthy) {
    return `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
  }
  return failed
    ? `The disruption budget ${name} does not allow evicting pods currently (${failed.reason}): ${failed.message}`
    : `The disruption budget ${name} does not allow evicting pods currently`;
}

/** Whether a budget keeps all the pods it expects, so that none can ever be spared. */
export function allowsNothing({ metadata, status }: PodDisruptionBudget): boolean {
  const isCurrent = status.observedGeneration === metadata.generation;
  return isCurrent && status.expectedPods > 0 && status.desiredHealthy >= status.expectedPods;
}

export const MULTIPLE_BUDGETS =
  'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

export interface EvictionBlock {
  /** The budget's name; undefined when several govern the pod. */
  budget: string | undefined;
  message: string;
  /** Waiting does not help: the budget would allow nothing even if all of its pods were healthy. */
  isForEver: boolean;
}

/** What would refuse the eviction of a pod now; undefined when nothing would. */
export function evictionBlock(view: ClusterView, pod: Pod): EvictionBlock | undefined {
  if (ignoresBudgets(pod)) return undefined;
  const [budget, another] = budgetsOf(view, pod);
  if (another) return { budget: undefined, message: MULTIPLE_BUDGETS, isForEver: true };
  if (!budget || unhealthyMayGo(pod, budget)) return undefined;
  const message = refusalOf(budget);
  if (message === undefined) return undefined;
  return { budget: budget.metadata.name, message, isForEver: allowsNothing(budget) };
}
