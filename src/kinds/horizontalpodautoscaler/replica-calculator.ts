import type { Container, Pod } from '../pod/types.ts';
import { fail, ok, type Result } from '../../machinery/api-error.ts';
import { milliValue } from '../../machinery/quantity.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import { groupPods, type PodMetric, type PodMetrics } from './pod-groups.ts';

/** How many replicas a metric asks for. Source: pkg/controller/podautoscaler/replica_calculator.go. */

/** How far the ratio of usage to target may be from one before anything is done. */
export interface Tolerances {
  up: number;
  down: number;
}

export interface Proposal {
  replicas: number;
  /** Percent of the requests; for utilization targets. */
  utilization?: number;
  /** The average per pod, in thousandths. */
  average: number;
}

function isWithin({ up, down }: Tolerances, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}

export interface Sample {
  pods: readonly Pod[];
  metrics: PodMetrics;
  resource: string;
  currentReplicas: number;
  tolerances: Tolerances;
  now: number;
  settings?: ClusterSettings;
}

/** One way to compare usage with a target: its ratio, and what is assumed of pods without a metric. */
interface Measure {
  ratioOf: (metrics: PodMetrics) => Result<{ ratio: number; proposal: Omit<Proposal, 'replicas'> }>;
  assumedOnScaleDown: (pod: string) => number;
}

/** GetResourceReplicas: towards a percentage of what the pods request. */
export function utilizationReplicas(sample: Sample, target: number, container: string): Result<Proposal> {
  return propose(sample, () => {
    const requests = calculateRequests(sample.pods, container, sample.resource);
    if (!requests.ok) return requests;
    const assumedPercent = Math.max(100, target);
    return ok({
      ratioOf: (metrics) => utilizationRatio(metrics, requests.value, target),
      assumedOnScaleDown: (pod) => Math.trunc(((requests.value.get(pod) ?? 0) * assumedPercent) / 100),
    });
  });
}

/** GetRawResourceReplicas, calcPlainMetricReplicas: towards an average per pod, in thousandths. */
export function averageReplicas(sample: Sample, target: number): Result<Proposal> {
  return propose(sample, () =>
    ok({
      ratioOf(metrics) {
        const average = Math.trunc(total(metrics) / metrics.size);
        return ok({ ratio: average / target, proposal: { average } });
      },
      assumedOnScaleDown: () => target,
    }),
  );
}

function propose(sample: Sample, measureOf: () => Result<Measure>): Result<Proposal> {
  const { pods, metrics, resource, currentReplicas, tolerances, now, settings } = sample;
  if (pods.length === 0) return fail('NotFound', 'no pods returned by selector while calculating replica count');
  const { readyCount, unready, missing, ignored } = groupPods(pods, metrics, resource, now, settings);
  const counted = new Map([...metrics].filter(([pod]) => !ignored.has(pod) && !unready.has(pod)));
  if (counted.size === 0) {
    return fail('NotFound', 'did not receive metrics for targeted pods (pods might be unready)');
  }
  const measure = measureOf();
  if (!measure.ok) return measure;
  const first = measure.value.ratioOf(counted);
  if (!first.ok) return first;
  const { ratio, proposal } = first.value;
  const keep = ok({ ...proposal, replicas: currentReplicas });
  const scaleUpWithUnready = unready.size > 0 && ratio > 1;
  if (!scaleUpWithUnready && missing.size === 0) {
    return isWithin(tolerances, ratio) ? keep : ok({ ...proposal, replicas: Math.ceil(ratio * readyCount) });
  }
  const { assumedOnScaleDown } = measure.value;
  const assume = (pod: string, value: number) => counted.set(pod, { value, at: now, windowMs: 0 } satisfies PodMetric);
  if (ratio < 1) for (const pod of missing) assume(pod, assumedOnScaleDown(pod));
  if (ratio > 1) for (const pod of missing) assume(pod, 0);
  if (scaleUpWithUnready) for (const pod of unready) assume(pod, 0);
  const second = measure.value.ratioOf(counted);
  if (!second.ok) return second;
  const newRatio = second.value.ratio;
  const turnsRound = (ratio < 1 && newRatio > 1) || (ratio > 1 && newRatio < 1);
  if (isWithin(tolerances, newRatio) || turnsRound) return keep;
  const replicas = Math.ceil(newRatio * counted.size);
  const against = (newRatio < 1 && replicas > currentReplicas) || (newRatio > 1 && replicas < currentReplicas);
  return against ? keep : ok({ ...proposal, replicas });
}

function total(metrics: PodMetrics): number {
  let sum = 0;
  for (const { value } of metrics.values()) sum += value;
  return sum;
}

/** GetResourceUtilizationRatio: whole per cents, as upstream rounds them. */
function utilizationRatio(
  metrics: PodMetrics,
  requests: ReadonlyMap<string, number>,
  target: number,
): Result<{ ratio: number; proposal: Omit<Proposal, 'replicas'> }> {
  let used = 0;
  let requested = 0;
  let count = 0;
  for (const [pod, { value }] of metrics) {
    const request = requests.get(pod);
    if (request === undefined) continue;
    used += value;
    requested += request;
    count++;
  }
  if (requested === 0) return fail('NotFound', 'no metrics returned matched known pods');
  const utilization = Math.trunc((used * 100) / requested);
  return ok({ ratio: utilization / target, proposal: { utilization, average: Math.trunc(used / count) } });
}

/** calculateRequests: what each pod asks for, its sidecars included; of one container where one is named. */
export function calculateRequests(
  pods: readonly Pod[],
  container: string,
  resource: string,
): Result<ReadonlyMap<string, number>> {
  const requests = new Map<string, number>();
  for (const pod of pods) {
    const request = requestOf(pod, container, resource);
    if (!request.ok) return request;
    requests.set(pod.metadata.name, request.value);
  }
  return ok(requests);
}

function requestOf(pod: Pod, container: string, resource: string): Result<number> {
  const podLevel = (pod.spec as { resources?: { requests?: Record<string, string | number> } }).resources?.requests;
  if (podLevel && container === '') {
    const request = podLevel[resource];
    if (request !== undefined) return ok(milliValue(request));
    return fail('NotFound', `missing pod-level request for ${resource} in Pod ${pod.metadata.name}`);
  }
  let sum = 0;
  for (const each of runningContainers(pod)) {
    if (container !== '' && each.name !== container) continue;
    const request = each.resources?.requests?.[resource];
    if (request === undefined) {
      return fail('NotFound', `missing request for ${resource} in container ${each.name} of Pod ${pod.metadata.name}`);
    }
    sum += milliValue(request);
    if (container !== '') return ok(sum);
  }
  return container === '' ? ok(sum) : fail('NotFound', `container ${container} not found in Pod ${pod.metadata.name}`);
}

/** A pod's containers and its sidecars. */
export function runningContainers({ spec }: Pod): Container[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...spec.containers, ...sidecars];
}
