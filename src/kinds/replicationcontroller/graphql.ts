import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import { kubeRef } from '../../api/refs.ts';
import { autoscalersOf } from '../horizontalpodautoscaler/queries.ts';
import { HorizontalPodAutoscaler } from '../horizontalpodautoscaler/types.ts';
import { ReplicationController } from './types.ts';

defineKubeType(ReplicationController, {
  description: 'Keeps a number of pods of one template: what there was before ReplicaSets.',
  workload: ({ spec, status }) => ({
    replicas: spec.replicas ?? 1,
    readyReplicas: status.readyReplicas ?? 0,
    availableReplicas: status.availableReplicas ?? 0,
    updatedReplicas: status.replicas,
    selector: { matchLabels: spec.selector ?? {} },
    template: spec.template,
  }),
  fields: (t) => ({
    autoscalers: t.field({
      type: [kubeRef(HorizontalPodAutoscaler)],
      resolve: (handle) => handle.toAll(autoscalersOf(handle.view, handle.object)),
    }),
  }),
});

defineMutation({
  name: 'scaleReplicationController',
  description: 'kubectl scale replicationcontroller.',
  kind: ReplicationController,
  inputName: 'ScaleInput',
  input: (t) => ({ replicas: t.int({ required: true }) }),
});
