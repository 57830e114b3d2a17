import { parseSchedule } from './schedule.ts';
import type { CronJob } from './types.ts';

/** When the cron job starts its next job, in milliseconds; undefined while it is suspended or its schedule is none. */
export function nextScheduleTime(cronJob: CronJob, now: number): number | undefined {
  if (cronJob.spec.suspend) return undefined;
  const parsed = parseSchedule(cronJob.spec.schedule, cronJob.spec.timeZone);
  return parsed.ok ? parsed.schedule.next(now) : undefined;
}
