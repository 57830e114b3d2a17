import { findTarget, outcomeOf, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler, CommandOutcome } from '../../machinery/controller.ts';
import { Pod, type PodSpec } from './types.ts';

export interface DeletePodInput extends TargetInput {
  /** Seconds; default the pod's own. */
  gracePeriodSeconds?: number | undefined;
  /** Remove it from the API at once, without waiting for its kubelet (`kubectl delete --force`). */
  force?: boolean | undefined;
}

/** kubectl delete pod: asks for a graceful end, or removes it at once. It heeds no disruption budget. */
export const deletePod: CommandHandler<DeletePodInput> = {
  name: 'deletePod',
  handle(input, api): CommandOutcome {
    const target = findTarget(api, Pod, input);
    if (!target.ok) return outcomeOf(target);
    const seconds = input.force ? 0 : input.gracePeriodSeconds;
    return outcomeOf(api.delete(target.value, seconds === undefined ? {} : { gracePeriodSeconds: seconds }));
  },
};

type EphemeralContainer = NonNullable<PodSpec['ephemeralContainers']>[number];

export interface DebugPodInput extends TargetInput {
  container: EphemeralContainer;
}

/** kubectl debug: adds an ephemeral container to a pod. It is never started again, and never removed. */
export const debugPod: CommandHandler<DebugPodInput> = {
  name: 'debugPod',
  handle(input, api): CommandOutcome {
    const target = findTarget(api, Pod, input);
    if (!target.ok) return outcomeOf(target);
    const pod = target.value;
    const ephemeralContainers = [...(pod.spec.ephemeralContainers ?? []), input.container];
    return outcomeOf(api.update<Pod>({ ...pod, spec: { ...pod.spec, ephemeralContainers } }));
  },
};
