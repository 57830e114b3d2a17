import { SECOND_MS } from '../../machinery/time.ts';
import type { ContainerRuntime, PodEnding } from '../../kinds/pod/runtime.ts';
import { CONFIG_ERROR, hasChanged, isTimeToRetry } from './config-error.ts';
import { claimWait } from './claim-volumes.ts';
import { announceImageBackOff } from './images.ts';
import { isMountHopeless, mountRetryMs, mountVolumes, remountVolumes } from './mount-retry.ts';
import { assignPodIp } from './network.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
import { backOffUntil, shouldRestart, waitForBackOff } from './restart.ts';
import { advanceRun, nextInRun } from './running.ts';
import { isStarted } from './readiness.ts';
import { afterPull, beginStart, countRestart } from './start.ts';
import { stopContainer, stopSidecarsInTurn } from './stop.ts';

/**
 * The life of one pod on its node, moved from one transition to the next. Source: pkg/kubelet/kubelet.go (SyncPod,
 * SyncTerminatingPod), kuberuntime_manager.go (computePodActions).
 */

/** More transitions at one moment than this are a bug. */
const TRANSITIONS_LIMIT = 100_000;

/** Does everything that was due up to now, each thing at its own time. */
export function catchUp(sync: PodSync): void {
  for (let count = 0; ; count++) {
    const next = nextTransition(sync);
    if (next === undefined || next > sync.api.now) break;
    if (count > TRANSITIONS_LIMIT) throw new Error(`pod ${sync.title} does not come to rest`);
    sync.now = Math.max(next, sync.runtime.since);
    advance(sync);
    settle(sync);
  }
  sync.now = sync.api.now;
}

/** When something happens in the pod next by itself; undefined never. */
export function nextTransition(sync: PodSync): number | undefined {
  if (sync.runtime.done) return undefined;
  let next: number | undefined;
  for (const about of sync.containers) {
    const time = nextOfContainer(sync, about, sync.container(about.container.name));
    if (time !== undefined && (next === undefined || time < next)) next = time;
  }
  return earliest(next, earliest(deadlineOf(sync), mountRetryMs(sync)));
}

/** Whether all that the pod waits for is the end of a back-off, or its deadline. */
export function isOnlyWaiting(sync: PodSync, next: number): boolean {
  if (next === deadlineOf(sync)) return true;
  if (next === mountRetryMs(sync)) return isMountHopeless(sync);
  return sync.containers.every((about) => {
    const step = sync.container(about.container.name)?.step;
    if (step?.step === 'waiting' && step.reason === CONFIG_ERROR) return !hasChanged(sync, about, step);
    if (step?.step === 'waiting') return step.announceAt === undefined;
    return step === undefined || (step.step === 'exited' ? step.checkAt === undefined : false);
  });
}

function nextOfContainer(sync: PodSync, about: PodContainer, state: ContainerRuntime | undefined): number | undefined {
  const step = state?.step;
  if (!step) return undefined;
  switch (step.step) {
    case 'pulling':
      return step.until;
    case 'waiting':
      return earliest(step.announceAt, later(step.retryAt, sync.now));
    case 'exited':
      return later(step.checkAt, sync.now);
    default:
      return nextInRun(sync, about, step);
  }
}

/** A moment that is still to come. One that is past waits for something else: another container of the pod. */
function later(time: number | undefined, now: number): number | undefined {
  return time !== undefined && time > now ? time : undefined;
}

function earliest(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}

function deadlineOf(sync: PodSync): number | undefined {
  const seconds = sync.pod.spec.activeDeadlineSeconds;
  if (seconds === undefined || sync.ending || sync.runtime.done) return undefined;
  return sync.runtime.since + seconds * SECOND_MS;
}

/** Does what is due to each container at this moment. */
function advance(sync: PodSync): void {
  for (const about of sync.containers) {
    const state = sync.container(about.container.name);
    const step = state?.step;
    if (!state || !step) continue;
    if (step.step === 'pulling' && step.until <= sync.now) afterPull(sync, about);
    else if (step.step === 'running') advanceRun(sync, about, state, step);
    else if (step.step === 'waiting' && step.announceAt !== undefined && step.announceAt <= sync.now) {
      announceImageBackOff(sync, about, state);
    }
  }
}

