import { watchSelf, type Controller } from '../../machinery/controller.ts';
import { toTimestamp } from '../../machinery/time.ts';
import {
  limitByRules,
  limitPlainly,
  paceOf,
  recommend,
  remember,
  stabilizeByRules,
  stabilizePlainly,
} from './behavior.ts';
import { Look } from './look.ts';
import { proposeFor, type MetricProblem, type MetricProposal } from './proposals.ts';
import { scaleTargetOf, type ScaleTarget } from './target.ts';
import { autoscalersByTarget, HorizontalPodAutoscaler, targetKey, type MetricStatus } from './types.ts';

/**
 * Looks at an autoscaler's metrics every 15 s (or the period of the settings) and scales its target. A look that changes nothing writes nothing.
 * Source: pkg/controller/podautoscaler/horizontal.go (reconcileAutoscaler).
 */
export const autoscalerController: Controller = {
  name: 'horizontal-pod-autoscaler',
  watches: [watchSelf(HorizontalPodAutoscaler)],
  reconcile(key, api) {
    const autoscaler = api.getByKey(HorizontalPodAutoscaler, key);
    if (!autoscaler) return;
    const { runtime } = autoscaler;
    const periodMs = api.settings.hpaSyncPeriodMs;
    if (!runtime) {
      const first = { firstAt: api.now + periodMs, recommendations: [], scaleUps: [], scaleDowns: [] };
      api.updateStatus<HorizontalPodAutoscaler>({ ...autoscaler, runtime: first });
      return api.requeueAt(first.firstAt, { background: true });
    }
    const isDue = (api.now - runtime.firstAt) % periodMs === 0 && api.now >= runtime.firstAt;
    if (isDue && runtime.changedAt !== api.now) look(new Look(api, autoscaler, runtime));
    api.requeueAt(nextLook(runtime.firstAt, api.now, periodMs), { background: true });
  },
};

function nextLook(firstAt: number, now: number, periodMs: number): number {
  if (now < firstAt) return firstAt;
  return firstAt + (Math.floor((now - firstAt) / periodMs) + 1) * periodMs;
}

function look(state: Look): void {
  const { api, autoscaler } = state;
  const found = scaleTargetOf(api, autoscaler);
  if (!found.ok) {
    state.event('Warning', 'FailedGetScale', found.error.message);
    const why = `the HPA controller was unable to get the target's current scale: ${found.error.message}`;
    state.setCondition('AbleToScale', 'False', 'FailedGetScale', why);
    return state.write();
  }
  const target = found.value;
  const able = "the HPA controller was able to get the target's current scale";
  state.setCondition('AbleToScale', 'True', 'SucceededGetScale', able);
  if (state.recommendations.length === 0) state.recommendations = [{ replicas: target.replicas, at: api.now }];
  const decision = decide(state, target);
  if (decision) follow(state, target, decision);
  state.write();
}

interface Decision {
  replicas: number;
  reason: string;
  metrics: readonly MetricStatus[] | null;
}

/** What the target should have; undefined when no metric can be had (the status is set then). */
function decide(state: Look, target: ScaleTarget): Decision | undefined {
  const { minReplicas: min = 1, maxReplicas: max } = state.autoscaler.spec;
  const { replicas: current } = target;
  if (current === 0 && min !== 0) {
    const why = 'scaling is disabled since the replica count of the target is zero';
    state.setCondition('ScalingActive', 'False', 'ScalingDisabled', why);
    return { replicas: 0, reason: '', metrics: null };
  }
  if (current > max) {
    return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas', metrics: null };
  }
  if (current < min) {
    return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas', metrics: null };
  }
  const outcome = computeReplicas(state, target);
  if (!outcome) return undefined;
  const { replicas, metric, metrics } = outcome;
  const reason = replicas > current ? `${metric} above target` : replicas < current ? 'All metrics below target' : '';
  return { replicas: normalize(state, replicas, { min, max, current }), reason, metrics };
}

