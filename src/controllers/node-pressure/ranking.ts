import type { ClusterView } from '../../machinery/cluster-view.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import { podUsage } from '../../kinds/imageprofile/queries.ts';
import type { Pod } from '../../kinds/pod/types.ts';

/**
 * Which pod is evicted first: one that uses more than it asked for, then one of lower priority, then the one that uses
 * most beyond its request. For process ids, only priority counts; what pods take of disks is not modelled, so there
 * too. Source: pkg/kubelet/eviction/helpers.go (rankMemoryPressure, rankPIDPressure, rankDiskPressureFunc).
 */
export function rankForEviction(view: ClusterView, pods: readonly Pod[], resource: string): Pod[] {
  if (resource !== 'memory') return [...pods].sort((left, right) => priorityOf(left) - priorityOf(right));
  const excess = new Map(pods.map((pod) => [pod, podUsage(view, pod).memoryBytes - memoryRequest(pod)]));
  const excessOf = (pod: Pod) => excess.get(pod) ?? 0;
  return [...pods].sort((left, right) => {
    const exceeds = Number(excessOf(right) > 0) - Number(excessOf(left) > 0);
    return exceeds || priorityOf(left) - priorityOf(right) || excessOf(right) - excessOf(left);
  });
}

function priorityOf(pod: Pod): number {
  return pod.spec.priority ?? 0;
}

/** v1resource.GetResourceRequestQuantity: the containers together, or the largest init container, and the overhead. */
export function memoryRequest({ spec }: Pod): number {
  const levelled = spec.resources?.requests?.['memory'];
  const requested = (container: { resources?: { requests?: Record<string, string | number> } }) =>
    wholeValue(container.resources?.requests?.['memory']);
  let sum = 0;
  for (const container of spec.containers) sum += requested(container);
  let sidecars = 0;
  let highest = 0;
  for (const container of spec.initContainers ?? []) {
    const request = requested(container);
    if (container.restartPolicy === 'Always') {
      sidecars += request;
      highest = Math.max(highest, sidecars);
    } else {
      highest = Math.max(highest, sidecars + request);
    }
  }
  const total = levelled === undefined ? Math.max(sum + sidecars, highest) : wholeValue(levelled);
  return total + wholeValue(spec.overhead?.['memory']);
}
