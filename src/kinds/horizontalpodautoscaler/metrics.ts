import { profiledUsage, profileOf } from '../imageprofile/queries.ts';
import type { Container, ContainerStatus, Pod } from '../pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import type { PodMetric, PodMetrics } from './pod-groups.ts';
import { runningContainers } from './replica-calculator.ts';

/** What metrics-server would say: usage of running containers, as their image's profile has it. */

/** metrics-server --metric-resolution: a container has a metric when it ran for so long. */
const RESOLUTION_MS = 15_000;

/**
 * The usage of each running pod in thousandths (millicores; thousandths of bytes), of one container where one is named.
 * A container whose profile says nothing is idle. A pod with a container that has no metric yet has none.
 */
export function resourceMetrics(
  view: ClusterView,
  pods: readonly Pod[],
  resource: string,
  container: string,
): PodMetrics {
  const metrics = new Map<string, PodMetric>();
  if (resource !== 'cpu' && resource !== 'memory') return metrics;
  for (const pod of pods) {
    const value = usageOf(view, pod, resource, container);
    if (value !== undefined) metrics.set(pod.metadata.name, { value, at: view.now, windowMs: RESOLUTION_MS });
  }
  return metrics;
}

function usageOf(view: ClusterView, pod: Pod, resource: 'cpu' | 'memory', container: string): number | undefined {
  if (pod.status.phase !== 'Running') return undefined;
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  let sum = 0;
  let found = container === '';
  for (const each of runningContainers(pod)) {
    const usage = containerUsage(view, each, statuses, resource);
    if (usage === undefined) return undefined;
    if (container !== '' && each.name !== container) continue;
    found = true;
    sum += usage;
  }
  return found ? sum : undefined;
}

function containerUsage(
  view: ClusterView,
  container: Container,
  statuses: readonly ContainerStatus[],
  resource: 'cpu' | 'memory',
): number | undefined {
  const status = statuses.find(({ name }) => name === container.name);
  const startedAt = fromTimestamp(status?.state?.running?.startedAt);
  if (startedAt === undefined || view.now - startedAt < RESOLUTION_MS) return undefined;
  const usage = profiledUsage(profileOf(view, container.image ?? ''), view.now - startedAt);
  return resource === 'cpu' ? (usage.cpuMilli ?? 0) : (usage.memoryBytes ?? 0) * 1000;
}
