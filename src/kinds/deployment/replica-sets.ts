import type { ReplicaSet } from '../replicaset/types.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { revisionOf } from './annotations.ts';
import { sameTemplate } from './template.ts';
import type { Deployment } from './types.ts';

/** Counting, ordering and telling apart the ReplicaSets of a Deployment. Source: deployment_util.go, controller_utils.go. */

/** A Deployment's ReplicaSets: the one with its template, and all others. */
export interface ReplicaSetFamily {
  newest: ReplicaSet | undefined;
  old: readonly ReplicaSet[];
}

export function replicasOf(replicaSet: ReplicaSet): number {
  return replicaSet.spec.replicas ?? 1;
}

export function allOf({ newest, old }: ReplicaSetFamily): ReplicaSet[] {
  return newest ? [...old, newest] : [...old];
}

/** FilterActiveReplicaSets: those that should have pods. */
export function activeOf(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return replicaSets.filter((replicaSet) => replicasOf(replicaSet) > 0);
}

/** The sum of what the ReplicaSets ask for. */
export function desiredCount(replicaSets: readonly ReplicaSet[]): number {
  return sum(replicaSets, replicasOf);
}

/** The sum of the pods there are. */
export function actualCount(replicaSets: readonly ReplicaSet[]): number {
  return sum(replicaSets, ({ status }) => status.replicas);
}

export function readyCount(replicaSets: readonly ReplicaSet[]): number {
  return sum(replicaSets, ({ status }) => status.readyReplicas ?? 0);
}

export function availableCount(replicaSets: readonly ReplicaSet[]): number {
  return sum(replicaSets, ({ status }) => status.availableReplicas ?? 0);
}

/**
 * The pods on their way out. A ReplicaSet that was never reconciled has none; one that was and did not count them makes
 * the sum unknown: undefined.
 */
export function terminatingCount(replicaSets: readonly ReplicaSet[]): number | undefined {
  let total = 0;
  for (const { status } of replicaSets) {
    if (status.terminatingReplicas === undefined && (status.observedGeneration ?? 0) > 0) return undefined;
    total += status.terminatingReplicas ?? 0;
  }
  return total;
}

function sum(replicaSets: readonly ReplicaSet[], count: (replicaSet: ReplicaSet) => number): number {
  let total = 0;
  for (const replicaSet of replicaSets) total += count(replicaSet);
  return total;
}

type Order = (left: ReplicaSet, right: ReplicaSet) => number;

function creationTime({ metadata }: ReplicaSet): number {
  return fromTimestamp(metadata.creationTimestamp);
}

function compareNames(left: ReplicaSet, right: ReplicaSet): number {
  if (left.metadata.name === right.metadata.name) return 0;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}

/** ReplicaSetsByCreationTimestamp: oldest first, then by name. */
export const oldestFirst: Order = (left, right) =>
  creationTime(left) - creationTime(right) || compareNames(left, right);

/** ReplicaSetsBySizeOlder: largest first, older before newer. */
export const largestOldestFirst: Order = (left, right) =>
  replicasOf(right) - replicasOf(left) || oldestFirst(left, right);

/** ReplicaSetsBySizeNewer: largest first, newer before older. */
export const largestNewestFirst: Order = (left, right) =>
  replicasOf(right) - replicasOf(left) || -oldestFirst(left, right);

/** ReplicaSetsByRevision: lowest revision first, then oldest first. */
export const lowestRevisionFirst: Order = (left, right) =>
  revisionOf(left) - revisionOf(right) || oldestFirst(left, right);

/** The ReplicaSet with the Deployment's template (the oldest, should there be several), and the others. */
export function splitFamily(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSetFamily {
  const newest = [...replicaSets]
    .sort(oldestFirst)
    .find((replicaSet) => sameTemplate(replicaSet.spec.template, deployment.spec.template));
  return { newest, old: replicaSets.filter((replicaSet) => replicaSet !== newest) };
}

/**
 * FindActiveOrLatest: the only ReplicaSet with pods; the newest where none has any; undefined where several have.
 */
export function activeOrLatest({ newest, old }: ReplicaSetFamily): ReplicaSet | undefined {
  const newestFirst = [...old].sort((left, right) => oldestFirst(right, left));
  const active = activeOf(newest ? [...newestFirst, newest] : newestFirst);
  if (active.length > 1) return undefined;
  return active[0] ?? newest ?? newestFirst[0];
}

/** MaxRevision: the highest revision of the ReplicaSets, 0 where there is none. */
export function maxRevision(replicaSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...replicaSets.map(revisionOf));
}

/** LastRevision: the highest but one, 0 where there is none. */
export function lastRevision(replicaSets: readonly ReplicaSet[]): number {
  const revisions = replicaSets.map(revisionOf).sort((left, right) => right - left);
  return revisions[1] ?? 0;
}

/** Whether nothing keeps an old ReplicaSet from being forgotten: it has no pods, wants none, and knows it. */
export function isSpent(replicaSet: ReplicaSet): boolean {
  const { metadata, status } = replicaSet;
  return (
    status.replicas === 0 &&
    replicasOf(replicaSet) === 0 &&
    (metadata.generation ?? 0) <= (status.observedGeneration ?? 0) &&
    !isBeingDeleted(replicaSet)
  );
}
