import type { ClusterView } from '../../machinery/cluster-view.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { faultEnd, faultsOfContainer, faultsOfPod, faultStart } from '../fault/queries.ts';
import type { Fault } from '../fault/types.ts';
import {
  attemptsBy,
  attemptsUpTo,
  attemptTime,
  countsAt,
  initialCounts,
  thresholdsOf,
  type OutcomeStretch,
  type ProbeAttempt,
  type ProbeClock,
  type ProbeThresholds,
} from './probes.ts';
import type { ProbeCounts, ProbeType, Running } from './runtime.ts';
import type { Container, Pod, Probe } from './types.ts';

/**
 * When the probes of a running container are tried and how each attempt ends: a pure function of the container's start,
 * its probe, its plan and the faults. Source of the timing: pkg/kubelet/prober/worker.go.
 */

export interface ProbeSchedule {
  clock: ProbeClock;
  thresholds: ProbeThresholds;
  stretches: readonly OutcomeStretch[];
  /** Where the probe stood when that was last written down. */
  counts: ProbeCounts;
}

export function probeOf(container: Container, type: ProbeType): Probe | undefined {
  if (type === 'startup') return container.startupProbe;
  return type === 'readiness' ? container.readinessProbe : container.livenessProbe;
}

/**
 * The schedule of one probe of a running container; undefined when it has none, or when it waits for the startup probe.
 * The first attempt is made `initialDelaySeconds` after the start, but not before the postStart hook is done and the
 * startup probe has passed.
 */
export function probeSchedule(
  pod: Pod,
  container: Container,
  type: ProbeType,
  run: Running,
  faults: readonly Fault[],
): ProbeSchedule | undefined {
  const probe = probeOf(container, type);
  if (!probe) return undefined;
  if (type !== 'startup' && container.startupProbe && run.startedAt === undefined) return undefined;
  const delayed = run.since + (probe.initialDelaySeconds ?? 0) * SECOND_MS;
  const origin = Math.max(delayed, run.hookUntil ?? 0, type === 'startup' ? 0 : (run.startedAt ?? 0));
  return {
    clock: { origin, periodMs: (probe.periodSeconds ?? 10) * SECOND_MS },
    thresholds: thresholdsOf(probe),
    stretches: outcomeStretches(pod, container, type, run, faults),
    counts: run.probes?.[type] ?? initialCounts(type),
  };
}

const FAULT_TYPES: Record<ProbeType, string> = { startup: 'STARTUP', readiness: 'READINESS', liveness: 'LIVENESS' };

function outcomeStretches(
  pod: Pod,
  container: Container,
  type: ProbeType,
  run: Running,
  faults: readonly Fault[],
): OutcomeStretch[] {
  const { since, plan } = run;
  const upAt = type === 'liveness' ? (plan.aliveAt ?? plan.upAt) : plan.upAt;
  const probe = probeOf(container, type);
  const profiled = (plan.probes ?? []).filter((stretch) => stretch.type === undefined || stretch.type === type);
  const forced = faultsOfContainer(faults, 'probe', container).filter(
    (fault) => fault.spec.probe?.type === FAULT_TYPES[type] && faultEnd(fault) > since,
  );
  const refused = () => connectionRefused(pod, container, probe);
  if (profiled.length === 0 && forced.length === 0) {
    const up = { from: upAt, success: true, message: '' };
    return upAt <= since ? [up] : [{ from: since, success: false, message: refused() }, up];
  }
  const times = new Set([since, Math.max(since, upAt)]);
  for (const { fromMs, toMs } of profiled) {
    times.add(since + fromMs);
    if (toMs !== undefined) times.add(since + toMs);
  }
  for (const fault of forced) {
    times.add(Math.max(since, faultStart(fault)));
    if (faultEnd(fault) !== Number.POSITIVE_INFINITY) times.add(faultEnd(fault));
  }
  return [...times]
    .sort((left, right) => left - right)
    .map((from) => {
      const fault = forced.findLast((candidate) => faultStart(candidate) <= from && from < faultEnd(candidate));
      const stretch = profiled.findLast(
        ({ fromMs, toMs }) => since + fromMs <= from && (toMs === undefined || from < since + toMs),
      );
      const said = fault?.spec.probe ?? stretch;
      const success = said ? said.succeed : from >= upAt;
      if (success) return { from, success, message: '' };
      return { from, success, message: said ? (said.message ?? failureOf(pod, container, probe)) : refused() };
    });
}

