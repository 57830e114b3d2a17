import type { Index } from '../../machinery/cluster-view.ts';
import type { Condition } from '../../machinery/conditions.ts';
import type { IntOrPercent } from '../../machinery/int-or-percent.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';
import { indexBySelector } from '../../machinery/selector-index.ts';
import { fromLabelSelector, type LabelSelector, type Selector } from '../../machinery/selector.ts';

export interface PodDisruptionBudgetSpec {
  minAvailable?: IntOrPercent;
  maxUnavailable?: IntOrPercent;
  selector?: LabelSelector | null;
  unhealthyPodEvictionPolicy?: string;
}

export interface BudgetCondition extends Condition {
  observedGeneration?: number;
}

export interface PodDisruptionBudgetStatus {
  observedGeneration?: number;
  currentHealthy: number;
  desiredHealthy: number;
  expectedPods: number;
  disruptionsAllowed: number;
  /** Pods whose eviction was granted and which are not being deleted yet, with the time it was granted. */
  disruptedPods?: StringMap;
  conditions?: BudgetCondition[];
}

export interface PodDisruptionBudget extends KubeObject {
  spec: PodDisruptionBudgetSpec;
  status: PodDisruptionBudgetStatus;
}

export const PodDisruptionBudget = defineKind<PodDisruptionBudget>({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  namespaced: true,
});

/** An empty selector selects every pod of the namespace, none at all selects nothing. */
export function budgetSelector(budget: PodDisruptionBudget): Selector {
  return fromLabelSelector(budget.spec.selector);
}

/** Budgets by what their selectors ask for; see machinery/selector-index.ts. */
export const budgetsBySelector: Index<PodDisruptionBudget> = indexBySelector(
  'pod disruption budgets by selector',
  PodDisruptionBudget,
  budgetSelector,
);

export const DISRUPTION_ALLOWED = 'DisruptionAllowed';
export const SYNC_FAILED = 'SyncFailed';