/** computeReplicasForMetrics: the highest of what the metrics ask for; a metric that fails stands in the way of less. */
function computeReplicas(
  state: Look,
  target: ScaleTarget,
): { replicas: number; metric: string; metrics: MetricStatus[] } | undefined {
  if (!hasSelectorOfItsOwn(state, target)) return undefined;
  const specs = state.autoscaler.spec.metrics ?? [];
  const problems: MetricProblem[] = [];
  const metrics: MetricStatus[] = [];
  let best: MetricProposal | undefined;
  for (const spec of specs) {
    const proposal = proposeFor(state.api, state.autoscaler, spec, target);
    if ('cause' in proposal) {
      problems.push(proposal);
      state.event('Warning', proposal.reason, proposal.cause);
      continue;
    }
    metrics.push(proposal.status);
    if (!best || proposal.replicas > best.replicas) best = proposal;
  }
  const [first] = problems;
  if (first && (!best || best.replicas < target.replicas)) {
    const why = `the HPA was unable to compute the replica count: ${first.cause}`;
    state.setCondition('ScalingActive', 'False', first.reason, why);
    state.setCurrent(target.replicas, metrics);
    const summary = `invalid metrics (${problems.length} invalid out of ${specs.length}), first error is: ${first.message}`;
    state.event('Warning', 'FailedComputeMetricsReplicas', summary);
    return undefined;
  }
  if (!best) return undefined;
  const message = `the HPA was able to successfully calculate a replica count from ${best.metric}`;
  state.setCondition('ScalingActive', 'True', 'ValidMetricFound', message);
  return { replicas: best.replicas, metric: best.metric, metrics };
}

/** validateAndParseSelector: no other autoscaler may scale the same pods. */
function hasSelectorOfItsOwn(state: Look, target: ScaleTarget): boolean {
  const { metadata, spec } = state.autoscaler;
  const key = targetKey(metadata.namespace, spec.scaleTargetRef.kind, spec.scaleTargetRef.name);
  const rivals = state.api.by(autoscalersByTarget, key);
  if (rivals.length < 2) return true;
  const names = rivals.map((each) => `{${each.metadata.name} ${each.metadata.namespace}}`).sort();
  const why = `pods by selector ${target.selectorText} are controlled by multiple HPAs: [${names.join(' ')}]`;
  state.event('Warning', 'AmbiguousSelector', why);
  state.setCondition('ScalingActive', 'False', 'AmbiguousSelector', why);
  state.setCurrent(target.replicas, null);
  state.event('Warning', 'FailedComputeMetricsReplicas', why);
  return false;
}

const READY = 'recommended size matches current size';

/** normalizeDesiredReplicas, normalizeDesiredReplicasWithBehaviors: stabilized, then limited. */
function normalize(state: Look, desired: number, limits: { min: number; max: number; current: number }): number {
  const { api, recommendations } = state;
  const pace = paceOf(api.settings);
  const { behavior } = state.autoscaler.spec;
  const rules = behavior && { up: behavior.scaleUp ?? {}, down: behavior.scaleDown ?? {} };
  const stabilized = rules
    ? stabilizeByRules(desired, limits.current, rules, recommendations, api.now, pace)
    : {
        replicas: stabilizePlainly(desired, recommendations, api.now, pace),
        reason: 'ScaleDownStabilized',
        message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
      };
  const windowSeconds = Math.max(
    rules?.up.stabilizationWindowSeconds ?? 0,
    rules?.down.stabilizationWindowSeconds ?? pace.downscaleWindowSeconds,
  );
  state.recommendations = recommend(recommendations, desired, windowSeconds, api.now, pace);
  if (stabilized.replicas === desired) state.setCondition('AbleToScale', 'True', 'ReadyForNewScale', READY);
  else state.setCondition('AbleToScale', 'True', stabilized.reason, stabilized.message);
  const limited = rules
    ? limitByRules(stabilized.replicas, limits, rules, state, api.now)
    : limitPlainly(stabilized.replicas, limits);
  const word = limited.replicas === stabilized.replicas ? 'False' : 'True';
  state.setCondition('ScalingLimited', word, limited.reason, limited.message);
  return limited.replicas;
}

/** Scales the target where it has another number, and says so. */
function follow(state: Look, target: ScaleTarget, { replicas, reason, metrics }: Decision): void {
  const { api, autoscaler } = state;
  if (replicas === target.replicas) return state.setStatus(target.replicas, replicas, metrics);
  const { object } = target;
  const result = api.update({ ...object, spec: { ...object.spec, replicas } });
  if (!result.ok) {
    const { message } = result.error;
    state.event('Warning', 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${message}`);
    const why = `the HPA controller was unable to update the target scale: ${message}`;
    state.setCondition('AbleToScale', 'False', 'FailedUpdateScale', why);
    return state.setCurrent(target.replicas, metrics);
  }
  const done = `the HPA controller was able to update the target scale to ${replicas}`;
  state.setCondition('AbleToScale', 'True', 'SucceededRescale', done);
  state.event('Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
  const { behavior } = autoscaler.spec;
  const change = replicas - target.replicas;
  if (behavior && change > 0) state.scaleUps = remember(state.scaleUps, change, behavior.scaleUp ?? {}, api.now);
  if (behavior && change < 0) {
    state.scaleDowns = remember(state.scaleDowns, -change, behavior.scaleDown ?? {}, api.now);
  }
  state.setStatus(target.replicas, replicas, metrics, toTimestamp(api.now));
}
