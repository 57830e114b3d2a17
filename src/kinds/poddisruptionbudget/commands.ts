import { findTarget, outcomeOf, referenceTo, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler } from '../../machinery/controller.ts';
import { withUnschedulable } from '../node/queries.ts';
import { Node, type DrainState } from '../node/types.ts';
import { Pod } from '../pod/types.ts';
import { drainProgress } from './drain-progress.ts';
import { planDrain, type DrainOptions } from './drain-plan.ts';
import { evictAll } from './drain.ts';
import { evict } from './evict.ts';

export interface EvictPodInput extends TargetInput {
  gracePeriodSeconds?: number | undefined;
}

/** Deletes a pod if its disruption budget allows it now. */
export const evictPod: CommandHandler<EvictPodInput> = {
  name: 'evictPod',
  handle(input, api) {
    const target = findTarget(api, Pod, input);
    if (!target.ok) return outcomeOf(target);
    const { gracePeriodSeconds } = input;
    return outcomeOf(evict(target.value, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }, api));
  },
};

export interface DrainNodeInput extends TargetInput, DrainOptions {
  gracePeriodSeconds?: number | undefined;
  /** Give up after this time; never by default. */
  timeoutMs?: number | undefined;
  disableEviction?: boolean | undefined;
}

/** What `drainNode` answers beside the node. */
export interface DrainAnswer {
  warnings: readonly string[];
  pods: number;
}

/**
 * kubectl drain: cordons the node, evicts what may go at once, and leaves the rest to the drain controller. Where pods
 * may not be taken at all the node stays cordoned and the errors say which, as kubectl does. Daemon pods are ignored
 * unless `ignoreDaemonSets` is false.
 */
export const drainNode: CommandHandler<DrainNodeInput> = {
  name: 'drainNode',
  handle(input, api) {
    const target = findTarget(api, Node, input);
    if (!target.ok) return outcomeOf(target);
    const cordoned = api.update(withUnschedulable(target.value, true));
    if (!cordoned.ok) return outcomeOf(cordoned);
    const name = cordoned.value.metadata.name;
    const plan = planDrain(api, name, { ...input, ignoreDaemonSets: input.ignoreDaemonSets ?? true });
    const objects = [referenceTo(cordoned.value)];
    if (plan.errors.length > 0) {
      const text = plan.errors.length === 1 ? plan.errors[0] : `[${plan.errors.join(', ')}]`;
      const message = `unable to drain node ${JSON.stringify(name)} due to error: ${text}`;
      return { objects, errors: [{ reason: 'Forbidden', message }] };
    }
    const drain: DrainState = {
      startedAt: api.now,
      pods: plan.pods.map((pod) => pod.metadata.uid),
      phase: 'DRAINING',
      ...(input.timeoutMs ? { deadline: api.now + input.timeoutMs } : {}),
      ...(input.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: input.gracePeriodSeconds }),
      ...(input.disableEviction ? { disableEviction: true } : {}),
    };
    const failure = evictAll(plan.pods, drain, api);
    const state: DrainState = failure === undefined ? drain : { ...drain, phase: 'FAILED', message: failure };
    const latest = api.getByKey(Node, name) ?? cordoned.value;
    const stored = api.updateStatus<Node>({ ...latest, runtime: { ...latest.runtime, drain: state } });
    if (!stored.ok) return outcomeOf(stored);
    const data: DrainAnswer = { warnings: plan.warnings, pods: plan.pods.length };
    return { objects, data };
  },
};

/** Stops a drain that is under way; the node stays cordoned. */
export const cancelDrain: CommandHandler<TargetInput> = {
  name: 'cancelDrain',
  handle(input, api) {
    const target = findTarget(api, Node, input);
    if (!target.ok) return outcomeOf(target);
    const node = target.value;
    const { drain, ...runtime } = node.runtime ?? {};
    if (drain?.phase !== 'DRAINING') return outcomeOf({ ok: true, value: node });
    const { message = 'cancelled' } = drainProgress(api, node) ?? {};
    const cancelled: DrainState = { ...drain, phase: 'FAILED', message: `cancelled: ${message}` };
    return outcomeOf(api.updateStatus<Node>({ ...node, runtime: { ...runtime, drain: cancelled } }));
  },
};
