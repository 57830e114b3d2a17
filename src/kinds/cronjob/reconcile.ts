import { watch, watchSelf, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { controllerRef, newControllerRef, type NewObject } from '../../machinery/object.ts';
import { fromTimestamp, MINUTE_MS, toTimestamp } from '../../machinery/time.ts';
import { finishedCondition, isJobFinished, jobCondition } from '../job/queries.ts';
import { Job, jobsByCronJob } from '../job/types.ts';
import { missedSchedules, nextLook } from './missed.ts';
import { isTimeZone, parseSchedule, type Schedule } from './schedule.ts';
import { CronJob, type CronJobStatus } from './types.ts';

/** The CronJob controller. Source: pkg/controller/cronjob/cronjob_controllerv2.go. */
export const cronJobController: Controller = {
  name: 'cronjob-controller',
  watches: [
    watchSelf(CronJob),
    watch(Job, ({ old, new: current }) => {
      const job = current ?? old;
      const owner = job && controllerRef(job);
      return owner?.kind === 'CronJob' ? `${job?.metadata.namespace}/${owner.name}` : undefined;
    }),
  ],
  reconcile(key, api) {
    const cronJob = api.getByKey(CronJob, key);
    if (!cronJob) return;
    const jobs = api.by(jobsByCronJob, cronJob.metadata.uid);
    const status: CronJobStatus = { ...cronJob.status, active: [...(cronJob.status.active ?? [])] };
    trackJobs(cronJob, jobs, status, api);
    startDueJob(cronJob, status, api);
    removeOldJobs(cronJob, jobs, api);
    if (status.active?.length === 0) delete status.active;
    api.updateStatus({ ...cronJob, status });
  },
};

/** Brings the list of active jobs up to date, and the time of the last success. */
function trackJobs(cronJob: CronJob, jobs: readonly Job[], status: CronJobStatus, api: ControllerApi): void {
  for (const job of jobs) {
    const { uid, name } = job.metadata;
    const listed = status.active?.some((reference) => reference.uid === uid) ?? false;
    const finished = finishedCondition(job);
    if (!listed && !finished) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      if (!wasReported(cronJob, uid, api)) api.event(cronJob, 'Warning', 'UnexpectedJob', message);
    } else if (listed && finished) {
      status.active = status.active?.filter((reference) => reference.uid !== uid) ?? [];
      const message = `Saw completed job: ${name}, condition: ${finished.type}`;
      api.event(cronJob, 'Normal', 'SawCompletedJob', message);
    }
    if (jobCondition(job, 'Complete')?.status === 'True') noteSuccess(job, status);
  }
  const present = new Set(jobs.map((job) => job.metadata.uid));
  for (const reference of status.active ?? []) {
    if (reference.uid !== undefined && present.has(reference.uid)) continue;
    api.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${reference.name}`);
    status.active = (status.active ?? []).filter(({ uid }) => uid !== reference.uid);
  }
}

/** A job that is not the controller's own is reported when it appears, not at every look. */
function wasReported(cronJob: CronJob, uid: string, api: ControllerApi): boolean {
  return (api.createdRevision(uid) ?? 0) < Number(cronJob.metadata.resourceVersion);
}

function noteSuccess(job: Job, status: CronJobStatus): void {
  const completed = fromTimestamp(job.status.completionTime);
  if (completed === undefined) return;
  const known = fromTimestamp(status.lastSuccessfulTime);
  if (known === undefined || completed > known) status.lastSuccessfulTime = toTimestamp(completed);
}

function startDueJob(cronJob: CronJob, status: CronJobStatus, api: ControllerApi): void {
  if (cronJob.metadata.deletionTimestamp !== undefined) return;
  const { timeZone, suspend, schedule: text } = cronJob.spec;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    api.event(cronJob, 'Warning', 'UnknownTimeZone', message);
    return;
  }
  if (suspend) return;
  const parsed = parseSchedule(text, timeZone);
  if (!parsed.ok) {
    const message = `unparseable schedule: ${JSON.stringify(text)} : ${parsed.problem}`;
    api.event(cronJob, 'Warning', 'UnparseableSchedule', message);
    return;
  }
  startAt(cronJob, status, parsed.schedule, api);
  const next = nextLook({ ...cronJob, status }, api.now, parsed.schedule);
  if (next !== undefined) api.requeueAt(Math.max(next, api.now + 1), { background: true });
}

function startAt(cronJob: CronJob, status: CronJobStatus, schedule: Schedule, api: ControllerApi): void {
  const found = missedSchedules({ ...cronJob, status }, api.now, schedule, true);
  if (typeof found === 'string') {
    api.event(cronJob, 'Warning', 'InvalidSchedule', `invalid schedule: ${cronJob.spec.schedule} : ${found}`);
    return;
  }
  const { mostRecent: scheduled, missed } = found;
  if (scheduled === undefined || scheduled > api.now) return;
  if (missed === 'many') {
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    api.event(cronJob, 'Warning', 'TooManyMissedTimes', message);
  }
  const deadline = cronJob.spec.startingDeadlineSeconds;
  if (deadline !== undefined && scheduled + deadline * 1000 < api.now) {
    api.event(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc1123(scheduled)}`);
    return;
  }
  const name = jobName(cronJob, scheduled);
  if (status.active?.some((reference) => reference.name === name)) return;
  if (fromTimestamp(status.lastScheduleTime) === scheduled) return;
  if (cronJob.spec.concurrencyPolicy === 'Forbid' && (status.active ?? []).length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    api.event(cronJob, 'Normal', 'JobAlreadyActive', message);
    return;
  }
  if (cronJob.spec.concurrencyPolicy === 'Replace') replaceActive(cronJob, status, api);
  createJob(cronJob, status, name, scheduled, api);
}

