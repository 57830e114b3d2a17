import type { ContainerRuntime } from '../../kinds/pod/runtime.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
import { stopContainer } from './stop.ts';

/**
 * The image of a container is the one thing of it that may change: what runs from the old one is ended and started from
 * the new one, and what waits for the old one waits no more. Source: kuberuntime_manager.go (containerChanged).
 */
export function takeNewImages(sync: PodSync): void {
  if (sync.ending || sync.runtime.done) return;
  for (const about of sync.containers) {
    const state = sync.container(about.container.name);
    if (about.role === 'init' || state?.image === undefined || state.image === about.container.image) continue;
    takeNewImage(sync, about, state);
  }
}

function takeNewImage(sync: PodSync, about: PodContainer, state: ContainerRuntime): void {
  const { name } = about.container;
  // Back-off belongs to the old definition.
  const { backOff: _, imageBackOff: __, ...rest } = state;
  if (state.step.step === 'running') {
    if (state.step.stop) return;
    sync.setContainer(name, rest);
    const grace = sync.pod.spec.terminationGracePeriodSeconds ?? 30;
    stopContainer(sync, about, 'restart', grace, `Container ${name} definition changed, will be restarted`);
    return;
  }
  const waits = state.step.step === 'waiting' || state.step.step === 'pulling';
  sync.setContainer(name, waits ? { ...rest, step: { step: 'waiting', reason: '' } } : rest);
}
