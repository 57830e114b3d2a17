import type { HorizontalPodAutoscaler, MetricSpec, MetricValueStatus } from './types.ts';

/** What is known of a metric of an autoscaler: its figures of the last look; undefined while there are none. */
export function currentOf({ status }: HorizontalPodAutoscaler, spec: MetricSpec): MetricValueStatus | undefined {
  const statuses = status.currentMetrics ?? [];
  const { name, container } = namesOf(spec);
  if (spec.type === 'Resource') return statuses.find((each) => each.resource?.name === name)?.resource?.current;
  if (spec.type !== 'ContainerResource') return undefined;
  return statuses.find(({ containerResource: each }) => each?.name === name && each.container === container)
    ?.containerResource?.current;
}

/** The name of the resource or the metric, and that of the container where it is about one. */
export function namesOf(spec: MetricSpec): { name: string; container: string | undefined } {
  const metric = spec.pods?.metric ?? spec.object?.metric ?? spec.external?.metric;
  const { containerResource } = spec;
  const name = spec.resource?.name ?? containerResource?.name ?? metric?.name ?? '';
  return { name, container: containerResource?.container };
}
