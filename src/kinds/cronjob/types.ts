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

/** What the controller remembers between two looks, so that a restart neither repeats an event nor forgets a wait. */
export interface CronJobRuntime {
  /** The schedule, with its time zone, at the last look. */
  schedule?: string;
  /** Nothing is started before this time, as long as the object has this generation: its schedule has just changed. */
  hold?: { generation: number; untilMs: number };
  /** What was told and still holds: `JobAlreadyActive/2026-01-01T00:05:00Z`. */
  told?: string[];
  /** After jobs could not be made: how often in a row, and when to try again. */
  retry?: { failures: number; atMs: number };
}

export interface CronJob extends KubeObject {
  spec: CronJobSpec;
  status: CronJobStatus;
  runtime?: CronJobRuntime;
}

export const CronJob = defineKind<CronJob>({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  namespaced: true,
});
