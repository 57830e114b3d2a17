import type { TableColumn } from '../../machinery/definition.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import type { CronJob } from './types.ts';

/** kubectl's table of cron jobs. Source: printCronJob in pkg/printers/internalversion/printers.go. */
export const cronJobColumns: readonly TableColumn<CronJob>[] = [
  { name: 'SCHEDULE', cell: ({ spec }) => spec.schedule },
  { name: 'TIMEZONE', cell: ({ spec }) => spec.timeZone ?? '<none>' },
  { name: 'SUSPEND', cell: ({ spec }) => (spec.suspend ? 'True' : 'False') },
  { name: 'ACTIVE', cell: ({ status }) => String(status.active?.length ?? 0) },
  {
    name: 'LAST SCHEDULE',
    cell: ({ status }, view) => {
      const last = fromTimestamp(status.lastScheduleTime);
      return last === undefined ? '<none>' : humanDuration(view.now - last);
    },
  },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  { name: 'CONTAINERS', wide: true, cell: (cronJob) => names(cronJob, ({ name }) => name) },
  { name: 'IMAGES', wide: true, cell: (cronJob) => names(cronJob, ({ image }) => image ?? '') },
  { name: 'SELECTOR', wide: true, cell: ({ spec }) => formatLabelSelector(spec.jobTemplate.spec.selector) },
];

function names(cronJob: CronJob, pick: (container: { name: string; image?: string }) => string): string {
  return cronJob.spec.jobTemplate.spec.template.spec.containers.map(pick).join(',');
}
