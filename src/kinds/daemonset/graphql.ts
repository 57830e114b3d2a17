import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import { kubeRef } from '../../api/refs.ts';
import { revisionsOf } from '../controllerrevision/queries.ts';
import { ControllerRevision } from '../controllerrevision/types.ts';
import { rolloutStatus } from './rollout.ts';
import { DaemonSet } from './types.ts';

defineKubeType(DaemonSet, {
  description: 'Keeps one pod on each node that should have one.',
  workload: ({ spec, status }) => ({
    replicas: status.desiredNumberScheduled,
    readyReplicas: status.numberReady,
    availableReplicas: status.numberAvailable ?? 0,
    updatedReplicas: status.updatedNumberScheduled ?? 0,
    selector: spec.selector,
    template: spec.template,
  }),
  fields: (t) => ({
    desiredNumberScheduled: t.int({ resolve: ({ object }) => object.status.desiredNumberScheduled }),
    currentNumberScheduled: t.int({ resolve: ({ object }) => object.status.currentNumberScheduled }),
    numberMisscheduled: t.int({ resolve: ({ object }) => object.status.numberMisscheduled }),
    numberUnavailable: t.int({ resolve: ({ object }) => object.status.numberUnavailable ?? 0 }),
    strategy: t.string({ resolve: ({ object }) => object.spec.updateStrategy?.type ?? 'RollingUpdate' }),
    maxUnavailable: t.string({
      nullable: true,
      resolve: ({ object }) => object.spec.updateStrategy?.rollingUpdate?.maxUnavailable?.toString(),
    }),
    maxSurge: t.string({
      nullable: true,
      resolve: ({ object }) => object.spec.updateStrategy?.rollingUpdate?.maxSurge?.toString(),
    }),
    rolloutMessage: t.string({
      description: 'What `kubectl rollout status` prints.',
      resolve: ({ object }) => rolloutStatus(object).message,
    }),
    rolloutDone: t.boolean({ resolve: ({ object }) => rolloutStatus(object).done }),
    revisions: t.field({
      type: [kubeRef(ControllerRevision)],
      description: 'Its history, oldest first.',
      resolve: (handle) => handle.toAll(revisionsOf(handle.view, handle.object)),
    }),
  }),
});

defineMutation({ name: 'restartDaemonSet', description: 'kubectl rollout restart daemonset.', kind: DaemonSet });

defineMutation({
  name: 'rollbackDaemonSet',
  description: 'kubectl rollout undo daemonset.',
  kind: DaemonSet,
  inputName: 'RollbackInput',
  input: (t) => ({ toRevision: t.int({ description: 'Default: the revision before the current one.' }) }),
});