/** Brings the pod to what its spec asks for at this moment: starts and ends what is to be. */
export function settle(sync: PodSync): void {
  const deadline = deadlineOf(sync);
  if (deadline !== undefined && deadline <= sync.now) {
    const message = 'Pod was active on the node longer than the specified deadline';
    sync.event('Normal', 'DeadlineExceeded', message);
    beginEnding(sync, 'deadline', sync.pod.spec.terminationGracePeriodSeconds ?? 30);
  }
  // What starts at once may let the next one start.
  for (let before = -1; before !== sync.changes && !sync.ending && !sync.runtime.done;) {
    before = sync.changes;
    keepRunning(sync);
  }
  if (sync.ending) {
    stopSidecarsInTurn(sync);
    if (!sync.containers.some(({ container }) => isAlive(sync.container(container.name)))) finish(sync);
  }
}

function isAlive(state: ContainerRuntime | undefined): boolean {
  return state?.step.step === 'running';
}

/** All containers have ended for good: the pod's network goes, and nothing more happens. */
function finish(sync: PodSync): void {
  sync.change({ done: true });
}

/** Tells every running container to end, and gives up what was about to start. */
export function beginEnding(sync: PodSync, kind: PodEnding['kind'], graceSeconds: number): void {
  const before = sync.ending;
  const grace = before ? Math.min(before.graceSeconds, graceSeconds) : graceSeconds;
  sync.change({ ending: { kind, since: before?.since ?? sync.now, graceSeconds: grace } });
  for (const about of sync.containers) {
    const { name } = about.container;
    const state = sync.container(name);
    if (!state) continue;
    if (state.step.step === 'running') stopContainer(sync, about, 'ending', graceSeconds, `Stopping container ${name}`);
    else if (state.step.step === 'exited' && state.step.checkAt !== undefined) {
      const { checkAt: _, ...step } = state.step;
      sync.setContainer(name, { ...state, step });
    } else if (state.step.step === 'pulling') giveUpPull(sync, name, state);
    else if (state.step.step === 'waiting' && (state.step.retryAt ?? state.step.announceAt) !== undefined) {
      const { retryAt: _, announceAt: __, ...step } = state.step;
      sync.setContainer(name, { ...state, step });
    }
  }
}

function giveUpPull(sync: PodSync, name: string, state: ContainerRuntime): void {
  if (state.starts === 0) sync.dropContainer(name);
  else sync.setContainer(name, { ...state, step: { step: 'waiting', reason: '' } });
}

function keepRunning(sync: PodSync): void {
  if (!setUpSandbox(sync)) return;
  for (const about of sync.containers) {
    if (about.role === 'ephemeral' && isReadyToStart(sync, about)) start(sync, about);
  }
  const outcome = startInitContainers(sync);
  if (outcome === 'wait') return;
  if (outcome === 'failed' || isFinished(sync)) {
    beginEnding(sync, 'finished', sync.pod.spec.terminationGracePeriodSeconds ?? 30);
    return;
  }
  for (const about of sync.containers) {
    if (about.role === 'main' && isReadyToStart(sync, about)) start(sync, about);
  }
}

/** Mounts the volumes and sets up the pod's network; false while that cannot be done. */
function setUpSandbox(sync: PodSync): boolean {
  if (sync.runtime.sandbox) {
    if (sync.runtime.mountRetry) remountVolumes(sync);
    return true;
  }
  const { volumes } = sync.pod.spec;
  const wait = volumes && claimWait(sync.api, sync.pod);
  const problem = wait?.problem;
  if (problem !== undefined) {
    if (problem !== sync.runtime.volumeProblem) {
      sync.event('Warning', 'FailedMount', problem);
      sync.change({ volumeProblem: problem });
    }
    return false;
  }
  if (wait || !mountVolumes(sync)) return false;
  const { volumeProblem: _, mountRetry: __, ...runtime } = sync.runtime;
  sync.runtime = { ...runtime, sandbox: { attempt: 0, ip: assignPodIp(sync.api, sync.node, sync.pod) } };
  return true;
}

