import type { Change } from '../../machinery/controller.ts';
import { keyOf } from '../../machinery/object.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { prepareEnvironment } from '../../kinds/pod/environment.ts';
import type { ContainerRuntime, Waiting } from '../../kinds/pod/runtime.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';

/**
 * Containers whose environment cannot be made. The kubelet looks at such a pod again every 10 to 15 s; that what was
 * missing has appeared wakes it no sooner. Source: pkg/kubelet/pod_workers.go (completeWork), kuberuntime_container.go
 * (startContainer).
 */

export const CONFIG_ERROR = 'CreateContainerConfigError';

/** backOffPeriod and workerBackOffPeriodJitterFactor of the kubelet. */
const RETRY_MS = 10 * SECOND_MS;
const RETRY_JITTER = 0.5;
/**
 * After so many attempts the event recorder of the kubelet lets no more events about the pod pass (client-go's filter
 * allows 25 at once), so that nothing is left to be seen of further ones before they succeed.
 */
const VISIBLE_ATTEMPTS = 12;

/** Puts a container whose environment cannot be made into its wait, and says why. */
export function failConfiguration(sync: PodSync, about: PodContainer, state: ContainerRuntime, problem: string): void {
  const attempts = (state.configError?.attempts ?? 0) + 1;
  sync.event('Warning', 'Failed', `Error: ${problem}`, about);
  const step: Waiting = { step: 'waiting', reason: CONFIG_ERROR, message: problem };
  if (attempts < VISIBLE_ATTEMPTS) step.retryAt = nextTry(sync, sync.now);
  sync.setContainer(about.container.name, { ...state, configError: { attempts, triedAt: sync.now }, step });
}

/** Whether it is time to try again; asks for the next time where something has changed since the last. */
export function isTimeToRetry(sync: PodSync, about: PodContainer, state: ContainerRuntime, step: Waiting): boolean {
  if (step.retryAt !== undefined) return step.retryAt <= sync.now;
  if (!hasChanged(sync, about, step)) return false;
  let retryAt = state.configError?.triedAt ?? sync.now;
  while (retryAt <= sync.now) retryAt = nextTry(sync, retryAt);
  sync.setContainer(about.container.name, { ...state, step: { ...step, retryAt } });
  return false;
}

/** A pod that waits for a variable in a file, when something was written into its volumes. */
export function podsWithNewFiles({ old, new: pod }: Change<Pod>): string | undefined {
  if (!pod?.runtime || !old || old.runtime?.volumes === pod.runtime.volumes) return undefined;
  const waits = Object.values(pod.runtime.containers ?? {}).some(({ configError }) => configError !== undefined);
  return waits ? keyOf(pod) : undefined;
}

/** Whether the next attempt will have another outcome than the last. */
export function hasChanged(sync: PodSync, { container }: PodContainer, step: Waiting): boolean {
  return prepareEnvironment(sync.api, sync.pod, container).problem !== step.message;
}

/** The same for all containers of a pod. */
function nextTry(sync: PodSync, before: number): number {
  return before + Math.round(RETRY_MS * (1 + RETRY_JITTER * sync.random('retry')));
}
