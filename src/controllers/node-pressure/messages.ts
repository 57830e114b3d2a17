import type { ClusterView } from '../../machinery/cluster-view.ts';
import { formatBytes, wholeValue } from '../../machinery/quantity.ts';
import { containerUsage } from '../../kinds/imageprofile/queries.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import type { MetThreshold } from './thresholds.ts';

/** Why a pod is evicted, as its event and its status say. Source: pkg/kubelet/eviction/helpers.go (evictionMessage). */
export function evictionMessage(view: ClusterView, pod: Pod, threshold: MetThreshold): string {
  const { resource, thresholdText, availableText } = threshold;
  let message =
    `The node was low on resource: ${resource}. ` +
    `Threshold quantity: ${thresholdText}, available: ${availableText}. `;
  if (resource !== 'memory') return message;
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    const used = containerUsage(view, pod, container)?.memoryBytes;
    const request = container.resources?.requests?.['memory'];
    if (used === undefined || used <= wholeValue(request)) continue;
    message +=
      `Container ${container.name} was using ${formatBytes(used)}, request is ${request ?? '0'}, ` +
      `has larger consumption of ${resource}. `;
  }
  return message;
}
