import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { Change, ControllerApi } from '../../machinery/controller.ts';
import { isBeingDeleted, keyOf } from '../../machinery/object.ts';
import { fromTimestamp, SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import { toleratesTaint } from '../../kinds/node/queries.ts';
import { PRESSURE_CONDITIONS, type Node } from '../../kinds/node/types.ts';
import { isCriticalPod, isPodTerminal, podCondition } from '../../kinds/pod/queries.ts';
import { podsByNode, type Pod, type PodStatus } from '../../kinds/pod/types.ts';
import { admissionFailures, isShortage, type AdmissionFailure } from './admission-check.ts';
import { makeRoom, PREEMPTING } from './critical-pods.ts';
import { KUBELET } from './pod-sync.ts';

const OS_LABEL = 'kubernetes.io/os';

/**
 * Whether a kubelet takes a new pod on. Source: pkg/kubelet/eviction/eviction_manager.go (Admit),
 * pkg/kubelet/lifecycle/predicate.go (Admit), pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go (Admit),
 * pkg/kubelet/kubelet.go (rejectPod).
 */

interface Rejection {
  reason: string;
  message: string;
}

/** A pod is taken on (undefined), rejected, or held until pods that are ended for it are gone. */
type Verdict = Rejection | 'wait' | undefined;

function judge(pod: Pod, node: Node, api: ControllerApi): Verdict {
  const { runtime } = node;
  const pressure = PRESSURE_CONDITIONS.filter((type) => runtime?.pressure?.[type]);
  if (pressure.length > 0 && !isAdmittedUnderPressure(pod, pressure)) {
    return { reason: 'Evicted', message: `The node had condition: [${pressure.join(' ')}]. ` };
  }
  // What the scheduler placed was held against the same rules at the same instant.
  const verdict = podCondition(pod, 'PodScheduled')?.status === 'True' ? undefined : judgeUnscheduled(pod, node, api);
  if (verdict) return verdict;
  if (runtime?.shutdown === undefined) return undefined;
  return { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };
}

function judgeUnscheduled(pod: Pod, node: Node, api: ControllerApi): Verdict {
  const os = judgeOperatingSystem(pod, node);
  if (os) return os;
  const active = api.by(podsByNode, node.metadata.name).filter(isActive);
  const staying = active.filter(({ runtime }) => runtime?.terminate?.reason !== PREEMPTING);
  const failures = admissionFailures(pod, node, staying);
  const [first] = isCriticalPod(pod) ? failures.filter((failure) => !isShortage(failure)) : failures;
  if (first) return rejectionFor(first);
  if (failures.length > 0) {
    const error = makeRoom(api, { pod, node, others: staying }, failures.filter(isShortage));
    if (error === undefined) return 'wait';
    const message = `Unexpected error while attempting to recover from admission failure: ${error}`;
    return { reason: 'UnexpectedAdmissionError', message };
  }
  const isRoomAwaited = staying.length < active.length && admissionFailures(pod, node, active).length > 0;
  return isRoomAwaited ? 'wait' : undefined;
}

function judgeOperatingSystem({ metadata, spec }: Pod, { metadata: { labels } }: Node): Rejection | undefined {
  const os = labels?.[OS_LABEL] ?? 'linux';
  const wanted = metadata.labels?.[OS_LABEL];
  if (wanted !== undefined && wanted !== os) {
    const message = `Failed to admit pod as the \`${OS_LABEL}\` label doesn't match node label`;
    return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message };
  }
  if (spec.os === undefined || spec.os.name === os) return undefined;
  return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
}

function rejectionFor(failure: AdmissionFailure): Rejection {
  if (!isShortage(failure)) {
    const { predicate, description } = failure;
    return { reason: predicate, message: `Predicate ${predicate} failed: ${description}` };
  }
  const { resource, requested, used, capacity } = failure;
  const sizes = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, ${sizes}` };
}

/** Whether a kubelet has taken a pod on and not yet ended it. */
function isActive(pod: Pod): boolean {
  return pod.runtime?.since !== undefined && !pod.runtime.done && !isPodTerminal(pod);
}

/** The pods of a node that wait to be taken on, once a pod that was ended for one of them is gone. */
export function podsAwaitingRoom({ old, new: pod }: Change<Pod>, view: ClusterView): string[] | undefined {
  const nodeName = old?.spec.nodeName;
  if (!old || !nodeName || old.runtime?.terminate?.reason !== PREEMPTING || !isActive(old)) return undefined;
  if (pod && isActive(pod)) return undefined;
  const waiting = view
    .by(podsByNode, nodeName)
    .filter((each) => each.runtime?.since === undefined && !isPodTerminal(each));
  return waiting.map(keyOf);
}

/** Critical pods always; under nothing but memory pressure all that are not BestEffort, or tolerate its taint. */
function isAdmittedUnderPressure(pod: Pod, pressure: readonly string[]): boolean {
  if (isCriticalPod(pod)) return true;
  if (pressure.length > 1 || pressure[0] !== 'MemoryPressure') return false;
  if (pod.status.qosClass !== 'BestEffort') return true;
  const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' } as const;
  return pod.spec.tolerations?.some((toleration) => toleratesTaint(toleration, taint)) ?? false;
}

/**
 * A pod is rejected so long after it was made, and looked at again then. Whoever owns a pod that is bound to a node by its
 * template makes another at once; without a pause that would go on for ever within one instant.
 */
const REJECTION_DELAY_MS = SECOND_MS;

/** Whether a kubelet may go on with a new pod. One that its node does not admit fails. */
export function admitPod(pod: Pod, node: Node, api: ControllerApi): boolean {
  // One that is to go already is only ended.
  if (isBeingDeleted(pod)) return true;
  const verdict = judge(pod, node, api);
  if (typeof verdict === 'object') {
    const dueMs = fromTimestamp(pod.metadata.creationTimestamp) + REJECTION_DELAY_MS;
    if (api.now < dueMs) api.requeueAt(dueMs);
    else rejectPod(pod, node, verdict, api);
  }
  return verdict === undefined;
}

function rejectPod(pod: Pod, node: Node, { reason, message }: Rejection, api: ControllerApi): void {
  api.event(pod, 'Warning', reason, message, { source: KUBELET, host: node.metadata.name });
  const { qosClass, conditions, startTime = toTimestamp(api.now) } = pod.status;
  const status: PodStatus = { phase: 'Failed', reason, message: `Pod was rejected: ${message}`, startTime };
  if (qosClass !== undefined) status.qosClass = qosClass;
  if (pod.metadata.generation !== undefined) status.observedGeneration = pod.metadata.generation;
  const others = conditions?.filter(({ type }) => type !== 'PodScheduled') ?? [];
  if (others.length > 0) status.conditions = others;
  api.updateStatus<Pod>({ ...pod, status });
}
