import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { TableColumn } from '../../machinery/definition.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { finishedCondition, jobCondition } from './queries.ts';
import type { Job } from './types.ts';

/** kubectl's table of jobs. Source: printJob in pkg/printers/internalversion/printers.go. */
export const jobColumns: readonly TableColumn<Job>[] = [
  { name: 'STATUS', cell: status },
  { name: 'COMPLETIONS', cell: completions },
  { name: 'DURATION', cell: duration },
  { name: 'AGE', cell: (job, view) => humanDuration(view.now - fromTimestamp(job.metadata.creationTimestamp)) },
  { name: 'CONTAINERS', wide: true, cell: (job) => names(job, ({ name }) => name) },
  { name: 'IMAGES', wide: true, cell: (job) => names(job, ({ image }) => image ?? '') },
  { name: 'SELECTOR', wide: true, cell: (job) => formatLabelSelector(job.spec.selector) },
];

function names(job: Job, pick: (container: { name: string; image?: string }) => string): string {
  return job.spec.template.spec.containers.map(pick).join(',');
}

function status(job: Job): string {
  const isTrue = (type: string) => jobCondition(job, type)?.status === 'True';
  if (isTrue('Complete')) return 'Complete';
  if (isTrue('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (isTrue('Suspended')) return 'Suspended';
  if (isTrue('FailureTarget')) return 'FailureTarget';
  if (isTrue('SuccessCriteriaMet')) return 'SuccessCriteriaMet';
  return 'Running';
}

function completions(job: Job): string {
  const succeeded = job.status.succeeded ?? 0;
  if (job.spec.completions !== undefined) return `${succeeded}/${job.spec.completions}`;
  return job.spec.parallelism > 1 ? `${succeeded}/1 of ${job.spec.parallelism}` : `${succeeded}/1`;
}

function duration(job: Job, view: ClusterView): string {
  const start = fromTimestamp(job.status.startTime);
  if (start === undefined) return '';
  const end = fromTimestamp(job.status.completionTime) ?? failedAt(job) ?? view.now;
  return humanDuration(end - start);
}

function failedAt(job: Job): number | undefined {
  const finished = finishedCondition(job);
  return finished?.type === 'Failed' ? fromTimestamp(finished.lastTransitionTime) : undefined;
}
