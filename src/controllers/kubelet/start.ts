import type { ContainerRuntime, Running } from '../../kinds/pod/runtime.ts';
import { ensureImage, finishPull } from './images.ts';
import { hookMs, planContainer } from './plan.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
import { environmentProblem } from './references.ts';
import { completeResize } from './resize.ts';
import { nextBackOff } from './restart.ts';

/**
 * Starting one container: image, environment, creation, start, postStart hook. The kubelet does it for one container of a
 * pod at a time. Source: kuberuntime_container.go (startContainer).
 */

const NEVER_BEGUN: ContainerRuntime = { starts: 0, step: { step: 'waiting', reason: '' } };

/** Begins to start a container that is ready for it. */
export function beginStart(sync: PodSync, about: PodContainer): void {
  const before = sync.container(about.container.name) ?? NEVER_BEGUN;
  const state = { ...withLastExit(before), image: about.container.image ?? '' };
  const { step } = state;
  if (about.role === 'main' && !sync.runtime.initialized) sync.change({ initialized: true });
  // Where the image was there already, only the environment is looked at again.
  const blocked = step.step === 'waiting' && step.reason === 'CreateContainerConfigError';
  if (blocked || ensureImage(sync, about, state) === 'ready') createContainer(sync, about, state);
}

/** Goes on when a pull is over. */
export function afterPull(sync: PodSync, about: PodContainer): void {
  const state = sync.container(about.container.name);
  if (state && finishPull(sync, about, state)) createContainer(sync, about, state);
}

function createContainer(sync: PodSync, about: PodContainer, state: ContainerRuntime): void {
  const { container } = about;
  const problem = environmentProblem(sync.api, sync.pod, container);
  if (problem !== undefined) {
    const { step } = state;
    const known = step.step === 'waiting' && step.message === problem;
    if (known) return;
    sync.event('Warning', 'Failed', `Error: ${problem}`, about);
    const waiting = { step: 'waiting' as const, reason: 'CreateContainerConfigError', message: problem };
    sync.setContainer(container.name, { ...withoutImageBackOff(state), step: waiting });
    return;
  }
  sync.event('Normal', 'Created', 'Container created', about);
  sync.event('Normal', 'Started', 'Container started', about);
  const starts = state.starts + 1;
  const running: Running = { step: 'running', since: sync.now, plan: planContainer(sync, about, starts) };
  const hook = hookMs(sync, container, container.lifecycle?.postStart);
  if (hook > 0) running.hookUntil = sync.now + hook;
  sync.setContainer(container.name, { ...withoutImageBackOff(state), starts, step: running });
  completeResize(sync, about);
}

function withoutImageBackOff(state: ContainerRuntime): ContainerRuntime {
  if (!state.imageBackOff) return state;
  const { imageBackOff: _, ...rest } = state;
  return rest;
}

/** Moves the exit that the container stands at to where the one before is kept. */
export function withLastExit(state: ContainerRuntime): ContainerRuntime {
  if (state.step.step !== 'exited') return state;
  const { step: _, checkAt: __, ...last } = state.step;
  return { ...state, last };
}

/** Sets the back-off for one more start of a container that exited. */
export function countRestart(sync: PodSync, about: PodContainer, exitedAt: number): void {
  const state = sync.container(about.container.name);
  if (!state) return;
  const maxMs = sync.api.settings.maxContainerRestartPeriodMs;
  sync.setContainer(about.container.name, {
    ...state,
    backOff: nextBackOff(state.backOff, exitedAt, sync.now, maxMs),
  });
}
