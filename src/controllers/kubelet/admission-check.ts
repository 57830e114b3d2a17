import { toleratesTaint } from '../../kinds/node/queries.ts';
import { matchesRequiredNodeAffinity } from '../../kinds/node/selection.ts';
import type { Node } from '../../kinds/node/types.ts';
import { addAmounts, amountOf, amountsOf, noAmounts, type Amounts } from '../../kinds/pod/amounts.ts';
import { hostPortsOf, UsedPorts } from '../../kinds/pod/host-ports.ts';
import { podRequests } from '../../kinds/pod/requests.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import { wholeValue } from '../../machinery/quantity.ts';

/**
 * What a kubelet checks of a pod that nobody scheduled. Source: pkg/scheduler (AdmissionCheck),
 * pkg/kubelet/lifecycle/predicate.go (predicateAdmitHandler).
 */

/** A resource of which too little is left: millicores, bytes, pieces. */
export interface Shortage {
  resource: string;
  requested: number;
  used: number;
  capacity: number;
}

export interface FailedPredicate {
  predicate: string;
  description: string;
}

export type AdmissionFailure = Shortage | FailedPredicate;

export function isShortage(failure: AdmissionFailure): failure is Shortage {
  return 'resource' in failure;
}

/** Everything that stands against a pod on a node beside these others, shortages first. */
export function admissionFailures(pod: Pod, node: Node, others: readonly Pod[]): AdmissionFailure[] {
  return [...shortages(pod, node, others), ...failedPredicates(pod, node, others)];
}

function shortages(pod: Pod, node: Node, others: readonly Pod[]): Shortage[] {
  const found: Shortage[] = [];
  const capacity = amountsOf(node.status.allocatable);
  const allowedPods = wholeValue(node.status.allocatable?.['pods']);
  if (others.length + 1 > allowedPods) {
    found.push({ resource: 'pods', requested: 1, used: others.length, capacity: allowedPods });
  }
  const { requests } = podRequests(pod);
  const used = noAmounts();
  for (const other of others) addAmounts(used, podRequests(other).requests, 1);
  for (const resource of namesOf(requests, capacity)) {
    const requested = amountOf(requests, resource);
    const shortage = { resource, requested, used: amountOf(used, resource), capacity: amountOf(capacity, resource) };
    if (requested > 0 && requested > shortage.capacity - shortage.used) found.push(shortage);
  }
  return found;
}

/** Extended resources that the node does not know are somebody else's business. */
function namesOf(requests: Amounts, capacity: Amounts): string[] {
  const scalars = [...(requests.scalars?.keys() ?? [])].filter(
    (name) => !name.includes('/') || capacity.scalars?.has(name),
  );
  return ['cpu', 'memory', 'ephemeral-storage', ...scalars];
}

function failedPredicates(pod: Pod, node: Node, others: readonly Pod[]): FailedPredicate[] {
  const failed: FailedPredicate[] = [];
  if (!matchesRequiredNodeAffinity(pod, node)) {
    failed.push({ predicate: 'NodeAffinity', description: "node(s) didn't match Pod's node affinity/selector" });
  }
  if (hasPortConflict(pod, others)) {
    const description = "node(s) didn't have free ports for the requested pod ports";
    failed.push({ predicate: 'NodePorts', description });
  }
  if (!isStatic(pod) && hasUntoleratedTaint(pod, node)) {
    failed.push({ predicate: 'TaintToleration', description: "node(s) had taints that the pod didn't tolerate" });
  }
  return failed;
}

function hasPortConflict(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return false;
  const used = new UsedPorts();
  for (const other of others) for (const port of hostPortsOf(other)) used.add(port);
  return wanted.some((port) => used.conflicts(port));
}

/** A kubelet minds NoExecute alone. */
function hasUntoleratedTaint({ spec }: Pod, node: Node): boolean {
  return (node.spec.taints ?? []).some(
    (taint) => taint.effect === 'NoExecute' && !spec.tolerations?.some((each) => toleratesTaint(each, taint)),
  );
}

function isStatic({ metadata }: Pod): boolean {
  const source = metadata.annotations?.['kubernetes.io/config.source'];
  return source !== undefined && source !== 'api';
}
