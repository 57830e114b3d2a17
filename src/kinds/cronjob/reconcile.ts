import { watch, watchSelf, type Controller, type ControllerApi, type EventType } from '../../machinery/controller.ts';
import { controllerRef, newControllerRef, type KubeObject, type NewObject } from '../../machinery/object.ts';
import { fromTimestamp, MINUTE_MS, SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import type { ObjectReference } from '../event/types.ts';
import { finishedCondition, isJobFinished, jobCondition } from '../job/queries.ts';
import { Job, jobsByCronJob } from '../job/types.ts';
import { isTimeZone, timeZoneOf } from './civil-time.ts';
import { missedSchedules, nextLook } from './missed.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import { CronJob, type CronJobRuntime, type CronJobStatus } from './types.ts';

const FIRST_RETRY_MS = 5;
const LONGEST_RETRY_MS = 1000 * SECOND_MS;

/**
 * The CronJob controller. Source: pkg/controller/cronjob/cronjob_controllerv2.go.
 *
 * Kubernetes repeats its warnings at every look; here each is told once for what it is about, so that a restart, which
 * looks at everything, tells nothing anew.
 */
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
    const look = new Look(cronJob, api);
    removeOldJobs(look, jobs);
    trackJobs(look, jobs);
    startDueJob(look);
    look.write();
  },
};

/** One look at a cron job: its status and memory as they will be written. */
class Look {
  readonly cronJob: CronJob;
  readonly api: ControllerApi;
  readonly status: CronJobStatus & { active: ObjectReference[] };
  readonly runtime: CronJobRuntime;
  private readonly told: string[] = [];

  constructor(cronJob: CronJob, api: ControllerApi) {
    this.cronJob = cronJob;
    this.api = api;
    this.status = { ...cronJob.status, active: [...(cronJob.status.active ?? [])] };
    this.runtime = { ...cronJob.runtime };
  }

  event(type: EventType, reason: string, message: string): void {
    this.api.event(this.cronJob, type, reason, message);
  }

  /** Records an event unless the last look told the same of the same subject. */
  tell(type: EventType, reason: string, subject: string, message: string): void {
    const key = `${reason}/${subject}`;
    if (this.told.includes(key)) return;
    this.told.push(key);
    if (!this.cronJob.runtime?.told?.includes(key)) this.event(type, reason, message);
  }

  dropActive(uid: string | undefined): void {
    this.status.active = this.status.active.filter((reference) => reference.uid !== uid);
  }

  write(): void {
    const { active, ...status } = this.status;
    const { told: _before, ...runtime } = this.runtime;
    this.api.updateStatus({
      ...this.cronJob,
      status: active.length > 0 ? { ...status, active } : status,
      runtime: this.told.length > 0 ? { ...runtime, told: this.told } : runtime,
    });
  }
}

/** Brings the list of active jobs up to date, and the time of the last success. */
function trackJobs(look: Look, jobs: readonly Job[]): void {
  const { status } = look;
  for (const job of jobs) {
    const { uid, name } = job.metadata;
    const listed = status.active.some((reference) => reference.uid === uid);
    const finished = finishedCondition(job);
    if (!listed && !finished) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      look.tell('Warning', 'UnexpectedJob', uid, message);
    } else if (listed && finished) {
      look.dropActive(uid);
      look.event('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${finished.type}`);
    }
    if (jobCondition(job, 'Complete')?.status === 'True') noteSuccess(job, status);
  }
  const present = new Set(jobs.map((job) => job.metadata.uid));
  for (const reference of status.active) {
    if (reference.uid !== undefined && present.has(reference.uid)) continue;
    look.event('Normal', 'MissingJob', `Active job went missing: ${reference.name}`);
    look.dropActive(reference.uid);
  }
}

function noteSuccess(job: Job, status: CronJobStatus): void {
  const completed = fromTimestamp(job.status.completionTime);
  if (completed === undefined) return;
  const known = fromTimestamp(status.lastSuccessfulTime);
  if (known === undefined || completed > known) status.lastSuccessfulTime = toTimestamp(completed);
}

function startDueJob(look: Look): void {
  const { cronJob, api, runtime } = look;
  if (cronJob.metadata.deletionTimestamp !== undefined) return;
  const { timeZone, suspend, schedule: text } = cronJob.spec;
  const subject = `${timeZone ?? ''} ${text}`;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    look.tell('Warning', 'UnknownTimeZone', subject, message);
    return;
  }
  const parsed = parseSchedule(text, timeZone);
  if (parsed.ok) noteSchedule(look, subject, parsed.schedule);
  if (suspend) return;
  if (!parsed.ok) {
    const message = `unparseable schedule: ${JSON.stringify(text)} : ${parsed.problem}`;
    look.tell('Warning', 'UnparseableSchedule', subject, message);
    return;
  }
  const held = runtime.hold?.generation === cronJob.metadata.generation ? runtime.hold?.untilMs : undefined;
  if (held !== undefined && api.now < held) return api.requeueAt(held, { background: true });
  delete runtime.hold;
  if (runtime.retry && api.now < runtime.retry.atMs) return api.requeueAt(runtime.retry.atMs, { background: true });
  startAt(look, parsed.schedule);
  if (runtime.retry) return api.requeueAt(runtime.retry.atMs, { background: true });
  const next = nextLook({ ...cronJob, status: look.status }, api.now, parsed.schedule);
  if (next !== undefined) api.requeueAt(Math.max(next, api.now + 1), { background: true });
}

