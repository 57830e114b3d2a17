import { describe, expect, it } from 'vitest';
import { CronJob, type CronJobSpec } from '../../src/kinds/cronjob/types.ts';
import { parseSchedule } from '../../src/kinds/cronjob/schedule.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { Job } from '../../src/kinds/job/types.ts';
import { MINUTE_MS, toTimestamp } from '../../src/machinery/time.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import { jobModel } from './job-model.ts';

function newCronJob(spec: Partial<CronJobSpec>): NewObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace: 'default' },
    spec: {
      schedule: '*/5 * * * *',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } } },
      },
      ...spec,
    },
  };
}

const cronJob = (model: Model) => model.view.get(CronJob, 'default', 'tick')!;
const jobs = (model: Model) => model.view.list(Job).filter(({ metadata }) => !metadata.deletionTimestamp);
const reasons = (model: Model) => model.view.list(Event).map(({ reason, message }) => `${reason}: ${message}`);

function finish(model: Model, job: Job, type: 'Complete' | 'Failed'): void {
  model.do((api) => {
    const time = toTimestamp(api.now);
    const conditions = [{ type, status: 'True' as const, lastTransitionTime: time }];
    const completionTime = type === 'Complete' ? { completionTime: time } : {};
    api.updateStatus({ ...job, status: { ...job.status, conditions, startTime: time, ...completionTime } });
  });
}

describe('a cron job', () => {
  it('makes a job named after each scheduled minute, a tenth of a second after it', () => {
    const model = jobModel();
    model.create(newCronJob({}));
    model.run(5 * MINUTE_MS + 99);
    expect(jobs(model)).toEqual([]);
    model.run(1);
    const minute = Math.floor(model.engine.now / MINUTE_MS);
    expect(jobs(model).map(({ metadata }) => metadata.name)).toEqual([`tick-${minute}`]);
    expect(cronJob(model).status).toMatchObject({ lastScheduleTime: '2026-01-01T00:05:00Z' });
    expect(cronJob(model).status.active?.map(({ name }) => name)).toEqual([`tick-${minute}`]);
    expect(jobs(model)[0]?.metadata.annotations).toMatchObject({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:05:00Z',
    });
    expect(reasons(model)).toContain(`SuccessfulCreate: Created job tick-${minute}`);
  });

  it('keeps the last three that succeeded and the last one that failed', () => {
    const model = jobModel();
    model.create(newCronJob({}));
    for (let run = 0; run < 8; run++) {
      model.run(5 * MINUTE_MS + (run === 0 ? 100 : 0));
      const latest = jobs(model).at(-1)!;
      finish(model, latest, run % 2 === 0 ? 'Complete' : 'Failed');
    }
    const finished = jobs(model).map(({ status }) => status.conditions?.[0]?.type);
    expect(finished.filter((type) => type === 'Complete')).toHaveLength(3);
    expect(finished.filter((type) => type === 'Failed')).toHaveLength(1);
    expect(cronJob(model).status.active).toBeUndefined();
    expect(cronJob(model).status.lastSuccessfulTime).toBe('2026-01-01T00:35:00Z');
  });

  it.each<[CronJobSpec['concurrencyPolicy'], number, number]>([
    ['Allow', 3, 3],
    ['Forbid', 1, 1],
    ['Replace', 1, 1],
  ])('with policy %s has %i jobs after three unfinished runs', (concurrencyPolicy, count, active) => {
    const model = jobModel();
    model.create(newCronJob({ concurrencyPolicy }));
    model.run(15 * MINUTE_MS + 100);
    expect(jobs(model)).toHaveLength(count);
    expect(cronJob(model).status.active).toHaveLength(active);
  });

  it('makes up for the latest missed run when it resumes, once', () => {
    const model = jobModel();
    model.create(newCronJob({ suspend: true }));
    model.run(23 * MINUTE_MS);
    expect(jobs(model)).toEqual([]);
    model.command('resumeCronJob', { target: { kindKey: 'CronJob', namespace: 'default', name: 'tick' } });
    expect(jobs(model)).toHaveLength(1);
    expect(cronJob(model).status.lastScheduleTime).toBe('2026-01-01T00:20:00Z');
  });

  it('tells of more than 100 missed runs, and starts the latest', () => {
    const model = jobModel();
    model.create(newCronJob({ suspend: true }));
    model.run(505 * MINUTE_MS + 30_000);
    model.command('resumeCronJob', { target: { kindKey: 'CronJob', namespace: 'default', name: 'tick' } });
    expect(reasons(model).filter((text) => text.startsWith('TooManyMissedTimes'))).toEqual([
      'TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    ]);
    expect(jobs(model)).toHaveLength(1);
  });

  it('misses a run that is later than startingDeadlineSeconds', () => {
    const model = jobModel();
    model.create(newCronJob({ suspend: true, startingDeadlineSeconds: 60 }));
    model.run(7 * MINUTE_MS);
    model.command('resumeCronJob', { target: { kindKey: 'CronJob', namespace: 'default', name: 'tick' } });
    expect(jobs(model)).toEqual([]);
    model.run(3 * MINUTE_MS + 100);
    expect(jobs(model)).toHaveLength(1);
  });

  it('follows its time zone', () => {
    const model = jobModel();
    model.create(newCronJob({ schedule: '30 2 * * *', timeZone: 'Asia/Kolkata' }));
    model.run(21 * 60 * MINUTE_MS + 100);
    expect(cronJob(model).status.lastScheduleTime).toBe('2026-01-01T21:00:00Z');
    expect(jobs(model)[0]?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe(
      '2026-01-02T02:30:00+05:30',
    );
  });

  it('writes nothing and waits for the same time after a restart', () => {
    const model = jobModel();
    model.create(newCronJob({}));
    model.run(6 * MINUTE_MS);
    const again = model.restarted();
    expect(again.versions).toEqual([]);
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
  });
});

describe('a schedule', () => {
  it.each([
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['@never', 'unrecognized descriptor: @never'],
  ])('%s is refused', (text, problem) => {
    expect(parseSchedule(text)).toEqual({ ok: false, problem });
  });

  it.each([
    ['@hourly', '2026-01-01T01:00:00Z'],
    ['@daily', '2026-01-02T00:00:00Z'],
    ['@weekly', '2026-01-04T00:00:00Z'],
    ['@monthly', '2026-02-01T00:00:00Z'],
    ['@yearly', '2027-01-01T00:00:00Z'],
    ['@every 90s', '2026-01-01T00:01:30Z'],
    ['0 0 13 * 5', '2026-01-02T00:00:00Z'],
    ['0 12 * jan mon-fri', '2026-01-01T12:00:00Z'],
    ['15/20 * * * *', '2026-01-01T00:15:00Z'],
  ])('%s comes next at %s', (text, expected) => {
    const parsed = parseSchedule(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(toTimestamp(parsed.schedule.next(Date.UTC(2026, 0, 1)) ?? 0)).toBe(expected);
  });
});
