import type { Node } from '../../../kinds/node/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { wholeValue } from '../../../machinery/quantity.ts';
import { ADD, DELETE, UPDATE_NODE_ALLOCATABLE, UPDATE_POD_SCALE_DOWN, type ClusterEvent } from '../cluster-events.ts';
import type { Plugin, Rejection } from '../framework.ts';
import { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import { podRequests } from '../../../kinds/pod/requests.ts';
import { amountOf, amountsOf, type Amounts } from '../../../kinds/pod/amounts.ts';
import { scoreAllocation, podShares, type PodShare } from '../resource-scoring.ts';

const NAME = 'NodeResourcesFit';

/** Requests fit into what is allocatable. Source: pkg/scheduler/framework/plugins/noderesources/fit.go. */
export const nodeResourcesFit: Plugin<Amounts, readonly PodShare[]> = {
  name: NAME,
  preFilter({ pod }) {
    return { kind: 'state', state: pod.resources.requests };
  },
  filter(requests, node) {
    return fits(requests, node) ? undefined : refuse(requests, node);
  },
  preScore({ pod, settings }) {
    return podShares(pod, settings.schedulerScoringStrategy);
  },
  score(shares, node, { settings }) {
    return scoreAllocation(node, shares, settings.schedulerScoringStrategy);
  },
  hints: [
    {
      resource: 'AssignedPod',
      actions: DELETE | UPDATE_POD_SCALE_DOWN,
      helps: (pod, event) => event.action === DELETE || isRequestedFreed(pod, event),
    },
    { resource: 'TargetPod', actions: UPDATE_POD_SCALE_DOWN },
    { resource: 'Node', actions: ADD | UPDATE_NODE_ALLOCATABLE, helps: mayFitNode },
  ],
};

/** Whether nothing is missing, decided without naming what is. */
export function fits(requests: Amounts, node: NodeInfo): boolean {
  if (node.pods.size + 1 > node.allowedPods) return false;
  const { allocatable, requested } = node;
  if (requests.milliCpu > 0 && requests.milliCpu > allocatable.milliCpu - requested.milliCpu) return false;
  if (requests.memory > 0 && requests.memory > allocatable.memory - requested.memory) return false;
  if (
    requests.ephemeralStorage > 0 &&
    requests.ephemeralStorage > allocatable.ephemeralStorage - requested.ephemeralStorage
  ) {
    return false;
  }
  if (!requests.scalars) return true;
  for (const [name, amount] of requests.scalars) {
    if (amount > 0 && amount > amountOf(allocatable, name) - amountOf(requested, name)) return false;
  }
  return true;
}

function refuse(requests: Amounts, node: NodeInfo): Rejection {
  const reasons: string[] = [];
  let unresolvable = false;
  if (node.pods.size + 1 > node.allowedPods) reasons.push('Too many pods');
  const names = ['cpu', 'memory', 'ephemeral-storage', ...(requests.scalars?.keys() ?? [])];
  for (const name of names) {
    const wanted = amountOf(requests, name);
    const allocatable = amountOf(node.allocatable, name);
    if (wanted === 0 || wanted <= allocatable - amountOf(node.requested, name)) continue;
    reasons.push(`Insufficient ${name}`);
    if (wanted > allocatable) unresolvable = true;
  }
  return { plugin: NAME, reasons, unresolvable };
}

/** Whether the other pod, shrinking, frees something this one asks for. */
function isRequestedFreed(pod: PodInfo, event: ClusterEvent): boolean {
  const before = podRequests(event.old as Pod).requests;
  const after = podRequests(event.new as Pod).requests;
  const { requests } = pod.resources;
  const names = ['cpu', 'memory', 'ephemeral-storage', ...(requests.scalars?.keys() ?? [])];
  return names.some((name) => amountOf(requests, name) > 0 && amountOf(before, name) > amountOf(after, name));
}

/** Whether the pod fits the node while nothing else is on it, and did not before. */
function mayFitNode(pod: PodInfo, event: ClusterEvent): boolean {
  const node = event.new as Node;
  const { requests } = pod.resources;
  if (!fits(requests, new NodeInfo(node))) return false;
  if (!event.old) return true;
  const before = (event.old as Node).status?.allocatable;
  const after = node.status?.allocatable;
  if (wholeValue(after?.['pods']) > wholeValue(before?.['pods'])) return true;
  const old = amountsOf(before);
  const current = amountsOf(after);
  const names = ['cpu', 'memory', 'ephemeral-storage', ...(requests.scalars?.keys() ?? [])];
  return names.some((name) => amountOf(requests, name) > 0 && amountOf(current, name) > amountOf(old, name));
}
