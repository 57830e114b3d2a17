import type { ControllerApi } from '../../machinery/controller.ts';
import { MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';

import { isPodReady } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { finishedTime, remainingBackoff } from './backoff.ts';
import { createPods, type Creation } from './create-pods.ts';
import { firstFreeIndexes, hasIndex, mergeIntervals, withIndexes } from './indexes.ts';
import {
  completionIndex,
  indexFailureCount,
  indexIgnoredFailureCount,
  isPodFailed,
  isTerminating,
  isTracked,
  releaseFinalizer,
  validIndex,
} from './pods.ts';
import { isIndexed, replacesFailedPodsOnly } from './queries.ts';
import { rankForDeletion } from './ranking.ts';
import { indexesOf, type JobSync } from './sync.ts';

type Retry = NonNullable<JobSync['retry']>;

/** The work queue's wait after an error, doubled each time. */
const FIRST_RETRY_MS = SECOND_MS;
const LONGEST_RETRY_MS = MINUTE_MS;
/** Most pods made or deleted in one sync. */
const PODS_PER_SYNC = 500;

/**
 * Brings the number of active pods to what the job wants now: never more than its parallelism or the completions left.
 * Deleting comes before creating; one sync does only one of them. Source: manageJob in job_controller.go.
 */
export function manageActivePods(sync: JobSync, api: ControllerApi): void {
  const { job, activePods } = sync;
  if (job.spec.suspend) {
    deletePods(sync, api, podsToRemove(sync, activePods.length));
    return;
  }
  const wanted = wantedActive(sync);
  const surplus = podsToRemove(sync, Math.max(0, sync.active - wanted));
  if (surplus.length > 0) {
    deletePods(sync, api, surplus.slice(0, PODS_PER_SYNC));
    if (surplus.length > PODS_PER_SYNC) api.requeue();
    return;
  }
  const terminating = replacesFailedPodsOnly(job) ? sync.terminating : 0;
  const missing = wanted - terminating - sync.active;
  if (missing > 0) create(sync, api, missing);
}

function wantedActive({ job, active, succeeded }: JobSync): number {
  const { completions, parallelism } = job.spec;
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded));
}

function create(sync: JobSync, api: ControllerApi, missing: number): void {
  const { job, backoff } = sync;
  const perIndex = job.spec.backoffLimitPerIndex !== undefined;
  if (!perIndex && backoff) {
    const wait = remainingBackoff(backoff.failuresAfterLastSuccess, backoff.lastFailureTimeMs, api.now);
    if (wait > 0) return api.requeueAt(api.now + wait);
  }
  const { retry } = job.runtime ?? {};
  if (retry && mustWait(sync, retry, api.now)) {
    sync.retry = retry;
    return;
  }
  const count = Math.min(missing, PODS_PER_SYNC);
  if (missing > PODS_PER_SYNC) api.requeue();
  if (!isIndexed(job)) {
    return createNow(
      sync,
      api,
      Array.from({ length: count }, () => ({})),
    );
  }
  const delayed = delayedPods(sync);
  const creations: Creation[] = [];
  let shortestWait = Number.POSITIVE_INFINITY;
  for (const index of freeIndexes(sync, count)) {
    const replaces = delayed.get(index);
    const wait = perIndex && replaces ? backoffOfIndex(replaces, api.now) : 0;
    if (wait > 0) shortestWait = Math.min(shortestWait, wait);
    else creations.push({ index, replaces });
  }
  if (shortestWait < Number.POSITIVE_INFINITY) api.requeueAt(api.now + shortestWait);
  createNow(sync, api, creations);
}

function createNow(sync: JobSync, api: ControllerApi, creations: readonly Creation[]): void {
  const { job } = sync;
  const created = createPods(api, job, creations);
  sync.active += created;
  if (created === creations.length) return;
  const failures = (job.runtime?.retry?.failures ?? 0) + 1;
  const delay = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
  sync.retry = { failures, atMs: api.now + delay, generation: job.metadata.generation ?? 0 };
}

