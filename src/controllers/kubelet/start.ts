import { prepareEnvironment } from '../../kinds/pod/environment.ts';
import type { CommandWrite, ContainerRuntime, Running } from '../../kinds/pod/runtime.ts';
import type { Container } from '../../kinds/pod/types.ts';
import { commandWrites } from './command-plan.ts';
import { writeFiles } from './command-writes.ts';
import { withCommandLine } from './command-line.ts';
import { failConfiguration } from './config-error.ts';
import { ensureImage, finishPull } from './images.ts';
import { hookMs, planContainer } from './plan.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
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
  if (about.role === 'main' && !sync.runtime.initialized) sync.change({ initialized: true });
  if (ensureImage(sync, about, state) === 'ready') createContainer(sync, about, state);
}

/** Goes on when a pull is over. */
export function afterPull(sync: PodSync, about: PodContainer): void {
  const state = sync.container(about.container.name);
  if (state && finishPull(sync, about, state)) createContainer(sync, about, state);
}

function createContainer(sync: PodSync, about: PodContainer, state: ContainerRuntime): void {
  const { container } = about;
  // A new container has a file system of its own, and sees what its volumes show now.
  const { environment: _, configError: __, files: ___, subPaths: ____, ...before } = withoutImageBackOff(state);
  const { problem, remembered } = prepareEnvironment(sync.api, sync.pod, allocatedTo(container, state));
  if (problem !== undefined) {
    failConfiguration(sync, about, withoutImageBackOff(state), problem);
    return;
  }
  sync.event('Normal', 'Created', 'Container created', about);
  sync.event('Normal', 'Started', 'Container started', about);
  const starts = state.starts + 1;
  const started: ContainerRuntime = remembered ? { ...before, environment: remembered } : before;
  const asStarted = withCommandLine(sync, about);
  const plan = planContainer(sync, asStarted, starts);
  const [now, later] = filesOf(asStarted);
  if (later.length > 0) plan.writes = later;
  const running: Running = { step: 'running', since: sync.now, plan };
  const hook = hookMs(sync, container, container.lifecycle?.postStart);
  if (hook > 0) running.hookUntil = sync.now + hook;
  sync.setContainer(container.name, { ...started, starts, step: running });
  writeFiles(sync, about, now);
  completeResize(sync, about);
}

/** What its command writes at once, and before it ends; but for its termination log. */
function filesOf({ container }: PodContainer): [CommandWrite[], CommandWrite[]] {
  const parts: [CommandWrite[], CommandWrite[]] = [[], []];
  for (const { afterMs, ...write } of commandWrites(container)) {
    if (write.path !== container.terminationMessagePath) parts[afterMs === 0 ? 0 : 1].push(write);
  }
  return parts;
}

/** The container with what it was given, where its spec asks for something else. */
function allocatedTo(container: Container, { allocated }: ContainerRuntime): Container {
  return allocated ? { ...container, resources: allocated } : container;
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
