import { selectPods } from '../pod/queries.ts';
import { fail, ok, type Result } from '../../machinery/api-error.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { milliValue, parseQuantity } from '../../machinery/quantity.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import type { Selector } from '../../machinery/selector.ts';
import { resourceMetrics } from './metrics.ts';
import { averageReplicas, utilizationReplicas, type Proposal, type Tolerances } from './replica-calculator.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from './types.ts';

/** What each metric of an autoscaler asks for. Source: pkg/controller/podautoscaler/horizontal.go (computeReplicasForMetric). */

export interface MetricProposal {
  replicas: number;
  metric: string;
  status: MetricStatus;
}

/** A metric that could not be used: the reason for condition and event, and the sentence with and without its source. */
export interface MetricProblem {
  reason: string;
  cause: string;
  message: string;
}

export interface Target {
  replicas: number;
  selector: Selector;
}

/** Those of its behaviour, else the cluster's. */
export function tolerancesOf({ spec }: HorizontalPodAutoscaler, settings: ClusterSettings): Tolerances {
  const tolerance = (value: string | number | undefined) => parseQuantity(value) ?? settings.hpaTolerance;
  return { up: tolerance(spec.behavior?.scaleUp?.tolerance), down: tolerance(spec.behavior?.scaleDown?.tolerance) };
}

export function proposeFor(
  api: ObjectApi,
  autoscaler: HorizontalPodAutoscaler,
  spec: MetricSpec,
  target: Target,
): MetricProposal | MetricProblem {
  const { resource, containerResource } = spec;
  if (spec.type === 'Resource' && resource) {
    const result = proposeResource(api, autoscaler, target, resource.name, resource.target, '');
    if (!result.ok) {
      const cause = result.error.message;
      const message = `failed to get ${resource.name} resource metric value: ${cause}`;
      return { reason: 'FailedGetResourceMetric', cause, message };
    }
    const { replicas, metric, current } = result.value;
    return { replicas, metric, status: { type: 'Resource', resource: { name: resource.name, current } } };
  }
  if (spec.type === 'ContainerResource' && containerResource) {
    const { name, container, target: wanted } = containerResource;
    const result = proposeResource(api, autoscaler, target, name, wanted, container);
    if (!result.ok) {
      const cause = result.error.message;
      const message = `failed to get ${container} container metric value: ${cause}`;
      return { reason: 'FailedGetContainerResourceMetric', cause, message };
    }
    const { replicas, metric, current } = result.value;
    return { replicas, metric, status: { type: 'ContainerResource', containerResource: { name, container, current } } };
  }
  return unavailable(autoscaler, spec);
}

interface ResourceProposal {
  replicas: number;
  metric: string;
  current: MetricValueStatus;
}

function proposeResource(
  api: ObjectApi,
  autoscaler: HorizontalPodAutoscaler,
  target: Target,
  resource: string,
  wanted: MetricTarget,
  container: string,
): Result<ResourceProposal> {
  const pods = selectPods(api, autoscaler.metadata.namespace ?? '', target.selector);
  const metrics = resourceMetrics(api, pods, resource, container);
  const byValue = wanted.averageValue !== undefined;
  const failed = (why: string) =>
    fail('NotFound', `failed to get ${resource} ${byValue ? 'usage' : 'utilization'}: ${why}`);
  if (metrics.size === 0) {
    return failed(`unable to get metrics for resource ${resource}: no metrics returned from resource metrics API`);
  }
  const tolerances = tolerancesOf(autoscaler, api.settings);
  const sample = {
    pods,
    metrics,
    resource,
    currentReplicas: target.replicas,
    tolerances,
    now: api.now,
    settings: api.settings,
  };
  const result = byValue
    ? averageReplicas(sample, milliValue(wanted.averageValue))
    : utilizationReplicas(sample, wanted.averageUtilization ?? 0, container);
  return result.ok ? ok(resourceProposal(result.value, resource, container)) : failed(result.error.message);
}

function resourceProposal(proposal: Proposal, resource: string, container: string): ResourceProposal {
  const { replicas, utilization, average } = proposal;
  const averageValue = formatDecimal(average);
  if (utilization === undefined) return { replicas, metric: `${resource} resource`, current: { averageValue } };
  const source = container === '' ? 'resource' : 'container resource';
  const metric = `${resource} ${source} utilization (percentage of request)`;
  return { replicas, metric, current: { averageUtilization: utilization, averageValue } };
}

const DECIMAL_SUFFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** resource.NewMilliQuantity(…, DecimalSI).String(): "150m", "2", "50M". */
export function formatDecimal(milli: number): string {
  if (milli % 1000 !== 0) return `${milli}m`;
  let value = milli / 1000;
  let step = 0;
  while (value !== 0 && value % 1000 === 0 && step < DECIMAL_SUFFIXES.length - 1) {
    value /= 1000;
    step++;
  }
  return `${value}${DECIMAL_SUFFIXES[step]}`;
}

const NO_CUSTOM_METRICS =
  'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';

/** Metrics that need an adapter, which the model does not have: refused as on a cluster without one. */
function unavailable({ metadata }: HorizontalPodAutoscaler, spec: MetricSpec): MetricProblem {
  const { namespace = '' } = metadata;
  if (spec.type === 'Pods' && spec.pods) {
    const cause = `unable to get metric ${spec.pods.metric.name}: ${NO_CUSTOM_METRICS}`;
    return { reason: 'FailedGetPodsMetric', cause, message: `failed to get pods metric value: ${cause}` };
  }
  if (spec.type === 'Object' && spec.object) {
    const { describedObject, metric } = spec.object;
    const on = `on ${describedObject.kind} ${namespace}/${describedObject.name}`;
    const cause = `unable to get metric ${metric.name}: ${on} ${NO_CUSTOM_METRICS}`;
    return { reason: 'FailedGetObjectMetric', cause, message: `failed to get object metric value: ${cause}` };
  }
  const name = spec.external?.metric.name ?? '';
  const cause = `unable to get external metric ${namespace}/${name}/nil: unable to fetch metrics from external metrics API: no external metrics API (external.metrics.k8s.io) registered`;
  return { reason: 'FailedGetExternalMetric', cause, message: `failed to get ${name} external metric value: ${cause}` };
}
