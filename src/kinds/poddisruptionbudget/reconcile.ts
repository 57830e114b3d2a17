import { watch, watchSelf, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { isBeingDeleted, keyOf } from '../../machinery/object.ts';
import { selectorsMatching } from '../../machinery/selector-index.ts';
import { fromTimestamp, MINUTE_MS, toTimestamp } from '../../machinery/time.ts';
import { isPodReady, isPodTerminal, podCondition, selectPods } from '../pod/queries.ts';
import { Pod } from '../pod/types.ts';
import { withDisruptionAllowed, withSyncFailed } from './conditions.ts';
import { expectation } from './expected.ts';
import { labelSelectorText } from './selector-text.ts';
import { budgetSelector, budgetsBySelector, PodDisruptionBudget, type PodDisruptionBudgetStatus } from './types.ts';

/** A pod whose eviction was granted counts as gone for this long, even if it is not being deleted. */
const DELETION_TIMEOUT_MS = 2 * MINUTE_MS;
/** A pod with DisruptionTarget that is not being deleted by then will not be. */
const STALE_DISRUPTION_TIMEOUT_MS = 2 * MINUTE_MS;

/** What the recorder of this controller calls itself. */
const SOURCE = { source: 'controllermanager' };

const POD_PREFIX = 'pod\n';

/**
 * Keeps the counts of budgets, and takes back announcements of disruptions that did not come. Keys are those of budgets,
 * and `pod\n<key>` for the latter. Source: pkg/controller/disruption/disruption.go.
 */
export const disruptionController: Controller = {
  name: 'disruption-controller',
  watches: [watchSelf(PodDisruptionBudget), watch(Pod, podKeys)],
  reconcile(key, api) {
    if (key.startsWith(POD_PREFIX)) clearStaleDisruption(key.slice(POD_PREFIX.length), api);
    else syncBudget(key, api);
  },
};

function syncBudget(key: string, api: ControllerApi): void {
  const budget = api.getByKey(PodDisruptionBudget, key);
  if (!budget || isBeingDeleted(budget)) return;
  const pods = selectPods(api, budget.metadata.namespace ?? '', budgetSelector(budget));
  const expected = expectation(api, budget.spec, pods);
  if ('error' in expected) {
    const status = withSyncFailed(budget.status, expected.error, api.now);
    if (!writeStatus(budget, status, api)) return;
    const message = `Failed to calculate the number of expected pods: ${expected.error}`;
    api.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', message, SOURCE);
    return;
  }
  const disruptedPods = stillDisrupted(budget, pods, api);
  const currentHealthy = countHealthy(pods, disruptedPods);
  const allowed = expected.expectedPods > 0 ? Math.max(0, currentHealthy - expected.desiredHealthy) : 0;
  const { disruptedPods: _, ...before } = budget.status;
  const status: PodDisruptionBudgetStatus = {
    ...before,
    currentHealthy,
    desiredHealthy: expected.desiredHealthy,
    disruptionsAllowed: allowed,
    expectedPods: expected.expectedPods,
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
  };
  if (writeStatus(budget, withDisruptionAllowed(status, api.now), api)) {
    recordFindings(budget, pods.length, expected.unmanaged.length, api);
  }
}

/** Whether anything was written: what it finds is said only then, so that a restart says nothing. */
function writeStatus(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus, api: ControllerApi): boolean {
  if (deepEqual(status, budget.status)) return false;
  return api.updateStatus<PodDisruptionBudget>({ ...budget, status }).ok;
}

function recordFindings(budget: PodDisruptionBudget, pods: number, unmanaged: number, api: ControllerApi): void {
  if (pods === 0) api.event(budget, 'Normal', 'NoPods', 'No matching pods found', SOURCE);
  if (unmanaged === 0) return;
  const message =
    `Pods selected by this PodDisruptionBudget (selector: ${labelSelectorText(budget.spec.selector)}) were found to be ` +
    'unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined ' +
    'behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
  api.event(budget, 'Warning', 'UnmanagedPods', message, SOURCE);
}

/** buildDisruptedPodMap */
function stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[], api: ControllerApi): Record<string, string> {
  const result: Record<string, string> = {};
  const known = budget.status.disruptedPods;
  if (!known) return result;
  for (const pod of pods) {
    const time = known[pod.metadata.name];
    if (time === undefined || isBeingDeleted(pod)) continue;
    const due = fromTimestamp(time) + DELETION_TIMEOUT_MS;
    if (due < api.now) {
      const namespace = budget.metadata.namespace ?? '';
      // Upstream names the namespace twice.
      const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
      api.event(pod, 'Warning', 'NotDeleted', message, SOURCE);
    } else {
      result[pod.metadata.name] = time;
      api.requeueAt(due + 1);
    }
  }
  return result;
}

function countHealthy(pods: readonly Pod[], disrupted: Record<string, string>): number {
  let healthy = 0;
  for (const pod of pods) {
    if (!isBeingDeleted(pod) && disrupted[pod.metadata.name] === undefined && isPodReady(pod)) healthy++;
  }
  return healthy;
}

function clearStaleDisruption(key: string, api: ControllerApi): void {
  const pod = api.getByKey(Pod, key);
  const condition = pod && announcedDisruption(pod);
  if (!condition) return;
  const due = (fromTimestamp(condition.lastTransitionTime) ?? api.now) + STALE_DISRUPTION_TIMEOUT_MS;
  if (api.now < due) {
    api.requeueAt(due);
    return;
  }
  const time = toTimestamp(api.now);
  const conditions = pod.status.conditions?.map((entry) =>
    entry.type === 'DisruptionTarget'
      ? { type: entry.type, status: 'False' as const, lastTransitionTime: time }
      : entry,
  );
  api.updateStatus<Pod>({ ...pod, status: { ...pod.status, ...(conditions ? { conditions } : {}) } });
}

function announcedDisruption(pod: Pod): ReturnType<typeof podCondition> {
  if (isBeingDeleted(pod) || isPodTerminal(pod)) return undefined;
  const condition = podCondition(pod, 'DisruptionTarget');
  return condition?.status === 'True' && condition.reason !== 'TerminationByKubelet' ? condition : undefined;
}

function podKeys({ old, new: pod }: Change<Pod>, view: ClusterView): string[] | undefined {
  const latest = pod ?? old;
  if (!latest) return undefined;
  if (old && pod && !mattersToBudgets(old, pod)) return undefined;
  const keys = selectorsMatching(view, budgetsBySelector, budgetSelector, latest).map(keyOf);
  if (old && pod && old.metadata.labels !== pod.metadata.labels) {
    keys.push(...selectorsMatching(view, budgetsBySelector, budgetSelector, old).map(keyOf));
  }
  if (pod && announcedDisruption(pod)) keys.push(POD_PREFIX + keyOf(pod));
  return keys;
}

function mattersToBudgets(old: Pod, pod: Pod): boolean {
  return (
    old.metadata.labels !== pod.metadata.labels ||
    old.metadata.ownerReferences !== pod.metadata.ownerReferences ||
    isBeingDeleted(old) !== isBeingDeleted(pod) ||
    isPodReady(old) !== isPodReady(pod) ||
    podCondition(old, 'DisruptionTarget') !== podCondition(pod, 'DisruptionTarget')
  );
}
