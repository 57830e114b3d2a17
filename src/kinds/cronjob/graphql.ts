import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { Job, jobsByCronJob } from '../job/types.ts';
import { Namespace } from '../namespace/types.ts';
import { nextScheduleTime } from './queries.ts';
import { CronJob } from './types.ts';

defineKubeType(CronJob, {
  description: 'Makes a job at each time of a schedule.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    schedule: t.string({ resolve: ({ object }) => object.spec.schedule }),
    timeZone: t.string({ nullable: true, resolve: ({ object }) => object.spec.timeZone ?? null }),
    suspend: t.boolean({ resolve: ({ object }) => object.spec.suspend }),
    concurrencyPolicy: t.string({ resolve: ({ object }) => object.spec.concurrencyPolicy }),
    lastScheduleTime: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ object }) => object.status.lastScheduleTime ?? null,
    }),
    lastSuccessfulTime: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ object }) => object.status.lastSuccessfulTime ?? null,
    }),
    nextScheduleTime: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the next job is due; null while it is suspended.',
      resolve: ({ object, view }) => nextScheduleTime(object, view.now) ?? null,
    }),
    active: t.field({
      type: [kubeRef(Job)],
      resolve: (handle) =>
        (handle.object.status.active ?? []).flatMap(({ namespace, name = '' }) => {
          const job = handle.find(Job, namespace, name);
          return job ? [job] : [];
        }),
    }),
    jobs: t.field({
      type: connectionOf(Job),
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, view.by(jobsByCronJob, object.metadata.uid), args),
    }),
  }),
});

defineMutation({
  name: 'suspendCronJob',
  description: 'No job is started until it is resumed; those that run go on.',
  kind: CronJob,
});

defineMutation({
  name: 'resumeCronJob',
  description: 'Starts jobs again; the latest missed one at once, if its deadline is not past.',
  kind: CronJob,
});

defineMutation({
  name: 'triggerCronJob',
  description: 'Makes a job of the template now, as `kubectl create job --from=cronjob/NAME` does.',
  kind: CronJob,
  inputName: 'TriggerCronJobInput',
  input: (t) => ({ jobName: t.string({ required: true }) }),
});
