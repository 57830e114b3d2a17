import { findTarget, outcomeOf, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler, CommandOutcome, ObjectApi } from '../../machinery/controller.ts';
import { newControllerRef, type NewObject } from '../../machinery/object.ts';
import { Job } from '../job/types.ts';
import { CronJob } from './types.ts';

export const suspendCronJob: CommandHandler<TargetInput> = {
  name: 'suspendCronJob',
  handle: (input, api) => setSuspend(input, api, true),
};

export const resumeCronJob: CommandHandler<TargetInput> = {
  name: 'resumeCronJob',
  handle: (input, api) => setSuspend(input, api, false),
};

function setSuspend(input: TargetInput, api: ObjectApi, suspend: boolean): CommandOutcome {
  const found = findTarget(api, CronJob, input);
  if (!found.ok) return outcomeOf(found);
  const cronJob = found.value;
  return outcomeOf(api.update({ ...cronJob, spec: { ...cronJob.spec, suspend } }));
}

/** `kubectl create job --from=cronjob/name`: a job made from the template now. */
export const triggerCronJob: CommandHandler<TargetInput & { jobName: string }> = {
  name: 'triggerCronJob',
  handle(input, api) {
    const found = findTarget(api, CronJob, input);
    if (!found.ok) return outcomeOf(found);
    return outcomeOf(api.create(jobFrom(found.value, input.jobName)));
  },
};

function jobFrom(cronJob: CronJob, name: string): NewObject<Job> {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: Job.apiVersion,
    kind: Job.kind,
    metadata: {
      name,
      ...(cronJob.metadata.namespace === undefined ? {} : { namespace: cronJob.metadata.namespace }),
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...metadata?.annotations },
      ownerReferences: [newControllerRef(cronJob)],
    },
    spec,
    status: {},
  };
}
