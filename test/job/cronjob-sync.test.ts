import { describe, expect, it } from 'vitest';
import { CronJob, type CronJobSpec } from '../../src/kinds/cronjob/types.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { Job } from '../../src/kinds/job/types.ts';
import { newControllerRef } from '../../src/machinery/object.ts';
import { MINUTE_MS, toTimestamp } from '../../src/machinery/time.ts';
import type { Model } from '../support/model.ts';
import { jobModel } from './job-model.ts';

/** Cases of pkg/controller/cronjob/cronjob_controllerv2_test.go, told as a user meets them. */

const TARGET = { target: { kindKey: 'CronJob', namespace: 'default', name: 'tick' } };
const template = {
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } } },
};

function started(spec: Partial<CronJobSpec> = {}): Model {
  const model = jobModel();
  model.create({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace: 'default' },
    spec: { schedule: '*/5 * * * *', jobTemplate: template, ...spec },
  });
  return model;
}

const cronJob = (model: Model) => model.view.get(CronJob, 'default', 'tick') as CronJob;
const jobs = (model: Model) => model.view.list(Job);
const told = (model: Model) =>
  model.view
    .list(Event)
    .filter(({ involvedObject }) => involvedObject.kind === 'CronJob')
    .map(({ type, reason, message, count }) => `${type} ${reason} ${message}${(count ?? 1) > 1 ? ` x${count}` : ''}`);

function finish(model: Model, job: Job, type: 'Complete' | 'Failed'): void {
  model.do((api) => {
    const time = toTimestamp(api.now);
    const conditions = [{ type, status: 'True' as const, lastTransitionTime: time }];
    const completionTime = type === 'Complete' ? { completionTime: time } : {};
    api.updateStatus({ ...job, status: { ...job.status, conditions, startTime: time, ...completionTime } });
  });
}

function update(model: Model, change: Partial<CronJobSpec>): void {
  model.do((api) => {
    const current = api.get(CronJob, 'default', 'tick') as CronJob;
    const result = api.update({ ...current, spec: { ...current.spec, ...change } });
    if (!result.ok) throw new Error(result.error.message);
  });
}

function expectRestartChangesNothing(model: Model): void {
  const again = model.restarted();
  expect(again.versions).toEqual([]);
  expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
}