/** Whether any container of the pod is in the kubelet's hands: it starts one at a time. */
function isBusy(sync: PodSync): boolean {
  return sync.containers.some(({ container }) => {
    const step = sync.container(container.name)?.step;
    return step?.step === 'pulling' || (step?.step === 'running' && (step.hookUntil ?? 0) > sync.now);
  });
}

/** Whether a container that does not run may be started now; one whose back-off begins is put into it. */
function isReadyToStart(sync: PodSync, about: PodContainer): boolean {
  const state = sync.container(about.container.name);
  const step = state?.step;
  if (!state || !step) return true;
  if (step.step === 'waiting') {
    if (step.reason === CONFIG_ERROR) return isTimeToRetry(sync, about, state, step);
    // Without a time to try again, only a change of the pod or of other objects can help: this is one.
    return step.announceAt === undefined && (step.retryAt ?? sync.now) <= sync.now;
  }
  if (step.step !== 'exited' || step.checkAt === undefined || step.checkAt > sync.now) return false;
  const maxMs = sync.api.settings.maxContainerRestartPeriodMs;
  // For a container that the kubelet ended itself, the exit before that one counts (doBackOff sees the status of then).
  const killed = step.checkAt === step.at;
  const counted = killed ? state.last?.at : step.at;
  const until = counted === undefined ? undefined : backOffUntil(state.backOff, counted, maxMs);
  if (until === undefined || until <= sync.now) return true;
  const retryAt = killed ? (backOffUntil(state.backOff, step.at, maxMs) ?? until) : until;
  waitForBackOff(sync, about, state, retryAt);
  return false;
}

/** Starts a container, unless the kubelet has its hands full with another one of the pod. */
function start(sync: PodSync, about: PodContainer): void {
  if (isBusy(sync)) return;
  const state = sync.container(about.container.name);
  const step = state?.step;
  if (step?.step === 'exited') {
    const killed = step.checkAt === step.at;
    const counted = killed ? state?.last?.at : step.at;
    if (counted !== undefined) countRestart(sync, about, counted);
  } else if (step?.step === 'waiting' && step.reason === 'CrashLoopBackOff') {
    countRestart(sync, about, state?.last?.at ?? sync.now);
  }
  beginStart(sync, about);
}

/** Runs init containers one after the other, and keeps sidecars running. */
function startInitContainers(sync: PodSync): 'done' | 'wait' | 'failed' {
  if (sync.containers[0]?.role === 'main') return 'done';
  for (const about of sync.containers) {
    if (about.role === 'main') break;
    if (sync.runtime.initialized) {
      if (about.role === 'sidecar' && isReadyToStart(sync, about)) start(sync, about);
      continue;
    }
    const outcome = initialize(sync, about);
    if (outcome !== 'done') return outcome;
  }
  return 'done';
}

function initialize(sync: PodSync, about: PodContainer): 'done' | 'wait' | 'failed' {
  const state = sync.container(about.container.name);
  const step = state?.step;
  if (about.role === 'sidecar' && step?.step === 'running') {
    return isStarted(about.container, step, sync.now) ? 'done' : 'wait';
  }
  if (about.role === 'init' && step?.step === 'exited') {
    if (step.exitCode === 0) return 'done';
    if (!shouldRestart(sync, about, step.exitCode)) return 'failed';
  }
  if (isReadyToStart(sync, about)) start(sync, about);
  return 'wait';
}

/** Whether every container that does the pod's work has ended for good. */
function isFinished(sync: PodSync): boolean {
  return sync.containers.every(({ role, container }) => {
    if (role !== 'main') return true;
    const step = sync.container(container.name)?.step;
    return step?.step === 'exited' && step.checkAt === undefined;
  });
}
