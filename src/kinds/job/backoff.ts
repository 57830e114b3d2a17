import { fromTimestamp, MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';
import { podCondition } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import type { BackoffRecord } from './types.ts';

/** How long the job controller waits after failures: 10 s doubling to 10 min. Source: pkg/controller/job/backoff_utils.go. */
const DEFAULT_BACKOFF_MS = 10 * SECOND_MS;
const MAX_BACKOFF_MS = 10 * MINUTE_MS;

/**
 * When a pod ended, in milliseconds: its last container's end, else when it stopped being ready, else when its deletion
 * was asked for, else its creation.
 */
export function finishedTime(pod: Pod): number {
  const ends = (pod.status.containerStatuses ?? []).map((status) =>
    fromTimestamp(status.state?.terminated?.finishedAt),
  );
  if (ends.length > 0 && ends.every((end) => end !== undefined)) return Math.max(...ends);
  const ready = podCondition(pod, 'Ready');
  const notReadySince = ready?.status === 'False' ? fromTimestamp(ready.lastTransitionTime) : undefined;
  if (notReadySince !== undefined) return notReadySince;
  const { deletionTimestamp, deletionGracePeriodSeconds, creationTimestamp } = pod.metadata;
  const deletion = fromTimestamp(deletionTimestamp);
  if (deletion !== undefined) return deletion - (deletionGracePeriodSeconds ?? 0) * SECOND_MS;
  return fromTimestamp(creationTimestamp);
}

/** The back-off record after some pods have newly succeeded or failed. */
export function nextBackoffRecord(
  record: BackoffRecord | undefined,
  newSucceeded: readonly Pod[],
  newFailed: readonly Pod[],
): BackoffRecord | undefined {
  const failures = newFailed.map(finishedTime).sort((left, right) => left - right);
  if (newSucceeded.length === 0) {
    const last = failures.at(-1);
    if (last === undefined) return record;
    const before = record?.failuresAfterLastSuccess ?? 0;
    return { failuresAfterLastSuccess: before + failures.length, lastFailureTimeMs: last };
  }
  const lastSuccess = Math.max(...newSucceeded.map(finishedTime));
  const later = failures.filter((time) => time > lastSuccess);
  const last = later.at(-1);
  if (last === undefined) return record ? { failuresAfterLastSuccess: 0 } : undefined;
  return { failuresAfterLastSuccess: later.length, lastFailureTimeMs: last };
}

/** Milliseconds until another pod may be made, after `failures` failures in a row of which the last was at a time. */
export function remainingBackoff(failures: number, lastFailureTimeMs: number | undefined, now: number): number {
  if (failures === 0 || lastFailureTimeMs === undefined) return 0;
  const delay = Math.min(DEFAULT_BACKOFF_MS * 2 ** Math.min(failures - 1, 30), MAX_BACKOFF_MS);
  return Math.max(0, delay - (now - lastFailureTimeMs));
}
