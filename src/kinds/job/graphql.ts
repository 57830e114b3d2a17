import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { CronJob } from '../cronjob/types.ts';
import { controllerRef } from '../../machinery/object.ts';
import { Namespace } from '../namespace/types.ts';
import { Pod } from '../pod/types.ts';
import { Job } from './types.ts';

defineKubeType(Job, {
  description: 'Runs pods until a number of them have succeeded.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    completions: t.int({
      nullable: true,
      description: 'How many pods must succeed; null: any one, and the others end by themselves.',
      resolve: ({ object }) => object.spec.completions ?? null,
    }),
    parallelism: t.int({ nullable: true, resolve: ({ object }) => object.spec.parallelism }),
    backoffLimit: t.int({ resolve: ({ object }) => object.spec.backoffLimit }),
    completionMode: t.string({ resolve: ({ object }) => object.spec.completionMode }),
    suspended: t.boolean({ resolve: ({ object }) => object.spec.suspend }),
    active: t.int({ resolve: ({ object }) => object.status.active ?? 0 }),
    ready: t.int({ resolve: ({ object }) => object.status.ready ?? 0 }),
    terminating: t.int({ resolve: ({ object }) => object.status.terminating ?? 0 }),
    succeeded: t.int({ resolve: ({ object }) => object.status.succeeded ?? 0 }),
    failed: t.int({ resolve: ({ object }) => object.status.failed ?? 0 }),
    completedIndexes: t.string({
      nullable: true,
      description: 'The indexes that succeeded, as text: "1,3-5,7".',
      resolve: ({ object }) => object.status.completedIndexes ?? null,
    }),
    failedIndexes: t.string({ nullable: true, resolve: ({ object }) => object.status.failedIndexes ?? null }),
    startTime: t.field({ type: 'DateTime', nullable: true, resolve: ({ object }) => object.status.startTime ?? null }),
    completionTime: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ object }) => object.status.completionTime ?? null,
    }),
    cronJob: t.field({
      type: kubeRef(CronJob),
      nullable: true,
      resolve: (handle) => {
        const owner = controllerRef(handle.object);
        return owner?.kind === 'CronJob' ? handle.find(CronJob, handle.object.metadata.namespace, owner.name) : null;
      },
    }),
    pods: t.field({
      type: connectionOf(Pod),
      args: { filter: t.arg({ type: PodFilter }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) => {
        const pods = view.dependents(object.metadata.uid).filter((one): one is Pod => one.kind === Pod.kind);
        return paginate(scope, pods, args, { matches: podPredicate(args.filter, scope, catalog) });
      },
    }),
  }),
});

defineMutation({
  name: 'suspendJob',
  description: 'Ends the pods of a job and holds it until it is resumed.',
  kind: Job,
});

defineMutation({
  name: 'resumeJob',
  description: 'Starts the pods of a suspended job; its start time begins anew.',
  kind: Job,
});
