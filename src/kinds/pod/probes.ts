import type { Probe } from './types.ts';
import type { ProbeCounts, ProbeType } from './runtime.ts';

/**
 * The arithmetic of probes: attempts are computed for any stretch of time, never stored or ticked. An attempt is made at
 * `origin + n × period`; its outcome depends on the stretch it falls into and on nothing else.
 * Source of the thresholds: pkg/kubelet/prober/worker.go.
 */

/** When attempts are made, in simulated milliseconds. */
export interface ProbeClock {
  origin: number;
  periodMs: number;
}

/** From `from` on (until the next stretch begins) every attempt ends like this. Stretches are in order of time. */
export interface OutcomeStretch {
  from: number;
  success: boolean;
  message: string;
}

export interface ProbeThresholds {
  success: number;
  failure: number;
}

export function thresholdsOf(probe: Probe): ProbeThresholds {
  return { success: probe.successThreshold ?? 1, failure: probe.failureThreshold ?? 3 };
}

/** A probe of which no attempt was made: readiness counts as failing, liveness as passing, startup as open. */
export function initialCounts(type: ProbeType): ProbeCounts {
  if (type === 'startup') return { attempts: 0, run: 0 };
  return { attempts: 0, run: 0, passing: type === 'liveness' };
}

/** How many attempts are made up to and including `time`. */
export function attemptsBy(clock: ProbeClock, time: number): number {
  return time < clock.origin ? 0 : Math.floor((time - clock.origin) / clock.periodMs) + 1;
}

/** When attempt number `index` (from 0) is made. */
export function attemptTime(clock: ProbeClock, index: number): number {
  return clock.origin + index * clock.periodMs;
}

/** The number of the first attempt that is not made before `time`. */
function firstAttemptFrom(clock: ProbeClock, time: number): number {
  return time <= clock.origin ? 0 : Math.ceil((time - clock.origin) / clock.periodMs);
}

/** `count` more attempts with one outcome. */
function after(counts: ProbeCounts, success: boolean, count: number, thresholds: ProbeThresholds): ProbeCounts {
  const run = (counts.success === success ? counts.run : 0) + count;
  const decided = run >= (success ? thresholds.success : thresholds.failure);
  const passing = decided ? success : counts.passing;
  const next: ProbeCounts = { attempts: counts.attempts + count, success, run };
  return passing === undefined ? next : { ...next, passing };
}

/** Calls `visit` for each stretch that has attempts from number `from` up to `to` (excluded), with how many. */
function* stretchesOf(
  clock: ProbeClock,
  stretches: readonly OutcomeStretch[],
  from: number,
  to: number,
): Iterable<{ stretch: OutcomeStretch; first: number; count: number }> {
  let first = from;
  for (let index = 0; index < stretches.length && first < to; index++) {
    const stretch = stretches[index];
    const next = stretches[index + 1];
    if (!stretch) continue;
    const end = Math.min(next ? firstAttemptFrom(clock, next.from) : Number.POSITIVE_INFINITY, to);
    if (end <= first) continue;
    yield { stretch, first, count: end - first };
    first = end;
  }
}

/** Where a probe stands after all attempts up to and including `time`, in closed form. */
export function countsAt(
  counts: ProbeCounts,
  clock: ProbeClock,
  thresholds: ProbeThresholds,
  stretches: readonly OutcomeStretch[],
  time: number,
): ProbeCounts {
  let current = counts;
  for (const { stretch, count } of stretchesOf(clock, stretches, counts.attempts, attemptsBy(clock, time))) {
    current = after(current, stretch.success, count, thresholds);
  }
  return current;
}

/** An attempt that somebody must be told of. */
export interface ProbeEvent {
  index: number;
  time: number;
  success: boolean;
  message: string;
}

/**
 * The next attempt that changes what the probe is taken for, or that fails and is not yet one failure too many: those
 * after the threshold change nothing and are not told again. Undefined when there will be none.
 */
export function nextEvent(
  counts: ProbeCounts,
  clock: ProbeClock,
  thresholds: ProbeThresholds,
  stretches: readonly OutcomeStretch[],
): ProbeEvent | undefined {
  let current = counts;
  for (const { stretch, first, count } of stretchesOf(clock, stretches, counts.attempts, Number.POSITIVE_INFINITY)) {
    const { success, message } = stretch;
    const run = current.success === success ? current.run : 0;
    const needed = eventAfter(success, run, current.passing, thresholds);
    if (needed !== undefined && needed <= count) {
      const index = first + needed - 1;
      return { index, time: attemptTime(clock, index), success, message };
    }
    if (count === Number.POSITIVE_INFINITY) return undefined;
    current = after(current, success, count, thresholds);
  }
  return undefined;
}

/** How many more attempts with this outcome it takes until one is an event. */
function eventAfter(
  success: boolean,
  run: number,
  passing: boolean | undefined,
  thresholds: ProbeThresholds,
): number | undefined {
  if (success) return passing === true ? undefined : Math.max(1, thresholds.success - run);
  if (run < thresholds.failure) return 1;
  return passing === false ? undefined : 1;
}

/** The counts after the attempt of an event, given those before it. */
export function countsAfter(
  counts: ProbeCounts,
  clock: ProbeClock,
  thresholds: ProbeThresholds,
  stretches: readonly OutcomeStretch[],
  event: ProbeEvent,
): ProbeCounts {
  return countsAt(counts, clock, thresholds, stretches, attemptTime(clock, event.index));
}

export interface ProbeAttempt {
  at: number;
  success: boolean;
  message: string;
}

/** The last `last` attempts up to and including `time`, oldest first. */
export function attemptsUpTo(
  clock: ProbeClock,
  stretches: readonly OutcomeStretch[],
  time: number,
  last: number,
): ProbeAttempt[] {
  const total = attemptsBy(clock, time);
  const results: ProbeAttempt[] = [];
  for (const { stretch, first, count } of stretchesOf(clock, stretches, Math.max(0, total - last), total)) {
    for (let index = first; index < first + count; index++) {
      results.push({ at: attemptTime(clock, index), success: stretch.success, message: stretch.message });
    }
  }
  return results;
}
