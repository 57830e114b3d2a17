import { isPodActive, isPodReady, podCondition } from '../../kinds/pod/queries.ts';
import type { ContainerStatus, Pod } from '../../kinds/pod/types.ts';
import { fromTimestamp } from '../../machinery/time.ts';

/**
 * Which pods go first when there are too many. Source: pkg/controller/controller_utils.go (ActivePodsWithRanks) and
 * pkg/controller/replicaset/replica_set.go (getPodsToDelete).
 */

export const POD_DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** A pod with the number of active pods of its family on its node. */
export interface RankedPod {
  pod: Pod;
  rank: number;
}

/** The `count` pods to delete of `pods`; `related` are all pods of the same controller's family, these included. */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count >= pods.length) return [...pods];
  const ranked = rankByNode(pods, related).sort((left, right) => compareForDeletion(left, right, now));
  return ranked.slice(0, count).map(({ pod }) => pod);
}

/** getPodsRankedByRelatedPodsOnSameNode */
export function rankByNode(pods: readonly Pod[], related: readonly Pod[]): RankedPod[] {
  const podsOnNode = new Map<string, number>();
  for (const pod of related) {
    if (!isPodActive(pod)) continue;
    const node = pod.spec.nodeName ?? '';
    podsOnNode.set(node, (podsOnNode.get(node) ?? 0) + 1);
  }
  return pods.map((pod) => ({ pod, rank: podsOnNode.get(pod.spec.nodeName ?? '') ?? 0 }));
}

/** ActivePods: the same order by the pods alone, without cost, neighbours or powers of two; what Jobs go by. */
export function rankForDeletion(pods: readonly Pod[]): Pod[] {
  return [...pods].sort(comparePlain);
}

function comparePlain(leftPod: Pod, rightPod: Pod): number {
  const left = { pod: leftPod, rank: 0 };
  const right = { pod: rightPod, rank: 0 };
  return (
    compareAssignment(left, right) ||
    comparePhase(left, right) ||
    compareReadiness(left, right) ||
    (isPodReady(leftPod) && isPodReady(rightPod) ? laterFirst(readySince(leftPod), readySince(rightPod)) : 0) ||
    compareRestarts(left, right) ||
    laterFirst(creationTime(leftPod), creationTime(rightPod))
  );
}

/** afterOrZero: no time at all before any, later before earlier. */
function laterFirst(left: number | undefined, right: number | undefined): number {
  if (left === right) return 0;
  if (left === undefined) return -1;
  return right === undefined ? 1 : right - left;
}

type Rule = (left: RankedPod, right: RankedPod, now: number) => number;

/** The rules in the order in which they decide; a negative answer deletes `left` first. */
const RULES: readonly Rule[] = [
  compareAssignment,
  comparePhase,
  compareReadiness,
  compareDeletionCost,
  compareNodeRank,
  compareReadyAge,
  compareRestarts,
  compareAge,
];

/** ActivePodsWithRanks.Less, as an order: below zero when `left` goes first. */
export function compareForDeletion(left: RankedPod, right: RankedPod, now: number): number {
  for (const rule of RULES) {
    const order = rule(left, right, now);
    if (order !== 0) return order;
  }
  return 0;
}

/** Not assigned to a node before assigned. */
function compareAssignment({ pod: left }: RankedPod, { pod: right }: RankedPod): number {
  return Number(Boolean(left.spec.nodeName)) - Number(Boolean(right.spec.nodeName));
}

const PHASE_ORDER: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/** Pending before unknown before running. */
function comparePhase({ pod: left }: RankedPod, { pod: right }: RankedPod): number {
  return (PHASE_ORDER[left.status.phase] ?? 0) - (PHASE_ORDER[right.status.phase] ?? 0);
}

/** Not ready before ready. */
function compareReadiness({ pod: left }: RankedPod, { pod: right }: RankedPod): number {
  return Number(isPodReady(left)) - Number(isPodReady(right));
}

/** Lower deletion cost before higher. */
function compareDeletionCost({ pod: left }: RankedPod, { pod: right }: RankedPod): number {
  return deletionCost(left) - deletionCost(right);
}

/** GetDeletionCostFromPodAnnotations: a 32-bit number as Go writes it; anything else counts as 0. */
export function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[POD_DELETION_COST];
  if (text === undefined || !/^(0|-[0-9]+|[1-9][0-9]*)$/.test(text)) return 0;
  const cost = Number(text);
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0;
}

/** On a node with more pods of the family before on one with fewer. */
function compareNodeRank(left: RankedPod, right: RankedPod): number {
  return right.rank - left.rank;
}

/** Ready for a shorter time (by powers of two) before ready for longer. */
function compareReadyAge({ pod: left }: RankedPod, { pod: right }: RankedPod, now: number): number {
  if (!isPodReady(left) || !isPodReady(right)) return 0;
  return compareTimes(left, right, readySince(left), readySince(right), now);
}

function readySince(pod: Pod): number | undefined {
  return fromTimestamp(podCondition(pod, 'Ready')?.lastTransitionTime);
}

/** Newer (by powers of two) before older. */
function compareAge({ pod: left }: RankedPod, { pod: right }: RankedPod, now: number): number {
  return compareTimes(left, right, creationTime(left), creationTime(right), now);
}

function creationTime(pod: Pod): number | undefined {
  return fromTimestamp(pod.metadata.creationTimestamp);
}

/** Later before earlier; ages of the same power of two count as equal and the uid decides. */
function compareTimes(
  left: Pod,
  right: Pod,
  leftTime: number | undefined,
  rightTime: number | undefined,
  now: number,
): number {
  if (leftTime === undefined || rightTime === undefined) return laterFirst(leftTime, rightTime);
  if (leftTime === rightTime) return 0;
  const difference = logarithmicAge(leftTime, now) - logarithmicAge(rightTime, now);
  if (difference !== 0) return difference;
  return left.metadata.uid < right.metadata.uid ? -1 : 1;
}

const NANOSECONDS_PER_MS = 1e6;

/** The whole power of two of an age in nanoseconds; -1 for none. */
function logarithmicAge(time: number, now: number): number {
  const age = (now - time) * NANOSECONDS_PER_MS;
  return age > 0 ? Math.floor(Math.log2(age)) : -1;
}

/** More restarts before fewer: of ordinary containers first, then of sidecars. */
function compareRestarts({ pod: left }: RankedPod, { pod: right }: RankedPod): number {
  const ordinary = maxRestarts(right.status.containerStatuses) - maxRestarts(left.status.containerStatuses);
  return ordinary !== 0 ? ordinary : maxSidecarRestarts(right) - maxSidecarRestarts(left);
}

function maxRestarts(statuses: readonly ContainerStatus[] | undefined): number {
  return Math.max(0, ...(statuses ?? []).map((status) => status.restartCount));
}

function maxSidecarRestarts(pod: Pod): number {
  const sidecars = new Set(
    (pod.spec.initContainers ?? [])
      .filter((container) => container.restartPolicy === 'Always')
      .map((container) => container.name),
  );
  if (sidecars.size === 0) return 0;
  return maxRestarts(pod.status.initContainerStatuses?.filter((status) => sidecars.has(status.name)));
}
