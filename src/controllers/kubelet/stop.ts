import { SECOND_MS } from '../../machinery/time.ts';
import type { ContainerStop, Running } from '../../kinds/pod/runtime.ts';
import { hookMs } from './plan.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';

/**
 * Ending containers: preStop hook, SIGTERM, and SIGKILL when the grace period is over. Sidecars get SIGTERM after all
 * containers that started later have ended. Source: kuberuntime_container.go (killContainer),
 * kuberuntime_termination_order.go.
 */

/** Every container gets that long after SIGTERM, however little grace is left. */
const MINIMUM_GRACE_MS = 2 * SECOND_MS;
const KILLED = 137;

/** Tells a running container to end within `graceSeconds`, for the reason that the event gives. */
export function stopContainer(
  sync: PodSync,
  about: PodContainer,
  cause: ContainerStop['cause'],
  graceSeconds: number,
  message: string,
): void {
  const { container } = about;
  const state = sync.container(container.name);
  if (state?.step.step !== 'running') return;
  const run = state.step;
  const graceEnd = sync.now + graceSeconds * SECOND_MS;
  if (run.stop) {
    hasten(sync, about, graceEnd, cause);
    return;
  }
  sync.event('Normal', 'Killing', message, about);
  const hook = hookMs(sync, container, container.lifecycle?.preStop);
  const stop: ContainerStop = { cause, since: sync.now, hookUntil: Math.min(sync.now + hook, graceEnd), graceEnd };
  const waitsForTurn = cause === 'ending' && about.role === 'sidecar';
  const complete = waitsForTurn ? stop : withSigterm(run, stop, stop.hookUntil);
  sync.setContainer(container.name, { ...state, step: { ...run, stop: complete } });
}

/** A container that is told to end a second time: less grace counts, more does not. */
function hasten(sync: PodSync, { container }: PodContainer, graceEnd: number, cause: ContainerStop['cause']): void {
  const state = sync.container(container.name);
  if (state?.step.step !== 'running' || !state.step.stop) return;
  const run = state.step;
  const before = state.step.stop;
  const stop: ContainerStop = { ...before, cause, graceEnd: Math.min(before.graceEnd, graceEnd) };
  if (stop.exitAt !== undefined && stop.graceEnd < before.graceEnd) {
    const latest = Math.max(stop.graceEnd, sync.now + MINIMUM_GRACE_MS);
    if (latest < stop.exitAt) {
      stop.exitAt = latest;
      stop.exitCode = KILLED;
    }
  }
  sync.setContainer(container.name, { ...state, step: { ...run, stop } });
}

/** SIGTERM at `time`: the container ends when it is done, or is killed when its grace is over. */
function withSigterm({ plan }: Running, stop: ContainerStop, time: number): ContainerStop {
  // What the hook took is taken off in whole seconds.
  const spentMs = Math.floor((time - stop.since) / SECOND_MS) * SECOND_MS;
  const graceMs = Math.max(stop.graceEnd - stop.since - spentMs, MINIMUM_GRACE_MS);
  const inTime = plan.stopMs <= graceMs;
  return {
    ...stop,
    exitAt: time + (inTime ? plan.stopMs : graceMs),
    exitCode: inTime ? plan.stopCode : KILLED,
  };
}

/** Gives sidecars whose turn it is their SIGTERM. */
export function stopSidecarsInTurn(sync: PodSync): void {
  for (let index = sync.containers.length - 1; index >= 0; index--) {
    const about = sync.containers[index];
    const state = about && sync.container(about.container.name);
    if (!about || state?.step.step !== 'running') continue;
    const run = state.step;
    if (run.stop && run.stop.exitAt === undefined) {
      const turn = !isAnyLaterRunning(sync, index) || sync.now >= run.stop.graceEnd;
      if (!turn || sync.now < run.stop.hookUntil) return;
      const stop = withSigterm(run, run.stop, sync.now);
      sync.setContainer(about.container.name, { ...state, step: { ...run, stop } });
    }
  }
}

function isAnyLaterRunning(sync: PodSync, index: number): boolean {
  return sync.containers
    .slice(index + 1)
    .some(({ container }) => sync.container(container.name)?.step.step === 'running');
}