/** A changed schedule counts from its next time on: what the new one would have missed is not made up for at once. */
function noteSchedule({ cronJob, api, runtime, status }: Look, subject: string, schedule: Schedule): void {
  const before = runtime.schedule;
  if (before === subject) return;
  runtime.schedule = subject;
  if (before === undefined) return;
  const next = nextLook({ ...cronJob, status }, api.now, schedule);
  const { generation } = cronJob.metadata;
  if (next !== undefined && generation !== undefined) runtime.hold = { generation, untilMs: next };
}

function startAt(look: Look, schedule: Schedule): void {
  const { cronJob, api, status, runtime } = look;
  delete runtime.retry;
  const found = missedSchedules({ ...cronJob, status }, api.now, schedule, true);
  if (typeof found === 'string') {
    const text = cronJob.spec.schedule;
    look.tell('Warning', 'InvalidSchedule', text, `invalid schedule: ${text} : ${found}`);
    return;
  }
  const { mostRecent: scheduled, missed } = found;
  if (scheduled === undefined || scheduled > api.now) return;
  const subject = toTimestamp(scheduled);
  if (missed === 'many') {
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    look.tell('Warning', 'TooManyMissedTimes', subject, message);
  }
  const deadline = cronJob.spec.startingDeadlineSeconds;
  if (deadline !== undefined && scheduled + deadline * SECOND_MS < api.now) {
    look.tell('Warning', 'MissSchedule', subject, `Missed scheduled time to start a job: ${rfc1123(scheduled)}`);
    return;
  }
  const name = jobName(cronJob, scheduled);
  if (status.active.some((reference) => reference.name === name)) return;
  if (fromTimestamp(status.lastScheduleTime) === scheduled) return;
  if (cronJob.spec.concurrencyPolicy === 'Forbid' && status.active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    look.tell('Normal', 'JobAlreadyActive', subject, message);
    return;
  }
  if (cronJob.spec.concurrencyPolicy === 'Replace' && !replaceActive(look)) return tryAgain(look);
  createJob(look, name, scheduled);
}

/** Deletes the jobs that still run; false when one could not be deleted. */
function replaceActive(look: Look): boolean {
  for (const reference of look.status.active) {
    const job = look.api.byUid(reference.uid ?? '');
    if (job && !deleteJob(look, job)) return false;
  }
  return true;
}

function deleteJob(look: Look, job: KubeObject): boolean {
  const result = look.api.delete(job, { propagation: 'Background' });
  if (!result.ok) {
    look.event('Warning', 'FailedDelete', `Deleted job: ${result.error.message}`);
    return false;
  }
  look.dropActive(job.metadata.uid);
  look.event('Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  return true;
}

function createJob(look: Look, name: string, scheduled: number): void {
  const { cronJob, api, status } = look;
  const result = api.create(jobOf(cronJob, name, scheduled));
  let job = result.ok ? result.value : undefined;
  if (!result.ok) {
    if (result.error.reason !== 'AlreadyExists') {
      if (!result.error.message.includes('because it is being terminated')) {
        look.event('Warning', 'FailedCreate', `Error creating job: ${result.error.message}`);
      }
      return tryAgain(look);
    }
    // A job of that name that is the cron job's own was made before and only forgotten.
    job = api.get(Job, cronJob.metadata.namespace, name);
    if (!job || controllerRef(job)?.uid !== cronJob.metadata.uid) return;
    if (status.active.some(({ uid }) => uid === job?.metadata.uid)) return;
  } else {
    look.event('Normal', 'SuccessfulCreate', `Created job ${name}`);
  }
  if (!job) return;
  const { apiVersion, kind, metadata } = job;
  const { namespace, uid, resourceVersion } = metadata;
  const reference = { kind, ...(namespace === undefined ? {} : { namespace }), name, uid, apiVersion, resourceVersion };
  status.active = [...status.active, reference];
  status.lastScheduleTime = toTimestamp(scheduled);
}

/** The work queue's wait after an error: 5 ms, doubled each time up to 1000 s (client-go, DefaultControllerRateLimiter). */
function tryAgain({ cronJob, api, runtime }: Look): void {
  const failures = (cronJob.runtime?.retry?.failures ?? 0) + 1;
  const delay = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
  runtime.retry = { failures, atMs: api.now + delay };
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
  const offset = timeZone === undefined ? 0 : timeZoneOf(timeZone).offsetMs(ms);
  if (offset === 0) return toTimestamp(ms);
  const minutes = Math.abs(offset) / MINUTE_MS;
  const digits = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const text = `${offset < 0 ? '-' : '+'}${digits(minutes / 60)}:${digits(minutes % 60)}`;
  return toTimestamp(ms + offset).replace('Z', text);
}

/** Go's time.RFC1123Z in UTC. */
function rfc1123(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}

function removeOldJobs(look: Look, jobs: readonly Job[]): void {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = look.cronJob.spec;
  const finished = jobs.filter((job) => isJobFinished(job) && job.metadata.deletionTimestamp === undefined);
  removeOldest(look, finished, 'Complete', successfulJobsHistoryLimit);
  removeOldest(look, finished, 'Failed', failedJobsHistoryLimit);
}

function removeOldest(look: Look, finished: readonly Job[], type: string, limit: number | undefined): void {
  if (limit === undefined) return;
  const jobs = finished.filter((job) => finishedCondition(job)?.type === type).sort(byStartTime);
  for (const job of jobs.slice(0, Math.max(0, jobs.length - limit))) deleteJob(look, job);
}

function byStartTime(left: Job, right: Job): number {
  const one = fromTimestamp(left.status.startTime) ?? Number.POSITIVE_INFINITY;
  const other = fromTimestamp(right.status.startTime) ?? Number.POSITIVE_INFINITY;
  if (one !== other) return one - other;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}
