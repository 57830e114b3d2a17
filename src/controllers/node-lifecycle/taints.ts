import {
  NOT_READY_TAINT,
  UNREACHABLE_TAINT,
  UNSCHEDULABLE_TAINT,
  type Node,
  type Taint,
} from '../../kinds/node/types.ts';

/** Which taints a node's conditions ask for. Source: pkg/controller/nodelifecycle (doNoScheduleTaintingPass). */

/** Condition type and status → the key of the NoSchedule taint. */
const CONDITION_TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: NOT_READY_TAINT, Unknown: UNREACHABLE_TAINT },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};

const MANAGED_KEYS = new Set([UNSCHEDULABLE_TAINT, ...Object.values(CONDITION_TAINTS).flatMap(Object.values<string>)]);

/** The keys of the NoSchedule taints that the node should have of those that are the controller's. */
function wantedKeys(node: Node): string[] {
  const keys: string[] = [];
  for (const { type, status } of node.status.conditions ?? []) {
    const key = CONDITION_TAINTS[type]?.[status];
    if (key !== undefined) keys.push(key);
  }
  if (node.spec.unschedulable) keys.push(UNSCHEDULABLE_TAINT);
  return keys;
}

/** The node's taints with its NoSchedule taints as its conditions ask; the same list when they are right. */
export function withConditionTaints(node: Node, timeAdded: string): Taint[] | undefined {
  const wanted = wantedKeys(node);
  const isManaged = (taint: Taint) => taint.effect === 'NoSchedule' && MANAGED_KEYS.has(taint.key);
  const taints = node.spec.taints;
  if (wanted.length === 0 && !taints?.some(isManaged)) return taints;
  const kept = (taints ?? []).filter((taint) => !isManaged(taint) || wanted.includes(taint.key));
  const present = new Set(kept.filter((taint) => taint.effect === 'NoSchedule').map((taint) => taint.key));
  const added = wanted.filter((key) => !present.has(key));
  if (added.length === 0 && kept.length === taints?.length) return taints;
  return [...kept, ...added.map((key) => ({ key, effect: 'NoSchedule' as const, timeAdded }))];
}

const OUTAGE_KEYS = [NOT_READY_TAINT, UNREACHABLE_TAINT];

/** The NoExecute taint that a node which is not ready gets: undefined for a ready one, or one never heard of. */
export function outageTaintKey(node: Node): string | undefined {
  const ready = node.status.conditions?.find((condition) => condition.type === 'Ready');
  if (ready?.status === 'False') return NOT_READY_TAINT;
  return ready?.status === 'Unknown' ? UNREACHABLE_TAINT : undefined;
}

/** The NoExecute taint for being away that the node has. */
export function outageTaint(node: Node): Taint | undefined {
  return node.spec.taints?.find((taint) => taint.effect === 'NoExecute' && OUTAGE_KEYS.includes(taint.key));
}

/** The node's taints with one NoExecute taint for being away (or none). */
export function withOutageTaint(node: Node, key: string | undefined, timeAdded: string): Taint[] {
  const others = (node.spec.taints ?? []).filter(
    (taint) => taint.effect !== 'NoExecute' || !OUTAGE_KEYS.includes(taint.key),
  );
  return key === undefined ? others : [...others, { key, effect: 'NoExecute', timeAdded }];
}

/** The node with these taints; no list where there are none. */
export function withTaints(node: Node, taints: Taint[] | undefined): Node {
  const { taints: _, ...spec } = node.spec;
  return { ...node, spec: taints && taints.length > 0 ? { ...spec, taints } : spec };
}
