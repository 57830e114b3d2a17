import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';

/** What clocks on a wall show at an instant in a time zone. Months run from 1, weekdays from 0 (Sunday). */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Turns instants (milliseconds since the epoch) into civil times of one IANA time zone, and back. */
export class TimeZone {
  private readonly format: Intl.DateTimeFormat | undefined;
  /** Offsets by quarter of an hour: no zone changes its clocks at any other minute. */
  private readonly offsets = new Map<number, number>();

  constructor(name: string) {
    const isUtc = name === 'UTC' || name === 'Etc/UTC';
    this.format = isUtc
      ? undefined
      : new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset', hour: 'numeric' });
  }

  civil(instant: number): CivilTime {
    const date = new Date(instant + this.offsetMs(instant));
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      weekday: date.getUTCDay(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
  }

  /**
   * The instant at which clocks show a civil time, as Go's time.Date picks it: months and days may run over; a time that
   * occurs twice is one of the two, a time that is skipped is moved by the change of the clocks.
   */
  instant(year: number, month: number, day: number, hour = 0): number {
    const wall = Date.UTC(year, month - 1, day, hour);
    const first = wall - this.offsetMs(wall);
    const offset = this.offsetMs(first);
    return offset === wall - first ? first : wall - offset;
  }

  /** How far the clocks are ahead of UTC, in milliseconds. */
  offsetMs(instant: number): number {
    if (!this.format) return 0;
    const quarter = Math.floor(instant / QUARTER_MS);
    let offset = this.offsets.get(quarter);
    if (offset === undefined) {
      offset = this.readOffset(quarter * QUARTER_MS);
      if (this.offsets.size >= CACHE_LIMIT) this.offsets.clear();
      this.offsets.set(quarter, offset);
    }
    return offset;
  }

  private readOffset(instant: number): number {
    const parts = this.format?.formatToParts(instant) ?? [];
    const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
    if (!match) return 0;
    const size = Number(match[2]) * HOUR_MS + Number(match[3]) * MINUTE_MS + Number(match[4] ?? 0) * SECOND_MS;
    return match[1] === '-' ? -size : size;
  }
}

const QUARTER_MS = 15 * MINUTE_MS;
const CACHE_LIMIT = 10_000;

const zones = new Map<string, TimeZone>();

/** The zone of a name that `isTimeZone` accepts; one object for each name. */
export function timeZoneOf(name: string): TimeZone {
  let zone = zones.get(name);
  if (!zone) {
    zone = new TimeZone(name);
    zones.set(name, zone);
  }
  return zone;
}

/** Whether the runtime knows an IANA time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
