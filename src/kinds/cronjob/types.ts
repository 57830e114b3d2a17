import type { ICronJobSpec } from 'kubernetes-models/batch/v1/CronJobSpec';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, ObjectMeta } from '../../machinery/object.ts';
import type { JobSpec } from '../job/types.ts';
import type { ObjectReference } from '../event/types.ts';

/** batch/v1 CronJobSpec after defaulting. */
export type CronJobSpec = Omit<ICronJobSpec, 'jobTemplate'> & {
  jobTemplate: { metadata?: Partial<ObjectMeta>; spec: JobSpec };
  concurrencyPolicy: 'Allow' | 'Forbid' | 'Replace';
  suspend: boolean;
};

export interface CronJobStatus {
  active?: ObjectReference[];
  lastScheduleTime?: string;
  lastSuccessfulTime?: string;
}

export interface CronJob extends KubeObject {
  spec: CronJobSpec;
  status: CronJobStatus;
}

export const CronJob = defineKind<CronJob>({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  namespaced: true,
});
