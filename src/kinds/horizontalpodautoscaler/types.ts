import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { LabelSelector } from '../../machinery/selector.ts';

export interface ScaleTargetRef {
  apiVersion?: string;
  kind: string;
  name: string;
}

export interface MetricTarget {
  type: 'Utilization' | 'Value' | 'AverageValue';
  value?: string | number;
  averageValue?: string | number;
  averageUtilization?: number;
}

export interface MetricIdentifier {
  name: string;
  selector?: LabelSelector;
}

export interface MetricSpec {
  type: 'Resource' | 'ContainerResource' | 'Pods' | 'Object' | 'External';
  resource?: { name: string; target: MetricTarget };
  containerResource?: { name: string; container: string; target: MetricTarget };
  pods?: { metric: MetricIdentifier; target: MetricTarget };
  object?: { describedObject: ScaleTargetRef; metric: MetricIdentifier; target: MetricTarget };
  external?: { metric: MetricIdentifier; target: MetricTarget };
}

export interface ScalingPolicy {
  type: 'Pods' | 'Percent';
  value: number;
  periodSeconds: number;
}

export interface ScalingRules {
  stabilizationWindowSeconds?: number;
  selectPolicy?: 'Max' | 'Min' | 'Disabled';
  policies?: ScalingPolicy[];
  tolerance?: string | number;
}

export interface HorizontalPodAutoscalerSpec {
  scaleTargetRef: ScaleTargetRef;
  minReplicas?: number;
  maxReplicas: number;
  metrics?: MetricSpec[];
  behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules };
}

export interface MetricValueStatus {
  averageUtilization?: number;
  averageValue?: string;
}

export interface MetricStatus {
  type: MetricSpec['type'];
  resource?: { name: string; current: MetricValueStatus };
  containerResource?: { name: string; container: string; current: MetricValueStatus };
}

export interface AutoscalerCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  lastTransitionTime: string;
  reason: string;
  message: string;
}

export interface HorizontalPodAutoscalerStatus {
  lastScaleTime?: string;
  currentReplicas?: number;
  desiredReplicas: number;
  currentMetrics?: MetricStatus[] | null;
  conditions?: AutoscalerCondition[];
}

/** From `at` (simulated milliseconds) this many replicas were recommended, until the next entry. */
export interface Recommendation {
  replicas: number;
  at: number;
}

/** At `at` this many replicas were added or taken away. */
export interface ScaleEvent {
  replicas: number;
  at: number;
}

/** What the controller remembers between its looks at the metrics. */
export interface AutoscalerRuntime {
  /** The first look; the others follow at the sync period. */
  firstAt: number;
  /** The last look that changed anything. */
  changedAt?: number;
  recommendations: readonly Recommendation[];
  scaleUps: readonly ScaleEvent[];
  scaleDowns: readonly ScaleEvent[];
}

export interface HorizontalPodAutoscaler extends KubeObject {
  spec: HorizontalPodAutoscalerSpec;
  status: HorizontalPodAutoscalerStatus;
  runtime?: AutoscalerRuntime;
}

export const HorizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  namespaced: true,
});

/** Autoscalers by what they scale: see `targetKey`. */
export const autoscalersByTarget: Index<HorizontalPodAutoscaler> = {
  name: 'autoscalers by target',
  kind: HorizontalPodAutoscaler,
  keys: ({ metadata, spec }) => targetKey(metadata.namespace, spec.scaleTargetRef.kind, spec.scaleTargetRef.name),
};

export function targetKey(namespace: string | undefined, kind: string, name: string): string {
  return `${namespace ?? ''}\n${kind}/${name}`;
}
