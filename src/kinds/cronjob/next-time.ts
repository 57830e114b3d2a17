import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';
import type { CivilTime, TimeZone } from './civil-time.ts';

/** The values each field of a schedule allows; undefined where a star stands alone, which leaves days unrestricted. */
export interface ScheduleFields {
  readonly minutes: ReadonlySet<number> | undefined;
  readonly hours: ReadonlySet<number> | undefined;
  readonly days: ReadonlySet<number> | undefined;
  readonly months: ReadonlySet<number> | undefined;
  readonly weekdays: ReadonlySet<number> | undefined;
}

/** A schedule without a time for so long (30 February) never has one. */
const YEARS_AHEAD = 5;

/**
 * The first time of a schedule after an instant, in milliseconds; undefined when there is none within five years.
 *
 * It walks the clock as robfig/cron does (spec.go, Next), because where clocks change the walk decides: a time that the
 * clocks skip in spring is left out that day, an hour that they show twice in autumn has its times twice.
 */
export function nextTime(fields: ScheduleFields, zone: TimeZone, after: number): number | undefined {
  const walk = new Walk(zone, (Math.floor(after / SECOND_MS) + 1) * SECOND_MS);
  const lastYear = walk.now.year + YEARS_AHEAD;
  while (walk.now.year <= lastYear) {
    if (!walkMonths(walk, fields) || !walkDays(walk, fields) || !walkHours(walk, fields)) continue;
    if (walkMinutes(walk, fields) && walkSeconds(walk)) return walk.instant;
  }
  return undefined;
}

/** A place on the clock, moved forward; once anything was moved, all smaller fields are at their start. */
class Walk {
  instant: number;
  now: CivilTime;
  moved = false;
  readonly zone: TimeZone;

  constructor(zone: TimeZone, instant: number) {
    this.zone = zone;
    this.instant = instant;
    this.now = zone.civil(instant);
  }

  to(instant: number): void {
    this.instant = instant;
    this.now = this.zone.civil(instant);
  }

  /** Goes back to the start of a month, day, hour or minute, unless a greater field was moved already. */
  startFrom(instant: number): void {
    if (!this.moved) this.to(instant);
    this.moved = true;
  }
}

// Each of these walks to the next allowed value of its field. False: a greater field has moved on, so start over.

function walkMonths(walk: Walk, { months }: ScheduleFields): boolean {
  while (months && !months.has(walk.now.month)) {
    walk.startFrom(walk.zone.instant(walk.now.year, walk.now.month, 1));
    const { year, month, day, hour } = walk.now;
    walk.to(walk.zone.instant(year, month + 1, day, hour));
    if (walk.now.month === 1) return false;
  }
  return true;
}

function walkDays(walk: Walk, fields: ScheduleFields): boolean {
  while (!isAllowedDay(walk.now, fields)) {
    walk.startFrom(walk.zone.instant(walk.now.year, walk.now.month, walk.now.day));
    const { year, month, day, hour } = walk.now;
    walk.to(walk.zone.instant(year, month, day + 1, hour));
    // Where clocks change at midnight, the day may begin at 1, or the addition may end at 23 the day before.
    const off = walk.now.hour;
    if (off !== 0) walk.to(walk.instant + (off > 12 ? 24 - off : -off) * HOUR_MS);
    if (walk.now.day === 1) return false;
  }
  return true;
}

/** Both fields of days must allow a day where one of them is a star; else one of the two is enough. */
function isAllowedDay({ day, weekday }: CivilTime, { days, weekdays }: ScheduleFields): boolean {
  if (days && weekdays) return days.has(day) || weekdays.has(weekday);
  return days?.has(day) ?? weekdays?.has(weekday) ?? true;
}

function walkHours(walk: Walk, { hours }: ScheduleFields): boolean {
  while (hours && !hours.has(walk.now.hour)) {
    walk.startFrom(walk.zone.instant(walk.now.year, walk.now.month, walk.now.day, walk.now.hour));
    walk.to(walk.instant + HOUR_MS);
    if (walk.now.hour === 0) return false;
  }
  return true;
}

function walkMinutes(walk: Walk, { minutes }: ScheduleFields): boolean {
  while (minutes && !minutes.has(walk.now.minute)) {
    walk.startFrom(Math.floor(walk.instant / MINUTE_MS) * MINUTE_MS);
    walk.to(walk.instant + MINUTE_MS);
    if (walk.now.minute === 0) return false;
  }
  return true;
}

function walkSeconds(walk: Walk): boolean {
  const second = walk.now.second;
  if (second === 0) return true;
  walk.moved = true;
  walk.to(walk.instant + (60 - second) * SECOND_MS);
  return false;
}