describe('a cron job', () => {
  it('with Forbid tells once for each missed time that the last job still runs', () => {
    const model = started({ concurrencyPolicy: 'Forbid' });
    model.run(5 * MINUTE_MS + 100);
    const [job] = jobs(model);
    model.run(5 * MINUTE_MS);
    const message =
      'Normal JobAlreadyActive Not starting job because prior execution is running and concurrency policy is Forbid';
    expect(told(model).at(-1)).toBe(message);
    expectRestartChangesNothing(model);
    finish(model, job as Job, 'Complete');
    // The missed time is made up for as soon as the job is done.
    expect(jobs(model)).toHaveLength(2);
    expect(cronJob(model).status.lastScheduleTime).toBe('2026-01-01T00:10:00Z');
    expectRestartChangesNothing(model);
  });

  it('with Replace deletes the running job before it starts the next', () => {
    const model = started({ concurrencyPolicy: 'Replace' });
    model.run(5 * MINUTE_MS + 100);
    const first = jobs(model)[0]?.metadata.name;
    model.run(5 * MINUTE_MS);
    const second = jobs(model)[0]?.metadata.name;
    expect(told(model).slice(-2)).toEqual([
      `Normal SuccessfulDelete Deleted job ${first}`,
      `Normal SuccessfulCreate Created job ${second}`,
    ]);
    expect(cronJob(model).status.active?.map(({ name }) => name)).toEqual([second]);
  });

  it('whose job is gone tells so, and forgets it', () => {
    const model = started();
    model.run(5 * MINUTE_MS + 100);
    const [job] = jobs(model);
    model.do((api) => api.delete(job as Job, { propagation: 'Background' }));
    expect(told(model).at(-1)).toBe(`Normal MissingJob Active job went missing: ${job?.metadata.name}`);
    expect(cronJob(model).status.active).toBeUndefined();
  });

  it('tells of a job it did not make, and not again after a restart', () => {
    const model = started();
    const owner = cronJob(model);
    const metadata = { name: 'mine', namespace: 'default', ownerReferences: [newControllerRef(owner)] };
    model.create({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: template.spec });
    expect(told(model)).toEqual(['Warning UnexpectedJob Saw a job that the controller did not create or forgot: mine']);
    expect(cronJob(model).status.active).toBeUndefined();
    expectRestartChangesNothing(model);
  });

  it('takes up a job of its own that it had forgotten', () => {
    const model = started();
    model.run(5 * MINUTE_MS + 100);
    const [job] = jobs(model);
    model.do((api) => {
      const { active: _active, lastScheduleTime: _last, ...status } = cronJob(model).status;
      api.updateStatus({ ...cronJob(model), status });
    });
    expect(cronJob(model).status).toMatchObject({
      active: [{ name: job?.metadata.name, uid: job?.metadata.uid }],
      lastScheduleTime: '2026-01-01T00:05:00Z',
    });
    expect(jobs(model)).toHaveLength(1);
  });

  it('past its deadline tells of the missed time, once', () => {
    const model = started({ suspend: true, startingDeadlineSeconds: 600 });
    model.run(7 * MINUTE_MS);
    update(model, { startingDeadlineSeconds: 60 });
    model.command('resumeCronJob', TARGET);
    expect(jobs(model)).toEqual([]);
    expect(told(model)).toEqual([]);
    model.run(3 * MINUTE_MS + 100);
    expect(jobs(model)).toHaveLength(1);
    expectRestartChangesNothing(model);
  });

  it('that is suspended starts nothing and still follows its jobs', () => {
    const model = started();
    model.run(5 * MINUTE_MS + 100);
    model.command('suspendCronJob', TARGET);
    finish(model, jobs(model)[0] as Job, 'Failed');
    model.run(20 * MINUTE_MS);
    expect(jobs(model)).toHaveLength(1);
    expect(cronJob(model).status.active).toBeUndefined();
    expect(told(model).at(-1)).toMatch(/^Normal SawCompletedJob Saw completed job: tick-\d+, condition: Failed$/);
  });

  it('with no history keeps no job, and knows the last success', () => {
    const model = started({ successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 0 });
    model.run(5 * MINUTE_MS + 100);
    finish(model, jobs(model)[0] as Job, 'Complete');
    expect(jobs(model)).toEqual([]);
    expect(told(model).at(-1)).toMatch(/^Normal SuccessfulDelete Deleted job tick-\d+$/);
    expect(cronJob(model).status).toEqual({
      lastScheduleTime: '2026-01-01T00:05:00Z',
      lastSuccessfulTime: '2026-01-01T00:05:00Z',
    });
  });

  it('of a schedule without times tells so, once', () => {
    const model = started({ schedule: '59 23 31 2 *' });
    const message =
      'Warning InvalidSchedule invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second';
    expect(told(model)).toEqual([message]);
    expectRestartChangesNothing(model);
  });

  it('whose schedule changes begins with the next time of the new one', () => {
    const model = started({ schedule: '0 0 1 1 *' });
    model.run(23 * MINUTE_MS);
    update(model, { schedule: '*/10 * * * *' });
    expect(jobs(model)).toEqual([]);
    expectRestartChangesNothing(model);
    model.run(7 * MINUTE_MS + 99);
    expect(jobs(model)).toEqual([]);
    model.run(1);
    expect(cronJob(model).status.lastScheduleTime).toBe('2026-01-01T00:30:00Z');
  });

  it('whose jobs are refused tries again after 5, 10, 20 … ms', () => {
    const model = started();
    update(model, { jobTemplate: { ...cronJob(model).spec.jobTemplate, metadata: { labels: { 'no/t/a': 'key' } } } });
    model.run(5 * MINUTE_MS + 100);
    const failures = () => model.view.list(Event).find(({ reason }) => reason === 'FailedCreate')?.count ?? 0;
    expect(failures()).toBe(1);
    model.run(5);
    expect(failures()).toBe(2);
    model.run(10 + 20 + 40);
    expect(failures()).toBe(5);
    expectRestartChangesNothing(model);
  });
});