function addressOf(pod: Pod, container: Container, port: number | string | undefined, host?: string): string {
  const number =
    typeof port === 'string' ? container.ports?.find((candidate) => candidate.name === port)?.containerPort : port;
  return `${host || pod.runtime?.sandbox?.ip || pod.status.podIP || ''}:${number ?? port ?? ''}`;
}

/** What a probe says of a process that does not listen. */
function connectionRefused(pod: Pod, container: Container, probe: Probe | undefined): string {
  const { httpGet, tcpSocket, grpc, timeoutSeconds } = probe ?? {};
  if (httpGet) {
    const address = addressOf(pod, container, httpGet.port, httpGet.host);
    const scheme = (httpGet.scheme ?? 'HTTP').toLowerCase();
    const path = httpGet.path?.startsWith('/') ? httpGet.path : `/${httpGet.path ?? ''}`;
    return `Get "${scheme}://${address}${path}": dial tcp ${address}: connect: connection refused`;
  }
  if (tcpSocket) {
    return `dial tcp ${addressOf(pod, container, tcpSocket.port, tcpSocket.host)}: connect: connection refused`;
  }
  if (grpc) {
    const address = addressOf(pod, container, grpc.port);
    return `timeout: failed to connect service "${address}" within ${timeoutSeconds ?? 1}s: context deadline exceeded`;
  }
  return '';
}

/** What a probe says of a process that answers, but not well. */
function failureOf(pod: Pod, container: Container, probe: Probe | undefined): string {
  if (probe?.httpGet) return 'HTTP probe failed with statuscode: 503';
  if (probe?.grpc) return 'service unhealthy (responded with "NOT_SERVING")';
  return connectionRefused(pod, container, probe);
}

// --- questions of readers ----------------------------------------------------------------------------------------------

export interface ProbeState {
  /** What the kubelet takes the probe for; undefined while nothing is known. */
  passing: boolean | undefined;
  consecutiveSuccesses: number;
  consecutiveFailures: number;
  lastRunAt: number | undefined;
  nextRunAt: number | undefined;
}

const NOT_RUN: ProbeState = {
  passing: undefined,
  consecutiveSuccesses: 0,
  consecutiveFailures: 0,
  lastRunAt: undefined,
  nextRunAt: undefined,
};

/** The schedule of a probe, and the time up to which it is tried: a startup probe is not tried again once it passed. */
function scheduleIn(
  pod: Pod,
  containerName: string,
  type: ProbeType,
  view: ClusterView,
  time: number,
): { schedule: ProbeSchedule; until: number; settled: boolean } | undefined {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const container = containers.find(({ name }) => name === containerName);
  const step = pod.runtime?.containers?.[containerName]?.step;
  if (!container || step?.step !== 'running') return undefined;
  const schedule = probeSchedule(pod, container, type, step, faultsOfPod(view, pod));
  if (!schedule) return undefined;
  const settled = type === 'startup' && step.startedAt !== undefined && step.startedAt <= time;
  return { schedule, until: settled ? (step.startedAt ?? time) : time, settled };
}

/** Where a probe of a pod's container stands at a time, by default the view's. */
export function probeState(
  pod: Pod,
  containerName: string,
  type: ProbeType,
  view: ClusterView,
  time: number = view.now,
): ProbeState {
  const found = scheduleIn(pod, containerName, type, view, time);
  if (!found) return NOT_RUN;
  const { clock, thresholds, stretches, counts: before } = found.schedule;
  const counts = countsAt(before, clock, thresholds, stretches, found.until);
  const made = attemptsBy(clock, found.until);
  return {
    passing: made === 0 ? undefined : counts.passing,
    consecutiveSuccesses: counts.success === true ? counts.run : 0,
    consecutiveFailures: counts.success === false ? counts.run : 0,
    lastRunAt: made === 0 ? undefined : attemptTime(clock, made - 1),
    nextRunAt: found.settled ? undefined : attemptTime(clock, made),
  };
}

/** The last attempts of a probe up to a time, oldest first. */
export function probeResults(
  pod: Pod,
  containerName: string,
  type: ProbeType,
  view: ClusterView,
  last: number,
  time: number = view.now,
): ProbeAttempt[] {
  const found = scheduleIn(pod, containerName, type, view, time);
  return found ? attemptsUpTo(found.schedule.clock, found.schedule.stretches, found.until, last) : [];
}
