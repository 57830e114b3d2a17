import type { KindDefinition } from '../../machinery/definition.ts';
import { applyCronJobDefaults, validateCronJob } from './admission.ts';
import { resumeCronJob, suspendCronJob, triggerCronJob } from './commands.ts';
import { cronJobController } from './reconcile.ts';
import { cronJobColumns } from './table.ts';
import { CronJob } from './types.ts';

export const cronJob: KindDefinition<CronJob> = {
  kind: CronJob,
  applyDefaults: applyCronJobDefaults,
  prepareCreate(object) {
    object.status = {};
    return undefined;
  },
  validate: validateCronJob,
  controllers: [cronJobController],
  commands: [suspendCronJob, resumeCronJob, triggerCronJob],
  columns: cronJobColumns,
  health: ({ spec }) => (spec.suspend ? 'SUSPENDED' : 'HEALTHY'),
};
