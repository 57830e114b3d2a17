import type { ControllerApi } from '../../machinery/controller.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { DEFAULT_SETTINGS, type ClusterSettings } from '../../machinery/settings.ts';
import { fromTimestamp, SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import { nodeCondition } from '../../kinds/node/queries.ts';
import { NOT_READY_NODES, nodesByReadiness, READY_NODES, zoneReadinessKey, type Node } from '../../kinds/node/types.ts';
import { outageTaint, outageTaintKey, withOutageTaint, withTaints } from './taints.ts';

/**
 * Who is given up when a zone loses nodes, and how fast. Source: pkg/controller/nodelifecycle (handleDisruption,
 * ComputeZoneState, doNoExecuteTaintingPass) and the flags of kube-controller-manager.
 */

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** ComputeZoneState */
export function zoneState(
  readyNodes: number,
  notReadyNodes: number,
  settings: ClusterSettings = DEFAULT_SETTINGS,
): ZoneState {
  if (readyNodes === 0 && notReadyNodes > 0) return 'FullDisruption';
  const share = notReadyNodes / (readyNodes + notReadyNodes);
  return notReadyNodes > 2 && share >= settings.unhealthyZoneThreshold ? 'PartialDisruption' : 'Normal';
}

/** Milliseconds between two nodes that are given up; undefined when none is. */
export function evictionIntervalMs(
  readyNodes: number,
  notReadyNodes: number,
  settings: ClusterSettings = DEFAULT_SETTINGS,
): number | undefined {
  const isPartlyDown = zoneState(readyNodes, notReadyNodes, settings) === 'PartialDisruption';
  const isLarge = readyNodes + notReadyNodes > settings.largeClusterSizeThreshold;
  const rate = isPartlyDown ? (isLarge ? settings.secondaryNodeEvictionRate : 0) : settings.nodeEvictionRate;
  return rate > 0 ? SECOND_MS / rate : undefined;
}

/** Whether no node of the cluster is ready: then it is the control plane that is cut off, and nobody is given up. */
export function isWholeClusterDown(view: ClusterView): boolean {
  return view.countBy(nodesByReadiness, READY_NODES) === 0;
}

/** Gives up at most one node of a zone now, and says when the next one is due. */
export function reconcileZone(zone: string, api: ControllerApi): void {
  const lost = api.by(nodesByReadiness, zoneReadinessKey(zone, NOT_READY_NODES));
  if (lost.length === 0) return;
  if (isWholeClusterDown(api)) {
    for (const node of lost) if (outageTaint(node)) taint(node, undefined, api);
    return;
  }
  const waiting = swapTaints(lost, api);
  const ready = api.countBy(nodesByReadiness, zoneReadinessKey(zone, READY_NODES));
  const interval = evictionIntervalMs(ready, lost.length, api.settings);
  if (waiting.length === 0 || interval === undefined) return;
  const next = lastTaintedAt(lost) + interval;
  if (api.now < next) {
    api.requeueAt(next);
    return;
  }
  const [first] = waiting.sort((left, right) => lostAt(left) - lostAt(right));
  if (first) taint(first, outageTaintKey(first), api);
  if (waiting.length > 1) api.requeueAt(fromTimestamp(toTimestamp(api.now)) + interval);
}

/** Nodes that need a taint; one that has the other of the two gets it swapped at once. */
function swapTaints(lost: readonly Node[], api: ControllerApi): Node[] {
  const waiting: Node[] = [];
  for (const node of lost) {
    const wanted = outageTaintKey(node);
    if (wanted === undefined) continue;
    const present = outageTaint(node);
    if (!present) waiting.push(node);
    else if (present.key !== wanted) taint(node, wanted, api);
  }
  return waiting;
}

function taint(node: Node, key: string | undefined, api: ControllerApi): void {
  api.update(withTaints(node, withOutageTaint(node, key, toTimestamp(api.now))));
}

function lastTaintedAt(nodes: readonly Node[]): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const node of nodes) {
    const at = fromTimestamp(outageTaint(node)?.timeAdded);
    if (at !== undefined && at > last) last = at;
  }
  return last;
}

function lostAt(node: Node): number {
  return fromTimestamp(nodeCondition(node, 'Ready')?.lastTransitionTime) ?? 0;
}
