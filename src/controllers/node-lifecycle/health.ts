import { withCondition } from '../../machinery/conditions.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { fromTimestamp, toTimestamp } from '../../machinery/time.ts';
import { silentSince } from '../../kinds/fault/queries.ts';
import { isNodeReady } from '../../kinds/node/queries.ts';
import type { Node, NodeCondition } from '../../kinds/node/types.ts';
import { podsByNode, type PodCondition } from '../../kinds/pod/types.ts';

/**
 * What becomes of a node that is not heard of. The grace period is counted from the moment its heartbeats stopped (a
 * real one may be up to a lease's interval and a monitor's period off). Source: pkg/controller/nodelifecycle
 * (tryUpdateNodeHealth, monitorNodeHealth).
 */

const WATCHED_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Marks a silent node's conditions Unknown when its grace is over, and asks to be woken for it when it is not. */
export function monitorHealth(node: Node, api: ControllerApi): Node {
  const since = silentSince(api, node.metadata.name);
  if (since === undefined) return node;
  const due = giveUpAt(node, since, api);
  if (api.now < due) {
    api.requeueAt(due);
    return node;
  }
  const conditions = unknownConditions(node, api.now);
  if (conditions === node.status.conditions) return node;
  const updated = api.updateStatus<Node>({ ...node, status: { ...node.status, conditions } });
  if (!updated.ok) return node;
  if (isNodeReady(node)) {
    const { name } = node.metadata;
    api.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`, {
      source: 'node-controller',
    });
    markPodsNotReady(name, api);
  }
  return updated.value;
}

function giveUpAt(node: Node, since: number, api: ControllerApi): number {
  const created = fromTimestamp(node.metadata.creationTimestamp);
  const registered = node.status.conditions?.some((condition) => condition.type === 'Ready') ?? false;
  // Its kubelet never posted anything.
  if (!registered) return created + api.settings.nodeStartupGracePeriodMs;
  return Math.max(since, created) + api.settings.nodeMonitorGracePeriodMs;
}

function unknownConditions(node: Node, now: number): NodeCondition[] | undefined {
  let conditions = node.status.conditions;
  const time = toTimestamp(now);
  for (const type of WATCHED_CONDITIONS) {
    const current = conditions?.find((condition) => condition.type === type);
    if (!current) {
      const { creationTimestamp } = node.metadata;
      const never = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
      const condition = { type, status: 'Unknown' as const, lastHeartbeatTime: creationTimestamp, ...never };
      conditions = [...(conditions ?? []), { ...condition, lastTransitionTime: time }];
    } else if (current.status !== 'Unknown') {
      const stopped = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
      conditions = withCondition(conditions, { ...current, status: 'Unknown' as const, ...stopped }, now);
    }
  }
  return conditions;
}

/** MarkPodsNotReady: the Ready condition turns False and keeps its reason and message. */
function markPodsNotReady(nodeName: string, api: ControllerApi): void {
  for (const pod of api.by(podsByNode, nodeName)) {
    const ready = pod.status.conditions?.find((condition) => condition.type === 'Ready');
    if (ready?.status !== 'True') continue;
    const wanted: PodCondition = { ...ready, status: 'False' };
    const conditions = withCondition(pod.status.conditions, wanted, api.now);
    const updated = api.updateStatus({ ...pod, status: { ...pod.status, conditions } });
    if (updated.ok) api.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready', { source: 'node-controller' });
  }
}
