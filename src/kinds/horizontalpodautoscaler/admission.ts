import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { HorizontalPodAutoscaler, type MetricSpec, type MetricTarget, type ScalingRules } from './types.ts';

/** Defaults and rules. Sources: pkg/apis/autoscaling/v2/defaults.go, pkg/apis/autoscaling/validation/validation.go. */

const DEFAULT_METRICS: MetricSpec[] = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
];

const DEFAULT_SCALE_UP: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};

const DEFAULT_SCALE_DOWN: ScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

/** `autoscaling/v1` knows one metric, by this field. */
interface OldSpec {
  targetCPUUtilizationPercentage?: number;
}

/** An autoscaler is stored as autoscaling/v2 whatever version it was written in. Source: pkg/apis/autoscaling/v1/conversion.go. */
function convert(autoscaler: HorizontalPodAutoscaler): void {
  autoscaler.apiVersion = HorizontalPodAutoscaler.apiVersion;
  const { targetCPUUtilizationPercentage: averageUtilization, ...spec } = autoscaler.spec as typeof autoscaler.spec &
    OldSpec;
  if (averageUtilization === undefined) return;
  const target = { type: 'Utilization' as const, averageUtilization };
  const others = (spec.metrics ?? []).filter(({ resource }) => resource?.name !== 'cpu');
  autoscaler.spec = { ...spec, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }, ...others] };
}

export function applyDefaults(autoscaler: HorizontalPodAutoscaler): void {
  if (autoscaler.apiVersion !== HorizontalPodAutoscaler.apiVersion) convert(autoscaler);
  const { spec } = autoscaler;
  const metrics = spec.metrics && spec.metrics.length > 0 ? spec.metrics : DEFAULT_METRICS;
  autoscaler.spec = { ...spec, minReplicas: spec.minReplicas ?? 1, metrics };
  if (!spec.behavior) return;
  autoscaler.spec.behavior = {
    scaleUp: { ...DEFAULT_SCALE_UP, ...spec.behavior.scaleUp },
    scaleDown: { ...DEFAULT_SCALE_DOWN, ...spec.behavior.scaleDown },
  };
}

export function validate({ spec }: HorizontalPodAutoscaler): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { scaleTargetRef, minReplicas = 1, maxReplicas, metrics = [], behavior } = spec;
  if (minReplicas < 1) {
    problems.push(invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  }
  if ((maxReplicas ?? 0) < 1) problems.push(invalid('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than 0'));
  if ((maxReplicas ?? 0) < minReplicas) {
    problems.push(invalid('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than or equal to `minReplicas`'));
  }
  if (!scaleTargetRef?.kind) problems.push(required('spec.scaleTargetRef.kind'));
  if (!scaleTargetRef?.name) problems.push(required('spec.scaleTargetRef.name'));
  metrics.forEach((metric, index) => problems.push(...validateMetric(metric, `spec.metrics[${index}]`)));
  if (behavior) {
    problems.push(...validateRules(behavior.scaleUp, 'spec.behavior.scaleUp'));
    problems.push(...validateRules(behavior.scaleDown, 'spec.behavior.scaleDown'));
  }
  return problems;
}

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const SOURCES = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
} as const;

function validateMetric(metric: MetricSpec, path: string): FieldProblem[] {
  if (!metric.type) return [required(`${path}.type`, 'must specify a metric source type')];
  const field = SOURCES[metric.type];
  if (!field) return [notSupported(`${path}.type`, metric.type, METRIC_TYPES)];
  const source = metric[field];
  if (!source) {
    return [required(`${path}.${field}`, 'must populate information for the given metric source')];
  }
  const at = `${path}.${field}`;
  const problems: FieldProblem[] = [];
  if (metric.type === 'Resource' || metric.type === 'ContainerResource') {
    const { name } = source as { name?: string };
    if (!name) problems.push(required(`${at}.name`, 'must specify a resource name'));
    if (metric.type === 'ContainerResource' && !metric.containerResource?.container) {
      problems.push(required(`${at}.container`, 'must specify a container name'));
    }
    problems.push(...validateResourceTarget(source.target, `${at}.target`));
  }
  return [...problems, ...validateTarget(source.target, `${at}.target`)];
}

function validateTarget(target: MetricTarget | undefined, path: string): FieldProblem[] {
  if (!target?.type) return [required(`${path}.type`, 'must specify a metric target type')];
  const types = ['AverageValue', 'Utilization', 'Value'];
  if (!types.includes(target.type)) return [notSupported(`${path}.type`, target.type, types)];
  const { averageUtilization } = target;
  if (averageUtilization === undefined || averageUtilization >= 1) return [];
  return [invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0')];
}

function validateResourceTarget(target: MetricTarget | undefined, path: string): FieldProblem[] {
  const hasUtilization = target?.averageUtilization !== undefined;
  const hasValue = target?.averageValue !== undefined;
  if (!hasUtilization && !hasValue) {
    return [required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization')];
  }
  if (!hasUtilization || !hasValue) return [];
  return [
    {
      type: 'FieldValueForbidden',
      field: `${path}.averageValue`,
      detail: 'may not set both a target raw value and a target utilization',
    },
  ];
}

const MAX_PERIOD_SECONDS = 1_800;
const MAX_WINDOW_SECONDS = 3_600;
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];

function validateRules(rules: ScalingRules | undefined, path: string): FieldProblem[] {
  if (!rules) return [];
  const problems: FieldProblem[] = [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [] } = rules;
  if (window !== undefined && window < 0) {
    problems.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  }
  if (window !== undefined && window > MAX_WINDOW_SECONDS) {
    const words = `must be less than or equal to ${MAX_WINDOW_SECONDS}`;
    problems.push(invalid(`${path}.stabilizationWindowSeconds`, window, words));
  }
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy)) {
    problems.push(notSupported(`${path}.selectPolicy`, selectPolicy, SELECT_POLICIES));
  }
  if (policies.length === 0) problems.push(required(`${path}.policies`, 'must specify at least one Policy'));
  for (const [index, { type, value, periodSeconds }] of policies.entries()) {
    const at = `${path}.policies[${index}]`;
    if (type !== 'Pods' && type !== 'Percent') problems.push(notSupported(`${at}.type`, type, ['Percent', 'Pods']));
    if (value <= 0) problems.push(invalid(`${at}.value`, value, 'must be greater than zero'));
    if (periodSeconds <= 0) {
      problems.push(invalid(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero'));
    }
    if (periodSeconds > MAX_PERIOD_SECONDS) {
      const words = `must be less than or equal to ${MAX_PERIOD_SECONDS}`;
      problems.push(invalid(`${at}.periodSeconds`, periodSeconds, words));
    }
  }
  return problems;
}
