import { Node } from '../../kinds/node/types.ts';
import { Namespace } from '../../kinds/namespace/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { Pod, podsByNode } from '../../kinds/pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { kindKey } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import { ADD, DELETE, nodeChanges, podChanges, UPDATE, type HintContext } from './cluster-events.ts';
import { ChangeLog } from './change-log.ts';
import { FailureMemo } from './failure-memo.ts';
import { Placements } from './placements.ts';
import { isGated, isPending, schedulingRecord } from './queued-pod.ts';
import { SchedulingQueue } from './scheduling-queue.ts';
import { Snapshot } from './snapshot.ts';

/**
 * What the scheduler derives from the objects of one cluster and keeps at hand: the nodes with what is on them, and the
 * queue. It is told every change, and could be thrown away and built again at any time.
 */
export class SchedulerMemory {
  readonly snapshot: Snapshot;
  readonly queue: SchedulingQueue;
  readonly log = new ChangeLog();
  readonly placements = new Placements(this.log);
  readonly failures = new FailureMemo(this.log);
  private readonly view: ClusterView;
  readonly context: HintContext;

  constructor(view: ClusterView, settings: ClusterSettings) {
    this.view = view;
    this.snapshot = Snapshot.of(view);
    this.snapshot.observer = this.log;
    this.queue = new SchedulingQueue(settings);
    this.context = { view, settings, namespaceLabels: (name) => view.get(Namespace, undefined, name)?.metadata.labels };
    // Pods that were on nodes before anybody listened.
    for (const info of this.snapshot.withAffinity) {
      for (const pod of info.podsWithAffinity.values()) this.log.podCounted(info, pod, 1);
    }
    this.fillQueue();
  }

  /** Lets go of what has waited its time. */
  release(): void {
    this.queue.release(this.view.now, this.context);
  }

  nodeChanged(old: Node | undefined, current: Node | undefined): void {
    this.snapshot.nodeChanged(old, current, this.view);
    if (!this.queue.hasParked) return;
    const actions = old && current ? nodeChanges(old, current) : [current ? ADD : DELETE];
    for (const action of actions) this.queue.wake({ resource: 'Node', action, old, new: current }, this.context);
  }

  podChanged(old: Pod | undefined, current: Pod | undefined): void {
    this.snapshot.podChanged(old, current);
    this.queuePod(old, current);
    const before = isAssigned(old);
    const after = isAssigned(current);
    if (this.queue.hasParked && (before || after)) this.assignedPodChanged(old, current, before, after);
    if (!before && old) this.nominationChanged(old, current);
  }

  /** Affinity to pods of other namespaces asks for the labels of those. */
  namespaceChanged(old: Namespace | undefined, current: Namespace | undefined): void {
    if (deepEqual(old?.metadata.labels, current?.metadata.labels)) return;
    this.log.reset();
    if (current) this.objectChanged(old, current);
  }

  /** A change of any other object that pods may wait for: a claim, a volume. */
  objectChanged(old: KubeObject | undefined, current: KubeObject | undefined): void {
    const object = current ?? old;
    if (!object || !this.queue.hasParked) return;
    const resource = kindKey(object.apiVersion, object.kind);
    const action = old && current ? UPDATE : current ? ADD : DELETE;
    this.queue.wake({ resource, action, old, new: current }, this.context);
  }

  private assignedPodChanged(old: Pod | undefined, current: Pod | undefined, before: boolean, after: boolean): void {
    const event = { resource: 'AssignedPod', old: before ? old : undefined, new: after ? current : undefined };
    const actions = before && after && old && current ? podChanges(old, current) : [after ? ADD : DELETE];
    for (const action of actions) {
      if (action !== UPDATE) this.queue.wake({ ...event, action }, this.context);
    }
  }

  /** A pod that no longer waits for room on its nominated node makes that room free for pods of its priority and below. */
  private nominationChanged(old: Pod, current: Pod | undefined): void {
    const nominated = old.status.nominatedNodeName;
    if (!nominated || isAssigned(current) || nominated === current?.status.nominatedNodeName) return;
    const event = { resource: 'AssignedPod', action: DELETE, old, new: undefined };
    this.queue.wake(event, this.context, old.spec.priority ?? 0);
  }

  private queuePod(old: Pod | undefined, current: Pod | undefined): void {
    const uid = (current ?? old)?.metadata.uid ?? '';
    if (!isPending(current) || isGated(current)) {
      if (isPending(old)) this.queue.forget(uid);
      return;
    }
    if (!old || !isPending(old) || isGated(old) || schedulingRecord(old) !== schedulingRecord(current)) {
      this.queue.forget(uid);
      this.queue.add(current, this.view.createdRevision(uid) ?? 0);
      return;
    }
    if (!this.queue.isParked(uid)) return;
    this.queue.refresh(current);
    for (const action of podChanges(old, current)) {
      this.queue.wakeOne(uid, { resource: 'TargetPod', action, old, new: current }, this.context);
    }
  }

  private fillQueue(): void {
    const pods = this.view.by(podsByNode, '').filter((pod) => isPending(pod) && !isGated(pod));
    // Parked pods are kept in the order of their last attempts.
    const noted = pods.filter(schedulingRecord).sort((left, right) => attemptedAt(left) - attemptedAt(right));
    const fresh = pods.filter((pod) => !schedulingRecord(pod));
    for (const pod of [...noted, ...fresh]) this.queue.add(pod, this.view.createdRevision(pod.metadata.uid) ?? 0);
  }
}

function attemptedAt(pod: Pod): number {
  return schedulingRecord(pod)?.at ?? 0;
}

/** Whether a pod takes room on a node. */
function isAssigned(pod: Pod | undefined): boolean {
  return pod !== undefined && !!pod.spec.nodeName && !isPodTerminal(pod);
}