/** After a refusal the next attempt waits, unless the job or its pods have changed. */
function mustWait({ job, active, newFailed, newSucceeded }: JobSync, retry: Retry, now: number): boolean {
  const isSame = active === (job.status.active ?? 0) && newFailed.length + newSucceeded.length === 0;
  return isSame && now < retry.atMs && retry.generation === (job.metadata.generation ?? 0);
}

function backoffOfIndex(lastFailed: Pod, now: number): number {
  const failures = indexFailureCount(lastFailed) + indexIgnoredFailureCount(lastFailed) + 1;
  return remainingBackoff(failures, finishedTime(lastFailed), now);
}

function freeIndexes(sync: JobSync, count: number): number[] {
  const { job } = sync;
  let taken = withIndexes(sync.succeededIndexes, indexesOf(sync.activePods));
  if (replacesFailedPodsOnly(job)) taken = withIndexes(taken, indexesOf(sync.pods.filter(isTerminating)));
  if (sync.failedIndexes) taken = mergeIntervals(taken, sync.failedIndexes);
  return firstFreeIndexes(taken, count, job.spec.completions ?? 0);
}

/**
 * With back-off per index: the failed pod of each index that keeps its finalizer until its replacement is there, so that
 * the replacement can carry on its count of failures.
 */
export function delayedPods(sync: JobSync): Map<number, Pod> {
  const delayed = new Map<number, Pod>();
  const { job, failedIndexes } = sync;
  if (!failedIndexes) return delayed;
  const active = new Set(indexesOf(sync.activePods));
  for (const pod of sync.pods) {
    const index = validIndex(pod, job);
    if (index === undefined || !isTracked(pod) || !isPodFailed(pod, job)) continue;
    if (hasIndex(sync.succeededIndexes, index) || hasIndex(failedIndexes, index) || active.has(index)) continue;
    const known = delayed.get(index);
    if (!known || isLater(pod, known)) delayed.set(index, pod);
  }
  return delayed;
}

function isLater(pod: Pod, known: Pod): boolean {
  const failures = (one: Pod) => indexFailureCount(one) + indexIgnoredFailureCount(one);
  return failures(known) <= failures(pod) && finishedTime(pod) >= finishedTime(known);
}

function podsToRemove(sync: JobSync, atLeast: number): Pod[] {
  const { job, activePods } = sync;
  if (!isIndexed(job)) return firstToGo(activePods, atLeast);
  const { removed, left } = splitByIndex(activePods, job.spec.completions ?? 0);
  return [...removed, ...firstToGo(left, atLeast - removed.length)];
}

/** Mostly nothing is to go, and then nothing is ranked. */
function firstToGo(pods: readonly Pod[], count: number): Pod[] {
  return count > 0 ? rankForDeletion(pods).slice(0, count) : [];
}

/** Pods without a valid index go, and all but one of each index. */
function splitByIndex(pods: readonly Pod[], completions: number): { removed: Pod[]; left: Pod[] } {
  const removed: Pod[] = [];
  const left: Pod[] = [];
  const groups = new Map<number, Pod[]>();
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (index === undefined || index >= completions) removed.push(pod);
    else {
      const group = groups.get(index);
      if (group) group.push(pod);
      else groups.set(index, [pod]);
    }
  }
  for (const index of [...groups.keys()].sort((one, other) => one - other)) {
    const ranked = rankForDeletion(groups.get(index) ?? []);
    removed.push(...ranked.slice(0, -1));
    left.push(...ranked.slice(-1));
  }
  return { removed, left };
}

function deletePods(sync: JobSync, api: ControllerApi, pods: readonly Pod[]): void {
  for (const pod of pods) {
    releaseFinalizer(api, pod);
    if (deletePod(sync, api, pod)) {
      sync.active--;
      sync.terminating++;
      if (isPodReady(pod)) sync.ready--;
    }
  }
}

/** Deletes a pod of the job; its finalizer stays as it is. */
export function deletePod(sync: JobSync, api: ControllerApi, pod: Pod): boolean {
  const result = api.delete(pod);
  if (result.ok) {
    api.event(sync.job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    return true;
  }
  if (result.error.reason === 'NotFound') return true;
  api.event(sync.job, 'Warning', 'FailedDelete', `Error deleting: ${result.error.message}`);
  return false;
}
