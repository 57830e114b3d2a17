import { fromTimestamp, SECOND_MS } from '../../machinery/time.ts';
import type { Node, NodeCondition, Taint } from './types.ts';

/** Questions asked of nodes all over the model. */

export function nodeCondition(node: Node, type: string): NodeCondition | undefined {
  return node.status.conditions?.find((condition) => condition.type === type);
}

export function isNodeReady(node: Node): boolean {
  return nodeCondition(node, 'Ready')?.status === 'True';
}

/** taintutils.TaintExists: the same key and effect, whatever the value. */
export function hasTaint(node: Node, key: string, effect: string): boolean {
  return node.spec.taints?.some((taint) => taint.key === key && taint.effect === effect) ?? false;
}

export function noExecuteTaints(node: Node): Taint[] {
  return node.spec.taints?.filter((taint) => taint.effect === 'NoExecute') ?? [];
}

/** Kubelet's nodeLeaseRenewInterval: a quarter of the 40 s that a lease lasts. */
export const LEASE_RENEW_INTERVAL_MS = 10 * SECOND_MS;

/**
 * When the kubelet of a node renewed its lease last, in milliseconds: every 10 s since it registered, up to `until`
 * (now, or the moment its heartbeats stopped). Nothing is stored for it.
 */
export function heartbeatAt(node: Node, until: number): number {
  const start = fromTimestamp(node.metadata.creationTimestamp);
  if (until <= start) return start;
  return start + Math.floor((until - start) / LEASE_RENEW_INTERVAL_MS) * LEASE_RENEW_INTERVAL_MS;
}

/** The roles of a node, sorted, as kubectl's ROLES column finds them (printers/internalversion findNodeRoles). */
export function nodeRoles(node: Node): string[] {
  const roles = new Set<string>();
  const labels = node.metadata.labels ?? {};
  for (const key in labels) {
    if (key.startsWith('node-role.kubernetes.io/')) {
      const role = key.slice('node-role.kubernetes.io/'.length);
      if (role) roles.add(role);
    } else if (key === 'kubernetes.io/role' && labels[key]) {
      roles.add(labels[key]);
    }
  }
  return [...roles].sort();
}
