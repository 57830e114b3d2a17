import type { ControllerApi } from '../../machinery/controller.ts';
import { fromTimestamp, SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import { isPodActive, isPodReady } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { nextBackoffRecord } from './backoff.ts';
import { countIndexes, parseIndexes, withIndexes, type Intervals } from './indexes.ts';
import { matchFailurePolicy, matchSuccessPolicy } from './policies.ts';
import { completionIndex, isPodFailed, isTerminating, isTracked, validIndex, indexFailureCount } from './pods.ts';
import { isIndexed, jobCondition } from './queries.ts';
import type { BackoffRecord, Job, JobCondition, JobRuntime } from './types.ts';

/** What one look at a job and its pods finds; the rest of the sync works on it. */
export interface JobSync {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly activePods: readonly Pod[];
  active: number;
  ready: number;
  terminating: number;
  /** Successes and failures, those not yet counted in the status included. */
  readonly succeeded: number;
  readonly failed: number;
  /** Pods that newly ended and are counted by this sync. */
  readonly newFailed: readonly Pod[];
  readonly newSucceeded: readonly Pod[];
  readonly previousSucceededIndexes: Intervals;
  readonly succeededIndexes: Intervals;
  readonly failedIndexes: Intervals | undefined;
  readonly backoff: BackoffRecord | undefined;
  /** When to try again to make pods that could not be made. */
  retry: JobRuntime['retry'];
}

/** Counts the pods of a job. Source: syncJob in pkg/controller/job/job_controller.go. */
export function observe(job: Job, pods: readonly Pod[]): JobSync {
  const activePods = pods.filter(isPodActive);
  const uncounted = pods.filter((pod) => isTracked(pod) && (!isIndexed(job) || validIndex(pod, job) !== undefined));
  const newSucceeded = uncounted.filter((pod) => pod.status.phase === 'Succeeded');
  const newFailed = uncounted.filter((pod) => isPodFailed(pod, job));
  const counted = newFailed.filter((pod) => matchFailurePolicy(job.spec.podFailurePolicy, pod).counts);
  const completions = job.spec.completions ?? 0;
  const previous = isIndexed(job) ? parseIndexes(job.status.completedIndexes, completions) : [];
  const succeededIndexes = isIndexed(job) ? withIndexes(previous, indexesOf(newSucceeded)) : [];
  return {
    job,
    pods,
    activePods,
    active: activePods.length,
    ready: activePods.filter(isPodReady).length,
    terminating: pods.filter(isTerminating).length,
    succeeded: isIndexed(job) ? countIndexes(succeededIndexes) : (job.status.succeeded ?? 0) + newSucceeded.length,
    failed: (job.status.failed ?? 0) + counted.length,
    newFailed,
    newSucceeded,
    previousSucceededIndexes: previous,
    succeededIndexes,
    failedIndexes: failedIndexes(job, pods),
    // With back-off per index the pods carry their counts themselves, and stay uncounted until they are replaced.
    backoff:
      job.spec.backoffLimitPerIndex === undefined
        ? nextBackoffRecord(job.runtime?.backoff, newSucceeded, newFailed)
        : undefined,
    retry: undefined,
  };
}

export function indexesOf(pods: readonly Pod[]): number[] {
  return pods.flatMap((pod) => completionIndex(pod) ?? []);
}

function failedIndexes(job: Job, pods: readonly Pod[]): Intervals | undefined {
  const limit = job.spec.backoffLimitPerIndex;
  if (!isIndexed(job) || limit === undefined) return undefined;
  const before = parseIndexes(job.status.failedIndexes, job.spec.completions ?? 0);
  const failed = pods.filter(
    (pod) => isTracked(pod) && validIndex(pod, job) !== undefined && isIndexFailed(job, pod, limit),
  );
  return withIndexes(before, indexesOf(failed));
}

function isIndexFailed(job: Job, pod: Pod, limit: number): boolean {
  if (!isPodFailed(pod, job)) return false;
  const verdict = matchFailurePolicy(job.spec.podFailurePolicy, pod);
  if (verdict.action === 'FailIndex') return true;
  return verdict.counts && indexFailureCount(pod) >= limit;
}

/** A condition that has just become true. */
export function newCondition(type: string, now: number, reason?: string, message?: string): JobCondition {
  const time = toTimestamp(now);
  return {
    type,
    status: 'True',
    lastProbeTime: time,
    lastTransitionTime: time,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  };
}

/**
 * The condition that ends the job, if one holds: FailureTarget or SuccessCriteriaMet first, `Failed` when FailureTarget
 * is in the status already. The order of the rules is upstream's.
 */
export function endingCondition(sync: JobSync, api: ControllerApi): JobCondition | undefined {
  const { job } = sync;
  const met = jobCondition(job, 'SuccessCriteriaMet');
  if (met?.status === 'True') return met;
  const target = jobCondition(job, 'FailureTarget');
  if (target?.status === 'True') return newCondition('Failed', api.now, target.reason, target.message);
  const failure = failureOf(sync, api) ?? failureOfIndexes(sync);
  if (failure) return newCondition('FailureTarget', api.now, failure.reason, failure.message);
  if (!isIndexed(job)) return undefined;
  const message = matchSuccessPolicy(job.spec.successPolicy, job.spec.completions ?? 0, sync.succeededIndexes);
  return message === undefined ? undefined : newCondition('SuccessCriteriaMet', api.now, 'SuccessPolicy', message);
}

interface Failure {
  reason: string;
  message: string;
}

function failureOf(sync: JobSync, api: ControllerApi): Failure | undefined {
  const { job, pods } = sync;
  for (const pod of pods) {
    if (!job.spec.podFailurePolicy || !isPodFailed(pod, job)) continue;
    const { failJob } = matchFailurePolicy(job.spec.podFailurePolicy, pod);
    if (failJob !== undefined) return { reason: 'PodFailurePolicy', message: failJob };
  }
  if (sync.failed > job.spec.backoffLimit || pastBackoffLimitOnFailure(job, pods)) {
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const deadline = job.spec.activeDeadlineSeconds;
  const start = fromTimestamp(job.status.startTime);
  if (deadline === undefined || start === undefined || job.spec.suspend) return undefined;
  const end = start + deadline * SECOND_MS;
  if (api.now >= end) return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  api.requeueAt(end);
  return undefined;
}

function failureOfIndexes(sync: JobSync): Failure | undefined {
  const { job, failedIndexes: failed, succeededIndexes } = sync;
  if (!failed) return undefined;
  const count = countIndexes(failed);
  const { maxFailedIndexes, completions = 0 } = job.spec;
  if (maxFailedIndexes !== undefined && count > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return { reason: 'MaxFailedIndexesExceeded', message };
  }
  if (count > 0 && count + countIndexes(succeededIndexes) >= completions) {
    return { reason: 'FailedIndexes', message: 'Job has failed indexes' };
  }
  return undefined;
}

/** With restartPolicy OnFailure the restarts of containers count instead of failed pods. */
function pastBackoffLimitOnFailure(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status.phase !== 'Running' && status.phase !== 'Pending') continue;
    for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
      restarts += container.restartCount;
    }
  }
  return job.spec.backoffLimit === 0 ? restarts > 0 : restarts >= job.spec.backoffLimit;
}
