import { fromTimestamp, SECOND_MS } from '../../machinery/time.ts';
import type { Schedule } from './schedule.ts';
import type { CronJob } from './types.ts';

/** The controller looks a little after each scheduled time, to be sure that it has passed. */
const NEXT_SCHEDULE_DELTA_MS = 100;
const MANY_MISSED = 100;
/** What the controller says of a schedule that parses and has no times (31 February). */
const NO_TIMES = 'time difference between two schedules is less than 1 second';

export interface MissedSchedules {
  /** The time from which missed starts are counted. */
  earliest: number;
  /** The latest time at which a job should have started. */
  mostRecent: number | undefined;
  missed: 'none' | 'few' | 'many';
}

/**
 * The latest scheduled time that has passed since the last start (or creation), found without walking through every
 * missed one. Returns a sentence when the schedule is none. Source: mostRecentScheduleTime in
 * pkg/controller/cronjob/utils.go.
 */
export function missedSchedules(
  cronJob: CronJob,
  now: number,
  schedule: Schedule,
  withDeadline: boolean,
): MissedSchedules | string {
  let earliest = fromTimestamp(cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
  const deadline = cronJob.spec.startingDeadlineSeconds;
  if (withDeadline && deadline !== undefined) earliest = Math.max(earliest, now - deadline * SECOND_MS);
  const first = schedule.next(earliest);
  if (first === undefined) return NO_TIMES;
  if (now < first) return { earliest, mostRecent: undefined, missed: 'none' };
  const second = schedule.next(first);
  if (second === undefined) return NO_TIMES;
  if (now < second) return { earliest, mostRecent: first, missed: 'none' };
  const between = Math.round((second - first) / SECOND_MS);
  const count = Math.floor(Math.floor((now - first) / SECOND_MS) / between) + 1;
  let mostRecent: number | undefined;
  const from = first + (count - 2) * between * SECOND_MS;
  for (let time = schedule.next(from); time !== undefined && time <= now; time = schedule.next(time)) {
    mostRecent = time;
  }
  return { earliest, mostRecent, missed: count > MANY_MISSED ? 'many' : 'few' };
}

/** When the controller looks at the cron job again. Source: nextScheduleTimeDuration. */
export function nextLook(cronJob: CronJob, now: number, schedule: Schedule): number | undefined {
  const found = missedSchedules(cronJob, now, schedule, false);
  let from = now;
  if (typeof found !== 'string') from = found.mostRecent ?? (found.missed === 'none' ? found.earliest : now);
  const next = schedule.next(from);
  return next === undefined ? undefined : next + NEXT_SCHEDULE_DELTA_MS;
}
