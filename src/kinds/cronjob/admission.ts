import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { applyJobSpecDefaults, validateJobSpec } from '../job/job-spec.ts';
import { isTimeZone, parseSchedule } from './schedule.ts';
import type { CronJob } from './types.ts';

/** Defaults and rules of cron jobs. Sources: pkg/apis/batch/v1/defaults.go, pkg/apis/batch/validation/validation.go. */

const MAX_NAME_LENGTH = 52;
const POLICIES = ['Allow', 'Forbid', 'Replace'];
const NOT_NEGATIVE = 'must be greater than or equal to 0';

export function applyCronJobDefaults(cronJob: CronJob): void {
  if (cronJob.spec === undefined) return;
  const spec = { ...cronJob.spec };
  spec.concurrencyPolicy ??= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  if (spec.jobTemplate?.spec !== undefined) {
    const jobSpec = { ...spec.jobTemplate.spec };
    applyJobSpecDefaults(jobSpec);
    spec.jobTemplate = { ...spec.jobTemplate, spec: jobSpec };
  }
  cronJob.spec = spec;
}

export function validateCronJob(cronJob: CronJob): FieldProblem[] {
  const { spec } = cronJob;
  const problems: FieldProblem[] = [];
  if (cronJob.metadata.name.length > MAX_NAME_LENGTH) {
    problems.push(invalid('metadata.name', cronJob.metadata.name, 'must be no more than 52 characters'));
  }
  problems.push(...validateSchedule(cronJob));
  for (const field of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const) {
    const value = spec[field];
    if (value !== undefined && value < 0) problems.push(invalid(`spec.${field}`, value, NOT_NEGATIVE));
  }
  if (!POLICIES.includes(spec.concurrencyPolicy)) {
    problems.push(notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, POLICIES));
  }
  problems.push(...validateJobSpec(spec.jobTemplate.spec, 'spec.jobTemplate.spec'));
  const { selector, manualSelector } = spec.jobTemplate.spec;
  if (selector !== undefined) {
    problems.push(invalid('spec.jobTemplate.spec.selector', selector, '`selector` will be auto-generated'));
  }
  if (manualSelector) {
    problems.push(notSupported('spec.jobTemplate.spec.manualSelector', manualSelector, ['nil', 'false']));
  }
  return problems;
}

function validateSchedule({ spec }: CronJob): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!spec.schedule) problems.push(required('spec.schedule'));
  else {
    const hasZone = spec.schedule.includes('TZ');
    if (hasZone && spec.timeZone !== undefined) {
      const detail = 'cannot use both timeZone field and TZ or CRON_TZ in schedule';
      problems.push(invalid('spec.schedule', spec.schedule, detail));
    } else if (hasZone) {
      const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
      problems.push(invalid('spec.schedule', spec.schedule, detail));
    }
    const parsed = parseSchedule(spec.schedule);
    if (!parsed.ok) problems.push(invalid('spec.schedule', spec.schedule, parsed.problem));
  }
  const { timeZone } = spec;
  if (timeZone === undefined) return problems;
  if (timeZone === '') problems.push(invalid('spec.timeZone', timeZone, 'timeZone must be nil or non-empty string'));
  else if (timeZone.toLowerCase() === 'local') {
    problems.push(
      invalid(
        'spec.timeZone',
        timeZone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    );
  } else if (!isTimeZone(timeZone)) {
    problems.push(invalid('spec.timeZone', timeZone, `unknown time zone ${timeZone}`));
  }
  return problems;
}
