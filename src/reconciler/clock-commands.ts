import { fail } from '../machinery/api-error.ts';
import type { CommandOutcome } from '../machinery/controller.ts';
import type { SetClockSpeedInput } from '../machinery/ports.ts';
import { DAY_MS, HOUR_MS } from '../machinery/time.ts';

/** Commands about a cluster's clock: they are the owner's to carry out, not the engine's. */

export const CLOCK_COMMANDS: ReadonlySet<string> = new Set(['pauseClock', 'resumeClock', 'setClockSpeed', 'stepClock']);

const SLOWEST = 0.001;
const FASTEST = 1_000_000;
const LONGEST_STEP_MS = 366 * DAY_MS;
const MOST_EVENTS = 1_000_000;
/** How long `untilQuiescent` waits for rest, in simulated time. */
const QUIESCENCE_LIMIT_MS = HOUR_MS;

/** A step, worked out: where it ends at the latest, after how many instants, and whether rest ends it. */
export interface Step {
  until: number;
  events: number;
  atRest: boolean;
}

function refusal(path: string, message: string): CommandOutcome {
  const result = fail('Invalid', message);
  return result.ok ? {} : { errors: [{ ...result.error, path: path.split('.') }] };
}

/** The speed asked for, or a refusal. */
export function parseSpeed(input: unknown): { speed: number } | { refusal: CommandOutcome } {
  const { speed } = (input ?? {}) as Partial<SetClockSpeedInput>;
  if (typeof speed === 'number' && speed >= SLOWEST && speed <= FASTEST) return { speed };
  return {
    refusal: refusal('speed', `speed: must be a number between ${SLOWEST} and ${FASTEST}; pause the clock to stop it`),
  };
}

/** The step asked for from a simulated time on, or a refusal. */
export function parseStep(input: unknown, now: number): { step: Step } | { refusal: CommandOutcome } {
  const by = (input ?? {}) as Partial<Record<'durationMs' | 'toTime' | 'events' | 'untilQuiescent', unknown>>;
  if (by.untilQuiescent === true) {
    return { step: { until: now + QUIESCENCE_LIMIT_MS, events: Number.POSITIVE_INFINITY, atRest: true } };
  }
  if (by.events !== undefined) {
    const events = Number(by.events);
    if (Number.isInteger(events) && events >= 1 && events <= MOST_EVENTS) {
      return { step: { until: now + LONGEST_STEP_MS, events, atRest: false } };
    }
    return { refusal: refusal('by.events', `events: must be a whole number between 1 and ${MOST_EVENTS}`) };
  }
  const until = by.toTime === undefined ? now + Number(by.durationMs) : Number(by.toTime);
  if (Number.isFinite(until) && until >= now && until <= now + LONGEST_STEP_MS) {
    return { step: { until: Math.floor(until), events: Number.POSITIVE_INFINITY, atRest: false } };
  }
  return { refusal: refusal('by', 'by: must go forward, and by a year at the most') };
}
