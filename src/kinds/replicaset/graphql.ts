import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import { kubeRef } from '../../api/refs.ts';
import { controllerRef } from '../../machinery/object.ts';
import { autoscalersOf } from '../horizontalpodautoscaler/queries.ts';
import { HorizontalPodAutoscaler } from '../horizontalpodautoscaler/types.ts';
import { Deployment } from '../deployment/types.ts';
import { ReplicaSet } from './types.ts';

const REVISION = 'deployment.kubernetes.io/revision';

defineKubeType(ReplicaSet, {
  description: 'Keeps a number of pods of one template.',
  workload: ({ spec, status }) => ({
    replicas: spec.replicas ?? 0,
    readyReplicas: status.readyReplicas ?? 0,
    availableReplicas: status.availableReplicas ?? 0,
    updatedReplicas: status.replicas ?? 0,
    selector: spec.selector,
    template: spec.template,
  }),
  fields: (t) => ({
    autoscalers: t.field({
      type: [kubeRef(HorizontalPodAutoscaler)],
      resolve: (handle) => handle.toAll(autoscalersOf(handle.view, handle.object)),
    }),
    deployment: t.field({
      type: kubeRef(Deployment),
      nullable: true,
      resolve: (handle) => {
        const owner = handle.view.byUid(controllerRef(handle.object)?.uid ?? '');
        return owner?.kind === Deployment.kind ? handle.to(owner as Deployment) : null;
      },
    }),
    revision: t.int({
      nullable: true,
      description: 'Its revision in the history of its Deployment.',
      resolve: ({ object }) => {
        const revision = Number(object.metadata.annotations?.[REVISION] ?? Number.NaN);
        return Number.isInteger(revision) ? revision : null;
      },
    }),
  }),
});

defineMutation({
  name: 'scaleReplicaSet',
  description: 'kubectl scale replicaset.',
  kind: ReplicaSet,
  inputName: 'ScaleInput',
  input: (t) => ({ replicas: t.int({ required: true }) }),
});
