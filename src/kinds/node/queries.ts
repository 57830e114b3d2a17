import { fromTimestamp, SECOND_MS } from '../../machinery/time.ts';
import type { Node, NodeCondition, Taint } from './types.ts';

/** Questions asked of nodes all over the model. */

export function nodeCondition(node: Node, type: string): NodeCondition | undefined {
  return node.status.conditions?.find((condition) => condition.type === type);
}

export function isNodeReady(node: Node): boolean {
  return nodeCondition(node, 'Ready')?.status === 'True';
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

/** The parts of a toleration that matter here. */
export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

/** v1.Toleration.ToleratesTaint: an empty key with Exists tolerates every key, an empty effect every effect. */
export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  const operator = toleration.operator || 'Equal';
  if (operator === 'Exists') return true;
  const value = toleration.value ?? '';
  const actual = taint.value ?? '';
  if (operator === 'Equal') return value === actual;
  if ((operator !== 'Gt' && operator !== 'Lt') || !isInteger(value) || !isInteger(actual)) return false;
  return operator === 'Gt' ? BigInt(actual) > BigInt(value) : BigInt(actual) < BigInt(value);
}

function isInteger(text: string): boolean {
  return /^-?\d+$/.test(text);
}

/**
 * v1helper.GetMatchingTolerations: for each taint the first toleration that tolerates it; undefined when one of the
 * taints is not tolerated.
 */
export function matchingTolerations(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
): readonly Toleration[] | undefined {
  const matching: Toleration[] = [];
  for (const taint of taints) {
    const match = tolerations.find((toleration) => toleratesTaint(toleration, taint));
    if (!match) return undefined;
    matching.push(match);
  }
  return matching;
}

/** The node cordoned or not (kubectl pkg/drain/cordon.go); the same object when it is so already. */
export function withUnschedulable(node: Node, unschedulable: boolean): Node {
  const { unschedulable: before, ...spec } = node.spec;
  if ((before ?? false) === unschedulable) return node;
  return { ...node, spec: unschedulable ? { ...spec, unschedulable } : spec };
}
