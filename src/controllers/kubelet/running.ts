import { SECOND_MS } from '../../machinery/time.ts';
import { faultEnd, faultsOfContainer, faultStart } from '../../kinds/fault/queries.ts';
import { countsAfter, countsAt, nextEvent, type ProbeEvent } from '../../kinds/pod/probes.ts';
import { probeOf, probeSchedule, type ProbeSchedule } from '../../kinds/pod/probe-schedule.ts';
import type { ContainerExit, ContainerRuntime, ProbeType, Running } from '../../kinds/pod/runtime.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import { writeFiles } from './command-writes.ts';
import { shouldRestart } from './restart.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
import { stopContainer } from './stop.ts';

/** What happens to a container while it runs: it exits, its probes change their minds, its hooks end. */

const OOM_CODE = 137;
/** The kubelet notices an exit, and starts the container again, after this. */
const RESTART_LATENCY_MS = SECOND_MS;

type PlannedExit = Omit<ContainerExit, 'since'>;

/** How and when the container will end as things stand; undefined when it will not. */
export function exitOf(sync: PodSync, about: PodContainer, run: Running): PlannedExit | undefined {
  const { plan, stop } = run;
  let exit: PlannedExit | undefined;
  const offer = (at: number | undefined, exitCode: number, oom = false, message?: string) => {
    if (at === undefined || (exit && exit.at <= at)) return;
    exit = { at, exitCode, reason: oom ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error' };
    if (message !== undefined) exit.message = message;
  };
  offer(stop?.exitAt, stop?.exitCode ?? 0);
  offer(plan.oomAt, OOM_CODE, true);
  offer(plan.exitAt, plan.exitCode ?? 0, false, plan.message);
  for (const fault of faultsOfContainer(sync.faults, 'containerExit', about.container)) {
    const { exitCode = 1, oom = false, repeat = false, afterSeconds = 1 } = fault.spec.containerExit ?? {};
    const start = faultStart(fault);
    // What started before the fault exits when it begins; what starts under it, only if it repeats.
    const at = run.since < start ? start : repeat ? run.since + afterSeconds * SECOND_MS : undefined;
    if (at !== undefined && at < faultEnd(fault)) offer(at, oom ? OOM_CODE : exitCode, oom);
  }
  return exit;
}

const PROBE_ORDER: readonly ProbeType[] = ['startup', 'liveness', 'readiness'];

interface DueProbe {
  type: ProbeType;
  schedule: ProbeSchedule;
  event: ProbeEvent;
}

/** The pod with the sandbox it has by now: probes name its address from their first attempt on. */
function probedPod({ pod, runtime }: PodSync): Pod {
  return pod.runtime?.sandbox === runtime.sandbox ? pod : { ...pod, runtime };
}

/** The probe attempt to look at next. */
function nextProbe(sync: PodSync, about: PodContainer, run: Running): DueProbe | undefined {
  let next: DueProbe | undefined;
  for (const type of PROBE_ORDER) {
    if (isProbeSilent(sync, about, run, type)) continue;
    const schedule = probeSchedule(probedPod(sync), about.container, type, run, sync.faults);
    const event = schedule && nextEvent(schedule.counts, schedule.clock, schedule.thresholds, schedule.stretches);
    if (schedule && event && (!next || event.time < next.event.time)) next = { type, schedule, event };
  }
  return next;
}

/** Probes that restart are off while the container or its pod is being ended, and once the startup probe has passed. */
function isProbeSilent(sync: PodSync, about: PodContainer, run: Running, type: ProbeType): boolean {
  if (!probeOf(about.container, type)) return true;
  if (type === 'readiness') return false;
  if (run.stop !== undefined || sync.ending !== undefined) return true;
  return type === 'startup' && run.startedAt !== undefined;
}

/** When something happens to a running container next; undefined never. */
export function nextInRun(sync: PodSync, about: PodContainer, run: Running): number | undefined {
  let next = exitOf(sync, about, run)?.at;
  const offer = (time: number | undefined) => {
    if (time !== undefined && (next === undefined || time < next)) next = time;
  };
  if (run.hookUntil !== undefined && run.hookUntil > sync.now) offer(run.hookUntil);
  if (run.stop && run.stop.exitAt === undefined) {
    offer(run.stop.hookUntil > sync.now ? run.stop.hookUntil : run.stop.graceEnd);
  }
  offer(nextProbe(sync, about, run)?.event.time);
  return next;
}

/** Does what is due to a running container at this moment. */
export function advanceRun(sync: PodSync, about: PodContainer, state: ContainerRuntime, run: Running): void {
  const exit = exitOf(sync, about, run);
  if (exit && exit.at <= sync.now) {
    exitContainer(sync, about, state, run, exit);
    return;
  }
  let current = run;
  for (let due = nextProbe(sync, about, current); due && due.event.time <= sync.now;) {
    const after = applyProbe(sync, about, current, due);
    if (!after) return;
    current = after;
    due = nextProbe(sync, about, current);
  }
}

/** Takes one probe attempt into account; undefined when it ended the run. */
function applyProbe(sync: PodSync, about: PodContainer, run: Running, due: DueProbe): Running | undefined {
  const { type, schedule, event } = due;
  const { name } = about.container;
  const counts = countsAfter(schedule.counts, schedule.clock, schedule.thresholds, schedule.stretches, event);
  const next: Running = { ...run, probes: { ...run.probes, [type]: counts } };
  if (type === 'startup' && counts.passing === true) next.startedAt = event.time;
  const state = sync.container(name);
  if (!state) return undefined;
  sync.setContainer(name, { ...state, step: next });
  if (event.success) return next;
  const title = type === 'startup' ? 'Startup' : type === 'readiness' ? 'Readiness' : 'Liveness';
  sync.event('Warning', 'Unhealthy', `${title} probe failed: ${event.message}`, about);
  if (counts.passing !== false || type === 'readiness') return next;
  const probe = probeOf(about.container, type);
  const grace = probe?.terminationGracePeriodSeconds ?? sync.pod.spec.terminationGracePeriodSeconds ?? 30;
  const restarts = about.role === 'sidecar' || sync.pod.spec.restartPolicy !== 'Never';
  const message = `Container ${name} failed ${type} probe${restarts ? ', will be restarted' : ''}`;
  stopContainer(sync, about, 'restart', grace, message);
  const stopped = sync.container(name)?.step;
  return stopped?.step === 'running' ? stopped : undefined;
}

/** Writes down that a container has ended, and when the kubelet turns to it again. */
export function exitContainer(
  sync: PodSync,
  about: PodContainer,
  state: ContainerRuntime,
  run: Running,
  exit: PlannedExit,
): void {
  const { at, exitCode } = exit;
  if (run.plan.writes && at === run.plan.exitAt) writeFiles(sync, about, run.plan.writes);
  const exited = { step: 'exited' as const, since: run.since, ...exit };
  const killed = run.stop?.cause === 'restart' && run.stop.exitAt === at;
  const restarts = killed
    ? about.role === 'sidecar' || sync.pod.spec.restartPolicy !== 'Never'
    : shouldRestart(sync, about, exitCode);
  if (!restarts || sync.ending) {
    sync.setContainer(about.container.name, { ...state, step: exited });
    return;
  }
  // A container that the kubelet itself ended is started again in the same breath.
  const checkAt = killed ? at : at + RESTART_LATENCY_MS;
  sync.setContainer(about.container.name, { ...state, step: { ...exited, checkAt } });
}

/** Writes down where all probes of a running container stand, as if each had been looked at now. */
export function settleProbes(sync: PodSync, about: PodContainer, time: number): void {
  const state = sync.container(about.container.name);
  if (state?.step.step !== 'running') return;
  const run = state.step;
  let probes = run.probes;
  for (const type of PROBE_ORDER) {
    if (type === 'startup' && run.startedAt !== undefined) continue;
    const schedule = probeSchedule(probedPod(sync), about.container, type, run, sync.faults);
    if (!schedule) continue;
    const { counts, clock, thresholds, stretches } = schedule;
    const settled = countsAt(counts, clock, thresholds, stretches, time);
    if (settled.attempts !== counts.attempts) probes = { ...probes, [type]: settled };
  }
  if (probes !== run.probes) sync.setContainer(about.container.name, { ...state, step: { ...run, probes } });
}
