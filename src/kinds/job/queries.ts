import type { Job, JobCondition } from './types.ts';

export function jobCondition(job: Job, type: string): JobCondition | undefined {
  return job.status.conditions?.find((condition) => condition.type === type);
}

/** util.FinishedCondition: `Complete` or `Failed` once it is true (pkg/controller/job/util/utils.go). */
export function finishedCondition(job: Job): JobCondition | undefined {
  return job.status.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

export function isJobFinished(job: Job): boolean {
  return finishedCondition(job) !== undefined;
}

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

/** Whether only pods that have ended are replaced, not those that are still terminating. */
export function replacesFailedPodsOnly(job: Job): boolean {
  return job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
}
