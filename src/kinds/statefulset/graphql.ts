import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import { kubeRef } from '../../api/refs.ts';
import { revisionsOf } from '../controllerrevision/queries.ts';
import { ControllerRevision } from '../controllerrevision/types.ts';
import { Service } from '../service/types.ts';
import { volumeClaimsOf } from './queries.ts';
import { rolloutStatus } from './rollout.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { StatefulSet } from './types.ts';

defineKubeType(StatefulSet, {
  description: 'Keeps pods with names, places and volumes of their own.',
  workload: ({ spec, status }) => ({
    replicas: spec.replicas ?? 1,
    readyReplicas: status.readyReplicas ?? 0,
    availableReplicas: status.availableReplicas ?? 0,
    updatedReplicas: status.updatedReplicas ?? 0,
    selector: spec.selector,
    template: spec.template,
  }),
  fields: (t) => ({
    serviceName: t.string({ resolve: ({ object }) => object.spec.serviceName ?? '' }),
    service: t.field({
      type: kubeRef(Service),
      nullable: true,
      description: 'The Service that gives its pods their DNS names.',
      resolve: (handle) => handle.find(Service, handle.object.metadata.namespace, handle.object.spec.serviceName),
    }),
    podManagementPolicy: t.string({ resolve: ({ object }) => object.spec.podManagementPolicy ?? 'OrderedReady' }),
    strategy: t.string({ resolve: ({ object }) => object.spec.updateStrategy?.type ?? 'RollingUpdate' }),
    partition: t.int({ resolve: ({ object }) => object.spec.updateStrategy?.rollingUpdate?.partition ?? 0 }),
    currentReplicas: t.int({ resolve: ({ object }) => object.status.currentReplicas ?? 0 }),
    currentRevision: t.string({ resolve: ({ object }) => object.status.currentRevision ?? '' }),
    updateRevision: t.string({ resolve: ({ object }) => object.status.updateRevision ?? '' }),
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
    volumeClaims: t.field({
      type: [kubeRef(PersistentVolumeClaim)],
      extensions: { listSize: 1000 },
      resolve: (handle) => handle.toAll(volumeClaimsOf(handle.view, handle.object)),
    }),
  }),
});

defineMutation({
  name: 'scaleStatefulSet',
  description: 'kubectl scale statefulset.',
  kind: StatefulSet,
  inputName: 'ScaleInput',
  input: (t) => ({ replicas: t.int({ required: true }) }),
});

defineMutation({ name: 'restartStatefulSet', description: 'kubectl rollout restart statefulset.', kind: StatefulSet });

defineMutation({
  name: 'rollbackStatefulSet',
  description: 'kubectl rollout undo statefulset.',
  kind: StatefulSet,
  inputName: 'RollbackInput',
  input: (t) => ({ toRevision: t.int({ description: 'Default: the revision before the current one.' }) }),
});
