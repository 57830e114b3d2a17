import { describe, expect, it } from 'vitest';
import { missedSchedules, nextLook } from '../../src/kinds/cronjob/missed.ts';
import { parseSchedule, type Schedule } from '../../src/kinds/cronjob/schedule.ts';
import type { CronJob } from '../../src/kinds/cronjob/types.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS, toTimestamp } from '../../src/machinery/time.ts';

function schedule(text: string, timeZone?: string): Schedule {
  const parsed = parseSchedule(text, timeZone);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.schedule;
}

describe('a schedule is refused', () => {
  it.each([
    ['', 'expected exactly 5 fields, found 0: []'],
    ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['-5 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
    ['* * * foo *', 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax'],
    ['@every', 'unrecognized descriptor: @every'],
    ['@every often', 'failed to parse duration @every often: time: invalid duration "often"'],
    ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
    ['@every 5d', 'failed to parse duration @every 5d: time: unknown unit "d" in duration "5d"'],
    ['TZ=Mars/Base 0 * * * *', 'provided bad location Mars/Base: unknown time zone Mars/Base'],
  ])('%j', (text, problem) => {
    expect(parseSchedule(text)).toEqual({ ok: false, problem });
  });
});

/** The times of robfig/cron's own tests of daylight saving, in New York. */
describe('where clocks change', () => {
  it.each<[string, string, string, string[]]>([
    [
      'a time that is skipped in spring is left out that day',
      '30 2 * * *',
      '2026-03-07T12:00:00Z',
      ['2026-03-09T06:30:00Z'],
    ],
    [
      'an hourly job goes on in spring',
      '0 * * * *',
      '2026-03-08T05:30:00Z',
      ['2026-03-08T06:00:00Z', '2026-03-08T07:00:00Z', '2026-03-08T08:00:00Z'],
    ],
    [
      'a time that comes twice in autumn is kept twice',
      '0 1 * * *',
      '2012-11-04T04:00:00Z',
      ['2012-11-04T05:00:00Z', '2012-11-04T06:00:00Z', '2012-11-05T06:00:00Z'],
    ],
    [
      'an hourly job goes on in autumn',
      '0 * * * *',
      '2012-11-04T04:00:00Z',
      ['2012-11-04T05:00:00Z', '2012-11-04T06:00:00Z', '2012-11-04T07:00:00Z'],
    ],
    [
      'a job at two in autumn runs once',
      '0 2 * * *',
      '2012-11-04T04:00:00Z',
      ['2012-11-04T07:00:00Z', '2012-11-05T07:00:00Z'],
    ],
    [
      'a job at three in spring runs once',
      '0 3 * * *',
      '2012-03-11T05:00:00Z',
      ['2012-03-11T07:00:00Z', '2012-03-12T07:00:00Z'],
    ],
    [
      'half past one in autumn comes twice',
      '30 1 * * *',
      '2026-11-01T04:00:00Z',
      ['2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z'],
    ],
  ])('%s', (_name, text, from, expected) => {
    const parsed = schedule(text, 'America/New_York');
    const times: string[] = [];
    for (let time = Date.parse(from); times.length < expected.length;) {
      time = parsed.next(time) ?? Number.NaN;
      times.push(toTimestamp(time));
    }
    expect(times).toEqual(expected);
  });

  it('a day that begins at one o’clock is a day', () => {
    // São Paulo's clocks went from 23:59 on 3 November 2018 to 1:00 on the 4th.
    const parsed = schedule('0 9 4 11 *', 'America/Sao_Paulo');
    expect(toTimestamp(parsed.next(Date.UTC(2018, 9, 20)) ?? 0)).toBe('2018-11-04T11:00:00Z');
  });
});

describe('a schedule', () => {
  it.each<[string, string, string, string | undefined]>([
    ['without such a day has no time', '59 23 31 2 *', '2016-05-19T10:00:00Z', undefined],
    ['of 29 February waits for a leap year', '0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['of a day and a weekday takes either', '0 0 15 * mon', '2026-01-01T00:00:00Z', '2026-01-05T00:00:00Z'],
    ['of a stepped star and a weekday takes either', '0 0 */10 * mon', '2026-01-01T00:00:00Z', '2026-01-05T00:00:00Z'],
    [
      'of a star by one and a weekday takes the weekday',
      '0 0 */1 * mon',
      '2026-01-01T00:00:00Z',
      '2026-01-05T00:00:00Z',
    ],
    ['runs over the end of a year', '0 0 1 1 ?', '2026-06-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['counts from the second after', '0 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'],
  ])('%s', (_name, text, from, expected) => {
    const time = schedule(text).next(Date.parse(from));
    expect(time === undefined ? undefined : toTimestamp(time)).toBe(expected);
  });
});

/** Thursday, 19 May 2016, ten o'clock: the moment upstream's tables start from. */
const TOP = Date.UTC(2016, 4, 19, 10);

function cronJob(created: number, last?: number, deadline?: number): CronJob {
  const status = last === undefined ? {} : { lastScheduleTime: toTimestamp(TOP + last) };
  return {
    metadata: { creationTimestamp: toTimestamp(TOP + created) },
    spec: { startingDeadlineSeconds: deadline },
    status,
  } as unknown as CronJob;
}

/** Cases of TestMostRecentScheduleTime; times are relative to the top of the hour. */
describe('of missed runs', () => {
  const HALF = 30 * MINUTE_MS;
  const DAY = 24 * HOUR_MS;
  it.each<[string, string, CronJob, boolean, number, number | undefined, string, number]>([
    ['none is there before the first', '0 * * * *', cronJob(0), false, 30 * SECOND_MS, undefined, 'none', 0],
    ['one that has just passed is due', '0 * * * *', cronJob(0), false, 61 * MINUTE_MS, HOUR_MS, 'none', 0],
    ['five are few', '0 * * * *', cronJob(10_000), false, 301 * MINUTE_MS, 5 * HOUR_MS, 'few', 10_000],
    [
      'weekday hours find the last',
      '30 6-16/4 * * 1-5',
      cronJob(0, HALF),
      false,
      DAY + 31 * MINUTE_MS,
      DAY + HALF,
      'few',
      HALF,
    ],
    [
      'an estimate may pass by all',
      '30 10,11,12 * * 1-5',
      cronJob(0, HALF),
      false,
      30 * HOUR_MS + HALF,
      undefined,
      'few',
      HALF,
    ],
    [
      'over a weekend the last is found',
      '30 6-16/4 * * 1-5',
      cronJob(0, HALF),
      false,
      4 * DAY + 31 * MINUTE_MS,
      4 * DAY + HALF,
      'few',
      HALF,
    ],
    [
      'creation counts without a last run',
      '30 6-16/4 * * 1-5',
      cronJob(0),
      false,
      DAY + 31 * MINUTE_MS,
      DAY + HALF,
      'few',
      0,
    ],
    [
      'more than a hundred are many, and @every keeps its pace',
      '@every 1h',
      cronJob(-59 * MINUTE_MS, MINUTE_MS, 10),
      false,
      7 * DAY,
      6 * DAY + 23 * HOUR_MS + MINUTE_MS,
      'many',
      MINUTE_MS,
    ],
    [
      'the last run counts inside the deadline',
      '*/5 * * * *',
      cronJob(0, HALF, 60),
      false,
      31 * MINUTE_MS,
      undefined,
      'none',
      HALF,
    ],
    [
      'the deadline counts outside it',
      '*/5 * * * *',
      cronJob(0, HALF, 60),
      true,
      32 * MINUTE_MS,
      undefined,
      'none',
      31 * MINUTE_MS,
    ],
  ])('%s', (_name, text, job, withDeadline, now, mostRecent, missed, earliest) => {
    expect(missedSchedules(job, TOP + now, schedule(text), withDeadline)).toEqual({
      earliest: TOP + earliest,
      mostRecent: mostRecent === undefined ? undefined : TOP + mostRecent,
      missed,
    });
  });

  it('a schedule without times is no schedule', () => {
    const found = missedSchedules(cronJob(10_000), TOP + HOUR_MS, schedule('59 23 31 2 *'), false);
    expect(found).toBe('time difference between two schedules is less than 1 second');
  });

  /** Cases of TestNextScheduleTimeDuration. */
  it.each<[string, string, CronJob, number, number]>([
    ['in four hours', '30 6-16/4 * * 1-5', cronJob(0, HALF), DAY + 31 * MINUTE_MS, 3 * HOUR_MS + 59 * MINUTE_MS],
    ['after the weekend', '30 10,11,12 * * 1-5', cronJob(0, HALF), 30 * HOUR_MS + HALF, 66 * HOUR_MS],
    ['next week', '0 12 * * 4', cronJob(0, 2 * HOUR_MS), 19 * DAY + HOUR_MS + HALF, 48 * HOUR_MS + HALF],
    ['tomorrow for the first time', '0 12 * * 5', cronJob(0), 6 * HOUR_MS, 20 * HOUR_MS],
  ])('the controller looks again %s, a tenth of a second late', (_name, text, job, now, wait) => {
    expect(nextLook(job, TOP + now, schedule(text))).toBe(TOP + now + wait + 100);
  });
});
