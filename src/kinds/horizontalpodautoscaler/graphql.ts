import { defineKubeType } from '../../api/kube-object.ts';
import { KubeObjectInterface } from '../../api/refs.ts';
import { Deployment } from '../deployment/types.ts';
import { ReplicaSet } from '../replicaset/types.ts';
import { ReplicationController } from '../replicationcontroller/types.ts';
import { StatefulSet } from '../statefulset/types.ts';
import { HorizontalPodAutoscaler } from './types.ts';

const TARGETS = [Deployment, ReplicaSet, StatefulSet, ReplicationController];

defineKubeType(HorizontalPodAutoscaler, {
  description: 'Scales a workload by the usage of its pods.',
  fields: (t) => ({
    minReplicas: t.int({ resolve: ({ object }) => object.spec.minReplicas ?? 1 }),
    maxReplicas: t.int({ resolve: ({ object }) => object.spec.maxReplicas }),
    currentReplicas: t.int({ resolve: ({ object }) => object.status.currentReplicas ?? 0 }),
    desiredReplicas: t.int({ resolve: ({ object }) => object.status.desiredReplicas }),
    lastScaleTime: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ object }) => object.status.lastScaleTime,
    }),
    target: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'What it scales.',
      resolve: (handle) => {
        const { kind, name } = handle.object.spec.scaleTargetRef;
        const found = TARGETS.find((each) => each.kind === kind);
        return found ? handle.find<any>(found as never, handle.object.metadata.namespace, name) : null;
      },
    }),
  }),
});
