import type { ClusterView } from '../../machinery/cluster-view.ts';
import { withCondition } from '../../machinery/conditions.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { NewObject } from '../../machinery/object.ts';
import { SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import { isActing, silentSince } from '../../kinds/fault/queries.ts';
import { Fault } from '../../kinds/fault/types.ts';
import { nodeCondition } from '../../kinds/node/queries.ts';
import { Node, type NodeCondition, type NodeRuntime, type ShutdownState } from '../../kinds/node/types.ts';
import { isCriticalPod, isPodTerminal } from '../../kinds/pod/queries.ts';
import { Pod, podsByNode } from '../../kinds/pod/types.ts';

const POD_REASON = 'Terminated';
const POD_MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
const NODE_REASON = 'KubeletNotReady';
const NODE_MESSAGE = 'node is shutting down';

/**
 * The shutdown managers of all kubelets: ordinary pods are ended first, then critical ones, each group within its part of
 * the grace period; then the machine is off, by a fault. Keys are names of nodes.
 * Source: pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go.
 */
export const nodeShutdown: Controller = {
  name: 'node-shutdown',
  watches: [
    watch(Node, ({ old, new: node }) => {
      if (!node || old?.runtime?.shutdown === node.runtime?.shutdown) return undefined;
      return node.metadata.name;
    }),
    watch(Pod, podKeys),
    watch(Fault, ({ old, new: fault }) => (fault ?? old)?.spec.nodeDown?.node),
  ],
  reconcile(name, api) {
    const node = api.getByKey(Node, name);
    const shutdown = node?.runtime?.shutdown;
    if (!node) return;
    if (!shutdown) postReady(api, node);
    else if (shutdown.fault !== undefined) noticeStart(api, node, shutdown.fault);
    else if (silentSince(api, name) === undefined) proceed(api, node, shutdown);
  },
};

function podKeys({ old, new: pod }: Change<Pod>, view: ClusterView): string | undefined {
  const nodeName = (pod ?? old)?.spec.nodeName;
  if (!nodeName || (old && pod && old.runtime === pod.runtime)) return undefined;
  const shutdown = view.get(Node, undefined, nodeName)?.runtime?.shutdown;
  return shutdown && shutdown.fault === undefined ? nodeName : undefined;
}

/** Goes on with a shutdown as far as it can at this moment. */
function proceed(api: ControllerApi, node: Node, shutdown: ShutdownState): void {
  if (shutdown.gracePeriodMs === 0) {
    turnOff(api, node, shutdown);
    return;
  }
  let current = shutdown;
  let stored = shutdown.group === undefined ? announce(api, node) : node;
  for (const group of ['regular', 'critical'] as const) {
    if (current.group === 'critical' && group === 'regular') continue;
    const pods = activePods(api, stored, group);
    if (pods.length === 0) continue;
    if (current.group !== group) current = { ...current, group, groupSinceMs: api.now };
    const periodMs = group === 'critical' ? shutdown.criticalPodsMs : shutdown.gracePeriodMs - shutdown.criticalPodsMs;
    const endMs = (current.groupSinceMs ?? api.now) + periodMs;
    for (const pod of pods) endPod(api, pod, Math.floor(periodMs / SECOND_MS));
    if (api.now >= endMs) continue;
    api.requeueAt(endMs);
    if (current !== shutdown) stored = remember(api, stored, current);
    return;
  }
  turnOff(api, stored, current);
}

/** The pods of a group that have not ended. */
function activePods(api: ControllerApi, node: Node, group: 'regular' | 'critical'): Pod[] {
  return api
    .by(podsByNode, node.metadata.name)
    .filter((pod) => pod.runtime?.since !== undefined && !pod.runtime.done && !isPodTerminal(pod))
    .filter((pod) => isCriticalPod(pod) === (group === 'critical'));
}

function endPod(api: ControllerApi, pod: Pod, periodSeconds: number): void {
  if (pod.runtime?.terminate) return;
  const graceSeconds = Math.min(pod.spec.terminationGracePeriodSeconds ?? periodSeconds, periodSeconds);
  const terminate = { reason: POD_REASON, message: POD_MESSAGE, graceSeconds } as const;
  api.updateStatus<Pod>({ ...pod, runtime: { ...pod.runtime, terminate } });
}

function announce(api: ControllerApi, node: Node): Node {
  const options = { source: 'kubelet', host: node.metadata.name };
  api.event(node, 'Normal', 'NodeShutdown', 'Shutdown manager detected shutdown event', options);
  return postCondition(api, node, { status: 'False', reason: NODE_REASON, message: NODE_MESSAGE }, 'NodeNotReady');
}

/** A node whose shutdown was called off, or that was started again before anyone missed it, is ready again. */
function postReady(api: ControllerApi, node: Node): void {
  const ready = nodeCondition(node, 'Ready');
  if (ready?.status !== 'False' || ready.message !== NODE_MESSAGE || ready.reason !== NODE_REASON) return;
  if (silentSince(api, node.metadata.name) !== undefined) return;
  const wanted = { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' } as const;
  postCondition(api, node, wanted, 'NodeReady');
}

function postCondition(
  api: ControllerApi,
  node: Node,
  verdict: Pick<NodeCondition, 'status' | 'reason' | 'message'>,
  event: string,
): Node {
  const before = nodeCondition(node, 'Ready');
  const wanted: NodeCondition = { ...before, type: 'Ready', ...verdict, lastHeartbeatTime: toTimestamp(api.now) };
  const conditions = withCondition(node.status.conditions, wanted, api.now);
  const updated = api.updateStatus<Node>({ ...node, status: { ...node.status, conditions } });
  if (!updated.ok) return node;
  if (before?.status !== verdict.status) {
    const { name } = node.metadata;
    api.event(node, 'Normal', event, `Node ${name} status is now: ${event}`, { source: 'kubelet', host: name });
  }
  return updated.value;
}

function remember(api: ControllerApi, node: Node, shutdown: ShutdownState): Node {
  const updated = api.updateStatus<Node>({ ...node, runtime: { ...node.runtime, shutdown } });
  return updated.ok ? updated.value : node;
}

function turnOff(api: ControllerApi, node: Node, shutdown: ShutdownState): void {
  const { name } = node.metadata;
  const fault: NewObject<Fault> = {
    apiVersion: Fault.apiVersion,
    kind: Fault.kind,
    metadata: { generateName: `shutdown-${name}-` },
    spec: { nodeDown: { node: name } },
    status: {},
  };
  const created = api.create(fault);
  if (created.ok) remember(api, node, { ...shutdown, fault: created.value.metadata.name });
}

/** Once the fault that keeps a machine off has ended, the machine is on again. */
function noticeStart(api: ControllerApi, node: Node, name: string): void {
  const fault = api.get(Fault, undefined, name);
  if (fault && isActing(fault, api.now) && fault.metadata.deletionTimestamp === undefined) return;
  const { shutdown: _, ...runtime }: NodeRuntime = node.runtime ?? {};
  api.updateStatus<Node>({ ...node, runtime });
}