function replaceActive(cronJob: CronJob, status: CronJobStatus, api: ControllerApi): void {
  for (const reference of status.active ?? []) {
    const job = api.byUid(reference.uid ?? '');
    if (!job || !api.delete(job, { propagation: 'Background' }).ok) continue;
    api.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  }
  status.active = [];
}

function createJob(cronJob: CronJob, status: CronJobStatus, name: string, scheduled: number, api: ControllerApi): void {
  const result = api.create(jobOf(cronJob, name, scheduled));
  if (!result.ok) {
    if (result.error.reason === 'AlreadyExists') {
      status.lastScheduleTime = toTimestamp(scheduled);
    } else if (!result.error.message.includes('because it is being terminated')) {
      api.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${result.error.message}`);
    }
    return;
  }
  const { metadata, apiVersion, kind } = result.value;
  api.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${metadata.name}`);
  const { namespace, uid, resourceVersion } = metadata;
  const reference = { kind, ...(namespace === undefined ? {} : { namespace }), name, uid, apiVersion, resourceVersion };
  status.active = [...(status.active ?? []), reference];
  status.lastScheduleTime = toTimestamp(scheduled);
}

/** Jobs of one scheduled time have one name, so that none is made twice. */
function jobName(cronJob: CronJob, scheduled: number): string {
  return `${cronJob.metadata.name}-${Math.floor(scheduled / MINUTE_MS)}`;
}

function jobOf(cronJob: CronJob, name: string, scheduled: number): NewObject<Job> {
  const { jobTemplate, timeZone } = cronJob.spec;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  return {
    apiVersion: Job.apiVersion,
    kind: Job.kind,
    metadata: {
      name,
      ...(cronJob.metadata.namespace === undefined ? {} : { namespace: cronJob.metadata.namespace }),
      ...(labels ? { labels: { ...labels } } : {}),
      annotations: {
        ...annotations,
        'batch.kubernetes.io/cronjob-scheduled-timestamp': scheduledTimestamp(scheduled, timeZone),
      },
      ownerReferences: [newControllerRef(cronJob)],
    },
    spec: jobTemplate.spec,
    status: {},
  };
}

/** RFC 3339 in the cron job's own time zone. */
function scheduledTimestamp(ms: number, timeZone: string | undefined): string {
  if (timeZone === undefined) return toTimestamp(ms);
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(ms);
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value.replace('GMT', '') ?? '';
  const match = /^([+-])(\d\d):(\d\d)$/.exec(offset);
  if (!match) return toTimestamp(ms);
  const minutes = (Number(match[2]) * 60 + Number(match[3])) * (match[1] === '-' ? -1 : 1);
  return toTimestamp(ms + minutes * MINUTE_MS).replace('Z', offset);
}

/** Go's time.RFC1123Z in UTC. */
function rfc1123(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}

function removeOldJobs(cronJob: CronJob, jobs: readonly Job[], api: ControllerApi): void {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const finished = jobs.filter((job) => isJobFinished(job) && job.metadata.deletionTimestamp === undefined);
  removeOldest(cronJob, finished, 'Complete', successfulJobsHistoryLimit, api);
  removeOldest(cronJob, finished, 'Failed', failedJobsHistoryLimit, api);
}

function removeOldest(
  cronJob: CronJob,
  finished: readonly Job[],
  type: string,
  limit: number | undefined,
  api: ControllerApi,
): void {
  if (limit === undefined) return;
  const jobs = finished.filter((job) => finishedCondition(job)?.type === type).sort(byStartTime);
  for (const job of jobs.slice(0, Math.max(0, jobs.length - limit))) {
    if (!api.delete(job, { propagation: 'Background' }).ok) continue;
    api.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  }
}

function byStartTime(left: Job, right: Job): number {
  const one = fromTimestamp(left.status.startTime) ?? Number.POSITIVE_INFINITY;
  const other = fromTimestamp(right.status.startTime) ?? Number.POSITIVE_INFINITY;
  if (one !== other) return one - other;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}
