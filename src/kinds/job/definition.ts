import type { KindDefinition } from '../../machinery/definition.ts';
import { applyJobDefaults, generateSelector, validateJob, validateJobUpdate } from './admission.ts';
import { resumeJob, suspendJob } from './commands.ts';
import { finishedCondition, jobCondition } from './queries.ts';
import { jobController, jobOrphanController } from './reconcile.ts';
import { jobColumns } from './table.ts';
import { ttlAfterFinishedController } from './ttl.ts';
import { Job, jobsByCronJob, jobsWithManualSelector, openPodsByJob } from './types.ts';

export const job: KindDefinition<Job> = {
  kind: Job,
  indexes: [jobsByCronJob, jobsWithManualSelector, openPodsByJob],
  applyDefaults: applyJobDefaults,
  prepareCreate(object) {
    generateSelector(object);
    object.status = {};
    return undefined;
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  controllers: [jobController, jobOrphanController, ttlAfterFinishedController],
  commands: [suspendJob, resumeJob],
  columns: jobColumns,
  health(object) {
    const finished = finishedCondition(object);
    if (finished) return finished.type === 'Complete' ? 'HEALTHY' : 'DEGRADED';
    return jobCondition(object, 'Suspended')?.status === 'True' ? 'SUSPENDED' : 'PROGRESSING';
  },
};
