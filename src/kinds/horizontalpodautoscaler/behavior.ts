import { DEFAULT_SETTINGS, type ClusterSettings } from '../../machinery/settings.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import type { Recommendation, ScaleEvent, ScalingRules } from './types.ts';

/** How fast and how soon a recommendation is followed. Source: pkg/controller/podautoscaler/horizontal.go. */

/** How often an autoscaler looks, and how long it waits with less where it has no behaviour of its own. */
export interface Pace {
  syncPeriodMs: number;
  downscaleWindowSeconds: number;
}

export function paceOf(settings: ClusterSettings): Pace {
  return {
    syncPeriodMs: settings.hpaSyncPeriodMs,
    downscaleWindowSeconds: settings.hpaDownscaleStabilizationMs / SECOND_MS,
  };
}

export const DEFAULT_PACE: Pace = paceOf(DEFAULT_SETTINGS);

export interface Limits {
  min: number;
  max: number;
  current: number;
}

export interface Limited {
  replicas: number;
  reason: string;
  message: string;
}

const WITHIN: Omit<Limited, 'replicas'> = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
};
const TOO_MANY = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const TOO_FEW = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const UP_LIMIT = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const DOWN_LIMIT = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/** convertDesiredReplicasWithRules: without behaviour, at most double (and at least to four). */
export function limitPlainly(desired: number, { min, max, current }: Limits): Limited {
  const upLimit = Math.max(2 * current, 4);
  const [most, why] = max > upLimit ? [upLimit, UP_LIMIT] : [max, TOO_MANY];
  if (desired < min) return { replicas: min, ...TOO_FEW };
  return desired > most ? { replicas: most, ...why } : { replicas: desired, ...WITHIN };
}

export interface History {
  scaleUps: readonly ScaleEvent[];
  scaleDowns: readonly ScaleEvent[];
}

/** convertDesiredReplicasWithBehaviorRate: within the policies of the behaviour. */
export function limitByRules(
  desired: number,
  { min, max, current }: Limits,
  rules: { up: ScalingRules; down: ScalingRules },
  history: History,
  now: number,
): Limited {
  if (desired > current) {
    const upLimit = Math.max(current, scaleUpLimit(current, rules.up, history, now));
    const [most, why] = max > upLimit ? [upLimit, UP_LIMIT] : [max, TOO_MANY];
    if (desired > most) return { replicas: most, ...why };
  } else if (desired < current) {
    const downLimit = Math.min(current, scaleDownLimit(current, rules.down, history, now));
    const [least, why] = min < downLimit ? [downLimit, DOWN_LIMIT] : [min, TOO_FEW];
    if (desired < least) return { replicas: least, ...why };
  }
  return { replicas: desired, ...WITHIN };
}

/** calculateScaleUpLimitWithScalingRules */
export function scaleUpLimit(current: number, rules: ScalingRules, history: History, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = replicasAtStart(current, periodSeconds, history, now);
    return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

/** calculateScaleDownLimitWithBehaviors */
export function scaleDownLimit(current: number, rules: ScalingRules, history: History, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = replicasAtStart(current, periodSeconds, history, now);
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

/** How many replicas there were when the period began. */
function replicasAtStart(current: number, periodSeconds: number, history: History, now: number): number {
  return (
    current - changeWithin(history.scaleUps, periodSeconds, now) + changeWithin(history.scaleDowns, periodSeconds, now)
  );
}

function changeWithin(events: readonly ScaleEvent[], periodSeconds: number, now: number): number {
  const cutoff = now - periodSeconds * SECOND_MS;
  let change = 0;
  for (const { replicas, at } of events) if (at > cutoff) change += replicas;
  return change;
}

/** The events that a policy may still ask about, and one more. */
export function remember(
  events: readonly ScaleEvent[],
  replicas: number,
  rules: ScalingRules,
  now: number,
): readonly ScaleEvent[] {
  const longest = Math.max(0, ...(rules.policies ?? []).map(({ periodSeconds }) => periodSeconds));
  return [...events.filter(({ at }) => at >= now - longest * SECOND_MS), { replicas, at: now }];
}

/** The recommendations that still held after `cutoff`: each holds until the look before the next one. */
function heldAfter(
  recommendations: readonly Recommendation[],
  cutoff: number,
  now: number,
  syncPeriodMs: number,
): number[] {
  return recommendations
    .filter((_recommendation, index) => {
      const next = recommendations[index + 1]?.at ?? now;
      return Math.max(recommendations[index]?.at ?? 0, next - syncPeriodMs) > cutoff;
    })
    .map(({ replicas }) => replicas);
}

/** stabilizeRecommendation: down only to the highest recommendation of the last five minutes. */
export function stabilizePlainly(
  desired: number,
  recommendations: readonly Recommendation[],
  now: number,
  pace: Pace = DEFAULT_PACE,
): number {
  const cutoff = now - pace.downscaleWindowSeconds * SECOND_MS - 1;
  return Math.max(desired, ...heldAfter(recommendations, cutoff, now, pace.syncPeriodMs));
}

/** stabilizeRecommendationWithBehaviors: up to the lowest, down to the highest recommendation of each window. */
export function stabilizeByRules(
  desired: number,
  current: number,
  rules: { up: ScalingRules; down: ScalingRules },
  recommendations: readonly Recommendation[],
  now: number,
  pace: Pace = DEFAULT_PACE,
): Limited {
  const upCutoff = now - (rules.up.stabilizationWindowSeconds ?? 0) * SECOND_MS;
  const downSeconds = rules.down.stabilizationWindowSeconds ?? pace.downscaleWindowSeconds;
  const downCutoff = now - downSeconds * SECOND_MS;
  const lowest = Math.min(desired, ...heldAfter(recommendations, upCutoff, now, pace.syncPeriodMs));
  const highest = Math.max(desired, ...heldAfter(recommendations, downCutoff, now, pace.syncPeriodMs));
  const replicas = Math.min(Math.max(current, lowest), highest);
  return desired >= current
    ? {
        replicas,
        reason: 'ScaleUpStabilized',
        message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
      }
    : {
        replicas,
        reason: 'ScaleDownStabilized',
        message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
      };
}

/** The recommendations with a new one; what no window reaches any more is dropped. */
export function recommend(
  recommendations: readonly Recommendation[],
  replicas: number,
  windowSeconds: number,
  now: number,
  { syncPeriodMs }: Pace = DEFAULT_PACE,
): readonly Recommendation[] {
  const cutoff = now - windowSeconds * SECOND_MS - syncPeriodMs;
  const reachable = recommendations.filter((_each, index) => (recommendations[index + 1]?.at ?? now) > cutoff);
  return reachable.at(-1)?.replicas === replicas ? reachable : [...reachable, { replicas, at: now }];
}
