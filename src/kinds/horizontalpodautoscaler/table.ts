import type { TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { currentOf } from './metric-status.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricTarget, MetricValueStatus } from './types.ts';

/** kubectl's columns. Source: pkg/printers/internalversion/printers.go (printHorizontalPodAutoscaler). */
export const columns: readonly TableColumn<HorizontalPodAutoscaler>[] = [
  { name: 'REFERENCE', cell: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}` },
  { name: 'TARGETS', cell: targets },
  { name: 'MINPODS', cell: ({ spec }) => String(spec.minReplicas ?? '<unset>') },
  { name: 'MAXPODS', cell: ({ spec }) => String(spec.maxReplicas) },
  { name: 'REPLICAS', cell: ({ status }) => String(status.currentReplicas ?? 0) },
  {
    name: 'AGE',
    cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)),
  },
];

const SHOWN_METRICS = 2;

/** formatHPAMetrics: "cpu: 40%/80%", the first two and how many more. */
function targets(autoscaler: HorizontalPodAutoscaler): string {
  const specs = autoscaler.spec.metrics ?? [];
  if (specs.length === 0) return '<none>';
  const texts = specs.map((spec) => target(autoscaler, spec));
  const shown = texts.slice(0, SHOWN_METRICS).join(', ');
  return texts.length > SHOWN_METRICS ? `${shown} + ${texts.length - SHOWN_METRICS} more...` : shown;
}

function target(autoscaler: HorizontalPodAutoscaler, spec: MetricSpec): string {
  const source = spec.resource ?? spec.containerResource;
  if ((spec.type === 'Resource' || spec.type === 'ContainerResource') && source) {
    return `${source.name}: ${compare(currentOf(autoscaler, spec), source.target)}`;
  }
  const wanted = spec.pods?.target ?? spec.object?.target ?? spec.external?.target;
  const average = wanted?.averageValue !== undefined && spec.type !== 'Pods' ? ' (avg)' : '';
  return `<unknown>/${wanted?.averageValue ?? wanted?.value ?? '<auto>'}${average}`;
}

function compare(current: MetricValueStatus | undefined, wanted: MetricTarget): string {
  if (wanted.averageValue !== undefined) return `${current?.averageValue ?? '<unknown>'}/${wanted.averageValue}`;
  const utilization = current?.averageUtilization;
  const goal = wanted.averageUtilization === undefined ? '<auto>' : `${wanted.averageUtilization}%`;
  return `${utilization === undefined ? '<unknown>' : `${utilization}%`}/${goal}`;
}
