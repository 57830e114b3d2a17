import { invalid, invalidObject, type FieldProblem } from '../../machinery/api-error.ts';
import { findTarget, outcomeOf, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler, ObjectApi } from '../../machinery/controller.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { Fault } from '../fault/types.ts';
import { Node, type NodeRuntime, type ShutdownState } from './types.ts';

export interface ShutdownNodeInput extends TargetInput {
  /** Seconds for all pods together; default the cluster's shutdownGracePeriod. 0 turns the machine off at once. */
  gracePeriodSeconds?: number | undefined;
  /** The part of it that is kept for critical pods; default the cluster's shutdownGracePeriodCriticalPods. */
  criticalPodsGracePeriodSeconds?: number | undefined;
}

/** Turns a machine off, after its kubelet has ended its pods. A node that is shutting down, or off, is left alone. */
export const shutdownNode: CommandHandler<ShutdownNodeInput> = {
  name: 'shutdownNode',
  handle(input, api) {
    const target = findTarget(api, Node, input);
    if (!target.ok) return outcomeOf(target);
    const node = target.value;
    if (node.runtime?.shutdown) return outcomeOf(target);
    const gracePeriodMs = inMs(input.gracePeriodSeconds) ?? api.settings.shutdownGracePeriodMs;
    const criticalPodsMs = inMs(input.criticalPodsGracePeriodSeconds) ?? api.settings.shutdownGracePeriodCriticalPodsMs;
    const problems = validate(gracePeriodMs, criticalPodsMs);
    if (problems.length > 0) return { errors: [invalidObject('Node', '', node.metadata.name, problems)] };
    const shutdown: ShutdownState = { sinceMs: api.now, gracePeriodMs, criticalPodsMs };
    return outcomeOf(api.updateStatus<Node>({ ...node, runtime: { ...node.runtime, shutdown } }));
  },
};

/** Turns a machine that was shut down on again, or calls a shutdown off that is under way. */
export const startNode: CommandHandler<TargetInput> = {
  name: 'startNode',
  handle(input, api) {
    const target = findTarget(api, Node, input);
    const shutdown = target.ok ? target.value.runtime?.shutdown : undefined;
    if (!target.ok || !shutdown) return outcomeOf(target);
    const node = target.value;
    if (shutdown.fault === undefined) sayCancelled(api, node, shutdown);
    else endFault(api, shutdown.fault);
    const { shutdown: _, ...runtime }: NodeRuntime = node.runtime ?? {};
    return outcomeOf(api.updateStatus<Node>({ ...node, runtime }));
  },
};

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * SECOND_MS;
}

/** Source: pkg/kubelet/apis/config/validation (ShutdownGracePeriod). */
function validate(gracePeriodMs: number, criticalPodsMs: number): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!(gracePeriodMs >= 0)) {
    problems.push(invalid('gracePeriod', gracePeriodMs / SECOND_MS, 'must be greater than or equal to 0'));
  }
  if (!(criticalPodsMs >= 0)) {
    problems.push(invalid('criticalPodsGracePeriod', criticalPodsMs / SECOND_MS, 'must be greater than or equal to 0'));
  } else if (criticalPodsMs > gracePeriodMs) {
    const words = 'must be less than or equal to gracePeriod';
    problems.push(invalid('criticalPodsGracePeriod', criticalPodsMs / SECOND_MS, words));
  }
  return problems;
}

function sayCancelled(api: ObjectApi, node: Node, { group }: ShutdownState): void {
  if (group === undefined) return;
  const options = { source: 'kubelet', host: node.metadata.name };
  api.event(node, 'Normal', 'NodeShutdown', 'Shutdown manager detected shutdown cancellation', options);
}

function endFault(api: ObjectApi, name: string): void {
  const fault = api.get(Fault, undefined, name);
  if (!fault) return;
  api.update<Fault>({ ...fault, spec: { ...fault.spec, endTime: new Date(api.now).toISOString() } });
}
