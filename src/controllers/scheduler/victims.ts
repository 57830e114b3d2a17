import { budgetSelector, PodDisruptionBudget } from '../../kinds/poddisruptionbudget/types.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { matches } from '../../machinery/selector.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { cloneStates, runFiltersWithNominated, type FilterStates } from './evaluation.ts';
import type { Cycle, Rejection } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** A node that would have room once these pods are gone. */
export interface Candidate {
  readonly node: NodeInfo;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  /** How many of the victims a disruption budget would have kept. */
  readonly violations: number;
}

const NO_VICTIMS: Rejection = {
  plugin: 'DefaultPreemption',
  reasons: ['No preemption victims found for incoming pod'],
  unresolvable: true,
};

/**
 * The fewest and least important pods of lower priority whose end would make the pod fit on a node; or why there are
 * none. Source: pkg/scheduler/framework/plugins/defaultpreemption (SelectVictimsOnNode).
 */
export function selectVictims(cycle: Cycle, states: FilterStates, node: NodeInfo): Candidate | Rejection {
  const { pod, view } = cycle;
  const potential = [...node.pods.values()].filter((other) => other.priority < pod.priority);
  if (potential.length === 0) return NO_VICTIMS;
  const trial = node.clone();
  const filters = cloneStates(states.filters);
  const remove = (other: PodInfo) => {
    trial.removePod(other.uid);
    for (const { plugin, state } of filters) plugin.removePod?.(state, other, trial, cycle);
  };
  const fitsWith = (other: PodInfo) => {
    trial.addPod(other);
    for (const { plugin, state } of filters) plugin.addPod?.(state, other, trial, cycle);
    return !runFiltersWithNominated(filters, trial, cycle);
  };
  for (const other of potential) remove(other);
  const refusal = runFiltersWithNominated(filters, trial, cycle);
  if (refusal) return refusal;

  const ranked = potential.sort((left, right) => compareImportance(left, right, view));
  const { protectedPods, otherPods } = splitByBudgets(ranked, view);
  const victims: PodInfo[] = [];
  // Those that a budget protects are spared first, then the more important ones.
  for (const other of [...protectedPods, ...otherPods]) {
    if (fitsWith(other)) continue;
    remove(other);
    victims.push(other);
  }
  const violations = victims.filter((victim) => protectedPods.includes(victim)).length;
  return { node, violations, victims: victims.sort((left, right) => compareImportance(left, right, view)) };
}

/** When a pod began; one that has not begun counts as beginning now. */
export function startedAt({ pod }: PodInfo, now: number): number {
  return fromTimestamp(pod.status.startTime) ?? now;
}

/** util.MoreImportantPod: by priority, then by age; negative when `left` is the more important. */
function compareImportance(left: PodInfo, right: PodInfo, view: ClusterView): number {
  return (
    right.priority - left.priority ||
    startedAt(left, view.now) - startedAt(right, view.now) ||
    (view.createdRevision(left.uid) ?? 0) - (view.createdRevision(right.uid) ?? 0)
  );
}

/** filterPodsWithPDBViolation: the pods, in their order, whose end their budgets would not allow; and the others. */
function splitByBudgets(
  pods: readonly PodInfo[],
  view: ClusterView,
): { protectedPods: PodInfo[]; otherPods: PodInfo[] } {
  const budgets = view
    .list(PodDisruptionBudget)
    .map((budget) => ({ budget, selector: budgetSelector(budget), allowed: budget.status?.disruptionsAllowed ?? 0 }));
  const protectedPods: PodInfo[] = [];
  const otherPods: PodInfo[] = [];
  for (const info of pods) {
    let isProtected = false;
    for (const entry of budgets) {
      if (!isCovered(info.pod, entry.budget, entry.selector)) continue;
      entry.allowed--;
      if (entry.allowed < 0) isProtected = true;
    }
    (isProtected ? protectedPods : otherPods).push(info);
  }
  return { protectedPods, otherPods };
}

/** Here an empty selector matches nothing, and a pod whose eviction was granted already is no longer protected. */
function isCovered(
  { metadata }: Pod,
  budget: PodDisruptionBudget,
  selector: ReturnType<typeof budgetSelector>,
): boolean {
  if (budget.metadata.namespace !== metadata.namespace || selector.requirements.length === 0) return false;
  if (!metadata.labels || !matches(selector, metadata.labels)) return false;
  return budget.status?.disruptedPods?.[metadata.name] === undefined;
}
