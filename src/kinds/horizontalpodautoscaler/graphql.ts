import { builder } from '../../api/builder.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf, KubeObjectInterface, kubeRef } from '../../api/refs.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import type { Handle } from '../../api/handle.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { Pod } from '../pod/types.ts';
import { selectPods } from '../pod/queries.ts';
import { StatefulSet } from '../statefulset/types.ts';
import { MetricType, metricsOf } from './graphql-metric.ts';
import { autoscalersOf } from './queries.ts';
import { scaleTargetOf } from './target.ts';
import { HorizontalPodAutoscaler } from './types.ts';

function targetOf(handle: Handle<HorizontalPodAutoscaler>): KubeObject | undefined {
  const found = scaleTargetOf(handle.view, handle.object);
  return found.ok ? found.value.object : undefined;
}

defineKubeType(HorizontalPodAutoscaler, {
  description: 'Scales a workload by the usage of its pods.',
  fields: (t) => ({
    minReplicas: t.int({
      description: 'Never fewer pods than this.',
      resolve: ({ object }) => object.spec.minReplicas ?? 1,
    }),
    maxReplicas: t.int({ description: 'Never more pods than this.', resolve: ({ object }) => object.spec.maxReplicas }),
    currentReplicas: t.int({
      description: 'How many pods its target asked for when it looked last.',
      resolve: ({ object }) => object.status.currentReplicas ?? 0,
    }),
    desiredReplicas: t.int({
      description: 'How many it decided on when it looked last.',
      resolve: ({ object }) => object.status.desiredReplicas,
    }),
    lastScaleTime: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it changed the number of pods last.',
      resolve: ({ object }) => object.status.lastScaleTime,
    }),
    target: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'What it scales; null where that is not there, or has no scale.',
      resolve: (handle) => handle.toMaybe(targetOf(handle)),
    }),
    metrics: t.field({
      type: [MetricType],
      description: 'What it goes by, and how that stood when it looked last.',
      resolve: ({ object }) => metricsOf(object),
    }),
    pods: t.field({
      type: connectionOf(Pod),
      description: 'The pods that its target selects, whose usage counts.',
      args: { filter: t.arg({ type: PodFilter, description: 'Only pods that match.' }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) => {
        const found = scaleTargetOf(view, object);
        const pods = found.ok ? selectPods(view, object.metadata.namespace ?? '', found.value.selector) : [];
        return paginate(scope, pods, args, { matches: podPredicate(args.filter, scope, catalog) });
      },
    }),
  }),
});

builder.objectField(kubeRef(StatefulSet), 'autoscalers', (t) =>
  t.field({
    type: [kubeRef(HorizontalPodAutoscaler)],
    description: 'The autoscalers that scale it.',
    resolve: (handle) => handle.toAll(autoscalersOf(handle.view, handle.object)),
  }),
);
