import { controllerRef } from '../../machinery/object.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { faultsOfContainer, latencyMs } from '../../kinds/fault/queries.ts';
import { profileMs, profileOf } from '../../kinds/imageprofile/queries.ts';
import type { ImageProfileSpec } from '../../kinds/imageprofile/types.ts';
import type { ContainerPlan, ProbeStretch } from '../../kinds/pod/runtime.ts';
import type { Container } from '../../kinds/pod/types.ts';
import { commandPlan, sleepMs, type CommandPlan } from './command-plan.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';

/**
 * What containers do of which nothing is said: they are alive at once and answer after 1 to 3 s, those that are to complete exit 0 after 2 to
 * 6 s (init containers after 1 to 2 s), all others run for ever. After SIGTERM they end within a second, with 143.
 */
const STARTUP_MS: Range = [1000, 3000];
const COMPLETION_MS: Range = [2000, 6000];
const INIT_MS: Range = [1000, 2000];
const STOP_MS = SECOND_MS;
const TERMINATED_BY_SIGTERM = 143;
/** A profile with an exit code and no run time exits after this. */
const FAILURE_MS = SECOND_MS;

type Range = readonly [number, number];

/**
 * A kubelet notices what its containers do at its next look at them. Here it looks every 100 ms, so that what many pods do
 * at about the same time is one instant for those who watch them.
 */
const LOOK_MS = 100;

/** A time within a range, as a kubelet notices it. */
export function between([low, high]: Range, random: number): number {
  return Math.round((low + random * (high - low)) / LOOK_MS) * LOOK_MS;
}

/** Decides, when a container starts for the `starts`-th time, what it will do by itself. */
export function planContainer(sync: PodSync, about: PodContainer, starts: number): ContainerPlan {
  const { container } = about;
  const profile = profileOf(sync.api, container.image ?? '');
  const slow = faultsOfContainer(sync.faults, 'latency', container);
  const startup = profileMs(profile.startupTime) ?? between(STARTUP_MS, sync.random(container.name, starts, 'startup'));
  const stop = profileMs(profile.shutdownTime) ?? STOP_MS;
  const delay = latencyMs(slow, 'container-start', sync.now);
  const plan: ContainerPlan = {
    upAt: sync.now + startup + delay,
    stopMs: stop + latencyMs(slow, 'container-stop', sync.now),
    stopCode: profile.shutdownExitCode ?? TERMINATED_BY_SIGTERM,
  };
  if (profile.startupTime === undefined && delay === 0) plan.aliveAt = sync.now;
  const exit = plannedExit(sync, about, profile, starts);
  if (exit) {
    plan.exitAt = sync.now + exit.runMs;
    plan.exitCode = exit.exitCode;
    const message = profile.terminationMessage ?? exit.message;
    if (message !== undefined) plan.message = message;
  }
  const oomAt = killedAt(profile, container, sync.now);
  if (oomAt !== undefined) plan.oomAt = oomAt;
  const probes = profile.probes?.map(asStretch);
  if (probes?.length) plan.probes = probes;
  return plan;
}

/** When a container that was started at `startMs` first uses more memory than its limit; undefined never. */
export function killedAt(
  { usage }: Partial<ImageProfileSpec>,
  { resources }: Container,
  startMs: number,
): number | undefined {
  const limit = resources?.limits?.['memory'];
  if (limit === undefined || !usage) return undefined;
  const bytes = wholeValue(limit);
  const times = usage.flatMap(({ after, memory }) =>
    memory !== undefined && wholeValue(memory) > bytes ? [profileMs(after) ?? 0] : [],
  );
  return times.length > 0 ? startMs + Math.max(Math.min(...times), LOOK_MS) : undefined;
}

function plannedExit(
  sync: PodSync,
  about: PodContainer,
  profile: Partial<ImageProfileSpec>,
  starts: number,
): CommandPlan | undefined {
  const { container } = about;
  const { exitCode, exitCodes } = profile;
  const code = exitCodes?.[Math.min(starts, exitCodes.length) - 1] ?? exitCode;
  const runTime = profileMs(profile.runTime);
  if (runTime !== undefined) return { runMs: runTime, exitCode: code ?? 0 };
  if (code !== undefined && !isToComplete(sync, about)) return { runMs: FAILURE_MS, exitCode: code };
  const command = commandPlan(container);
  if (command && code === undefined) return command.runMs === Number.POSITIVE_INFINITY ? undefined : command;
  if (!isToComplete(sync, about)) return undefined;
  const range = about.role === 'init' ? INIT_MS : COMPLETION_MS;
  return { runMs: between(range, sync.random(container.name, starts, 'run')), exitCode: code ?? 0 };
}

/** Whether a container is one that does its work and ends, rather than one that serves. */
function isToComplete({ pod }: PodSync, { container, role }: PodContainer): boolean {
  if (role !== 'main') return role === 'init';
  if (container.restartPolicy === 'Always') return false;
  return pod.spec.restartPolicy !== 'Always' || controllerRef(pod)?.kind === 'Job';
}

function asStretch({
  type,
  from,
  to,
  succeed,
  message,
}: NonNullable<ImageProfileSpec['probes']>[number]): ProbeStretch {
  const stretch: ProbeStretch = { fromMs: profileMs(from) ?? 0, succeed };
  if (type !== undefined) stretch.type = type.toLowerCase() as NonNullable<ProbeStretch['type']>;
  const toMs = profileMs(to);
  if (toMs !== undefined) stretch.toMs = toMs;
  if (message !== undefined) stretch.message = message;
  return stretch;
}

type Hook = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

/** How long a hook runs, in milliseconds: what it sleeps, or what the image's profile says. */
export function hookMs(sync: PodSync, container: Container, hook: Hook | undefined): number {
  if (!hook) return 0;
  if (hook.sleep) return hook.sleep.seconds * SECOND_MS;
  const slept = sleepMs(hook.exec?.command);
  return slept > 0 ? slept : (profileMs(profileOf(sync.api, container.image ?? '').hookTime) ?? 0);
}
