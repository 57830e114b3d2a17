import type { ControllerApi } from '../../machinery/controller.ts';
import { toTimestamp } from '../../machinery/time.ts';
import { toleratesTaint } from '../../kinds/node/queries.ts';
import { PRESSURE_CONDITIONS, type Node } from '../../kinds/node/types.ts';
import { isCriticalPod } from '../../kinds/pod/queries.ts';
import type { Pod, PodStatus } from '../../kinds/pod/types.ts';
import { KUBELET } from './pod-sync.ts';

/**
 * Whether a kubelet takes a new pod on. Source: pkg/kubelet/eviction/eviction_manager.go (Admit),
 * pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go (Admit), pkg/kubelet/kubelet.go (rejectPod).
 */

interface Rejection {
  reason: 'Evicted' | 'NodeShutdown';
  message: string;
}

function rejectionOf(pod: Pod, { runtime }: Node): Rejection | undefined {
  const pressure = PRESSURE_CONDITIONS.filter((type) => runtime?.pressure?.[type]);
  if (pressure.length > 0 && !isAdmittedUnderPressure(pod, pressure)) {
    return { reason: 'Evicted', message: `The node had condition: [${pressure.join(' ')}]. ` };
  }
  if (runtime?.shutdown === undefined) return undefined;
  return { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };
}

/** Critical pods always; under nothing but memory pressure all that are not BestEffort, or tolerate its taint. */
function isAdmittedUnderPressure(pod: Pod, pressure: readonly string[]): boolean {
  if (isCriticalPod(pod)) return true;
  if (pressure.length > 1 || pressure[0] !== 'MemoryPressure') return false;
  if (pod.status.qosClass !== 'BestEffort') return true;
  const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' } as const;
  return pod.spec.tolerations?.some((toleration) => toleratesTaint(toleration, taint)) ?? false;
}

/** Fails a pod that its node does not admit; false where it does. */
export function rejectPod(pod: Pod, node: Node, api: ControllerApi): boolean {
  const rejection = rejectionOf(pod, node);
  if (!rejection) return false;
  const { reason, message } = rejection;
  api.event(pod, 'Warning', reason, message, { source: KUBELET, host: node.metadata.name });
  const { qosClass, conditions, startTime = toTimestamp(api.now) } = pod.status;
  const status: PodStatus = { phase: 'Failed', reason, message: `Pod was rejected: ${message}`, startTime };
  if (qosClass !== undefined) status.qosClass = qosClass;
  if (pod.metadata.generation !== undefined) status.observedGeneration = pod.metadata.generation;
  const others = conditions?.filter(({ type }) => type !== 'PodScheduled') ?? [];
  if (others.length > 0) status.conditions = others;
  api.updateStatus<Pod>({ ...pod, status });
  return true;
}
