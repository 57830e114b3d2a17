import { podCondition } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { DEFAULT_SETTINGS, type ClusterSettings } from '../../machinery/settings.ts';
import { fromTimestamp } from '../../machinery/time.ts';

/** The usage of one pod in thousandths, the end of the window it was measured in, and how long that was. */
export interface PodMetric {
  value: number;
  at: number;
  windowMs: number;
}

export type PodMetrics = ReadonlyMap<string, PodMetric>;

export interface PodGroups {
  readyCount: number;
  unready: ReadonlySet<string>;
  missing: ReadonlySet<string>;
  ignored: ReadonlySet<string>;
}

/**
 * Which pods count: those on their way out or failed are ignored, those pending or (for cpu) not ready yet are unready,
 * those without a metric are missing. Source: pkg/controller/podautoscaler/replica_calculator.go (groupPods).
 */
export function groupPods(
  pods: readonly Pod[],
  metrics: PodMetrics,
  resource: string,
  now: number,
  settings: ClusterSettings = DEFAULT_SETTINGS,
): PodGroups {
  const unready = new Set<string>();
  const missing = new Set<string>();
  const ignored = new Set<string>();
  let readyCount = 0;
  for (const pod of pods) {
    const { name } = pod.metadata;
    const metric = metrics.get(name);
    if (isBeingDeleted(pod) || pod.status.phase === 'Failed') ignored.add(name);
    else if (pod.status.phase === 'Pending') unready.add(name);
    else if (!metric) missing.add(name);
    else if (resource === 'cpu' && isUnready(pod, metric, now, settings)) unready.add(name);
    else readyCount++;
  }
  return { readyCount, unready, missing, ignored };
}

/** A pod that starts uses more than it will: its cpu does not count until it was ready, or five minutes have passed. */
function isUnready(pod: Pod, metric: PodMetric, now: number, settings: ClusterSettings): boolean {
  const condition = podCondition(pod, 'Ready');
  const startedAt = fromTimestamp(pod.status.startTime);
  if (!condition || startedAt === undefined) return true;
  const changedAt = fromTimestamp(condition.lastTransitionTime) ?? 0;
  if (startedAt + settings.hpaCpuInitializationPeriodMs > now) {
    return condition.status === 'False' || metric.at < changedAt + metric.windowMs;
  }
  return condition.status === 'False' && startedAt + settings.hpaInitialReadinessDelayMs > changedAt;
}
