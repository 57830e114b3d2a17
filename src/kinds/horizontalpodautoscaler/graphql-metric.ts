import { builder } from '../../api/builder.ts';
import { currentOf, namesOf } from './metric-status.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricTarget, MetricValueStatus } from './types.ts';

interface MetricSource {
  spec: MetricSpec;
  target: MetricTarget | undefined;
  current: MetricValueStatus | undefined;
}

/** The metrics of an autoscaler in the order of its spec. */
export function metricsOf(autoscaler: HorizontalPodAutoscaler): MetricSource[] {
  return (autoscaler.spec.metrics ?? []).map((spec) => {
    const source = spec.resource ?? spec.containerResource ?? spec.pods ?? spec.object ?? spec.external;
    return { spec, target: source?.target, current: currentOf(autoscaler, spec) };
  });
}

const MetricSourceType = builder.enumType('MetricSourceType', {
  description: 'Where the figures of a metric come from.',
  values: {
    RESOURCE: { value: 'Resource', description: 'What the pods use.' },
    CONTAINER_RESOURCE: { value: 'ContainerResource', description: 'What one container of each pod uses.' },
    PODS: { value: 'Pods', description: 'A metric of pods from an adapter, which the model does not have.' },
    OBJECT: { value: 'Object', description: 'A metric of an object from an adapter, which the model does not have.' },
    EXTERNAL: { value: 'External', description: 'A metric from outside, which the model does not have.' },
  } as const,
});

export const MetricType = builder.objectRef<MetricSource>('AutoscalerMetric').implement({
  description: 'One thing an autoscaler goes by.',
  fields: (t) => ({
    type: t.field({
      type: MetricSourceType,
      description: 'Where its figures come from.',
      resolve: ({ spec }) => spec.type,
    }),
    name: t.string({
      description: 'Of the resource ("cpu"), or of the metric.',
      resolve: ({ spec }) => namesOf(spec).name,
    }),
    container: t.string({
      nullable: true,
      description: 'For CONTAINER_RESOURCE: the container whose usage counts.',
      resolve: ({ spec }) => namesOf(spec).container,
    }),
    targetUtilization: t.int({
      nullable: true,
      description: 'Per cent of what the pods request, on average.',
      resolve: ({ target }) => target?.averageUtilization,
    }),
    targetAverageValue: t.string({
      nullable: true,
      description: 'The average of the pods that is aimed at: "500m".',
      resolve: ({ target }) => target?.averageValue?.toString(),
    }),
    currentUtilization: t.int({
      nullable: true,
      description: 'Null while it is not known.',
      resolve: ({ current }) => current?.averageUtilization,
    }),
    currentAverageValue: t.string({
      nullable: true,
      description: 'Null while it is not known.',
      resolve: ({ current }) => current?.averageValue,
    }),
  }),
});
