import type { Pod } from '../../kinds/pod/types.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromTimestamp } from '../../machinery/time.ts';

/** What the scheduler notes in a pod's `runtime` when it could not place it; gone once the pod has a node. */
export interface SchedulingRecord {
  /** How many attempts failed. */
  attempts: number;
  /** Simulated time of the last attempt, in milliseconds. */
  at: number;
  /** The plugins that refused the pod, sorted; none when there was no node at all. */
  plugins: readonly string[];
  /** When something happened that may help while the pod was backing off. */
  wokenAt?: number;
  /** The pod has its node, and has waited since then for its volumes: see volumes/bind-volumes.ts. */
  bindingSince?: number;
}

export const SCHEDULER_NAME = 'default-scheduler';

/** A pod without a node has nothing else in its `runtime`: the kubelet begins its own once there is one. */
interface UnboundPod extends KubeObject {
  runtime?: { scheduling: SchedulingRecord };
}

export function schedulingRecord(pod: Pod): SchedulingRecord | undefined {
  return (pod as UnboundPod).runtime?.scheduling;
}

/** The pod with this note and no other. */
export function withRecord(pod: Pod, scheduling: SchedulingRecord): Pod {
  return { ...(pod as UnboundPod), runtime: { scheduling } } as KubeObject as Pod;
}

/** Whether a pod is this scheduler's to place. */
export function isPending(pod: Pod | undefined): pod is Pod {
  return (
    pod !== undefined &&
    !pod.spec.nodeName &&
    pod.metadata.deletionTimestamp === undefined &&
    pod.status.phase === 'Pending' &&
    (pod.spec.schedulerName ?? SCHEDULER_NAME) === SCHEDULER_NAME
  );
}

export function isGated(pod: Pod): boolean {
  return (pod.spec.schedulingGates?.length ?? 0) > 0;
}

/** A pod's place in the queue: priority, then the time it was queued, then the order of creation. */
export interface QueueOrder {
  readonly priority: number;
  readonly since: number;
  readonly created: number;
}

export function queueOrderOf(pod: Pod, created: number): QueueOrder {
  const since = schedulingRecord(pod)?.at ?? fromTimestamp(pod.metadata.creationTimestamp);
  return { priority: pod.spec.priority ?? 0, since, created };
}

/** Negative when `left` is to be tried before `right`. Source: pkg/scheduler/framework/plugins/queuesort. */
export function compareQueueOrder(left: QueueOrder, right: QueueOrder): number {
  return right.priority - left.priority || left.since - right.since || left.created - right.created;
}
