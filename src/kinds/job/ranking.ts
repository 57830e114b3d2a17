import { fromTimestamp } from '../../machinery/time.ts';
import { isPodReady, podCondition } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';

const PHASE_ORDER: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Active pods of a job in the order in which they are deleted: unassigned, pending, not ready, ready for a shorter time,
 * restarted more often, younger come first. Source: ActivePods in pkg/controller/controller_utils.go.
 */
export function rankForDeletion(pods: readonly Pod[]): Pod[] {
  return [...pods].sort(compareActivePods);
}

function compareActivePods(left: Pod, right: Pod): number {
  return (
    Number(Boolean(left.spec.nodeName)) - Number(Boolean(right.spec.nodeName)) ||
    (PHASE_ORDER[left.status.phase] ?? 0) - (PHASE_ORDER[right.status.phase] ?? 0) ||
    Number(isPodReady(left)) - Number(isPodReady(right)) ||
    later(readySince(left), readySince(right)) ||
    restarts(right) - restarts(left) ||
    later(fromTimestamp(left.metadata.creationTimestamp), fromTimestamp(right.metadata.creationTimestamp))
  );
}

function readySince(pod: Pod): number {
  return isPodReady(pod) ? (fromTimestamp(podCondition(pod, 'Ready')?.lastTransitionTime) ?? 0) : 0;
}

function later(left: number, right: number): number {
  return right - left;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
