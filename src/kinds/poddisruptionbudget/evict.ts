import { fail, forbiddenObject, type Result } from '../../machinery/api-error.ts';
import { withCondition } from '../../machinery/conditions.ts';
import type { DeleteOptions, ObjectApi } from '../../machinery/controller.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { Pod } from '../pod/types.ts';
import { withDisruptionAllowed } from './conditions.ts';
import { budgetsOf, ignoresBudgets, MULTIPLE_BUDGETS, refusalOf, unhealthyMayGo } from './queries.ts';
import { PodDisruptionBudget } from './types.ts';

/** MaxDisruptedPodSize: more evictions than this may not wait to be confirmed. */
const MAX_DISRUPTED_PODS = 2000;

const WOULD_VIOLATE = "Cannot evict pod as it would violate the pod's disruption budget.";

/**
 * The eviction subresource: asks the pod's budget, counts the disruption, and deletes.
 * Source: pkg/registry/core/pod/storage/eviction.go.
 */
export function evict(pod: Pod, options: DeleteOptions, api: ObjectApi): Result<KubeObject> {
  if (ignoresBudgets(pod)) return deleteAnnounced(pod, options, api);
  const [budget, another] = budgetsOf(api, pod);
  if (another) return fail('MethodNotAllowed', MULTIPLE_BUDGETS);
  if (budget && !unhealthyMayGo(pod, budget)) {
    const refused = checkAndDecrement(budget, pod.metadata.name, api);
    if (!refused.ok) return refused;
  }
  return deleteAnnounced(pod, options, api);
}

function checkAndDecrement(budget: PodDisruptionBudget, podName: string, api: ObjectApi): Result<KubeObject> {
  const { status } = budget;
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    return { ok: false, error: forbiddenObject('poddisruptionbudget', 'policy', budget.metadata.name, why) };
  }
  const message = refusalOf(budget);
  if (message !== undefined) {
    const stale = (status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0);
    const details = {
      budget: budget.metadata.name,
      causes: [{ reason: 'DisruptionBudget', message }],
      retryAfterSeconds: stale ? 10 : 0,
    };
    return { ok: false, error: { reason: 'TooManyRequests', message: WOULD_VIOLATE, details } };
  }
  const counted = {
    ...status,
    disruptionsAllowed: status.disruptionsAllowed - 1,
    disruptedPods: { ...status.disruptedPods, [podName]: toTimestamp(api.now) },
  };
  return api.updateStatus<PodDisruptionBudget>({
    ...budget,
    status: counted.disruptionsAllowed === 0 ? withDisruptionAllowed(counted, api.now) : counted,
  });
}

function deleteAnnounced(pod: Pod, options: DeleteOptions, api: ObjectApi): Result<KubeObject> {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const conditions = withCondition(pod.status.conditions, condition, api.now);
  const marked = api.updateStatus<Pod>({ ...pod, status: { ...pod.status, conditions } });
  return marked.ok ? api.delete(marked.value, options) : marked;
}
