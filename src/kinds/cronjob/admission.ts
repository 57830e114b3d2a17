import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { applyJobTemplateDefaults, validateJobSpec } from '../job/job-spec.ts';
import { isTimeZone } from './civil-time.ts';
import { parseSchedule } from './schedule.ts';
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
    // The defaults of a job itself come with the jobs that are made.
    applyJobTemplateDefaults(jobSpec);
    spec.jobTemplate = { ...spec.jobTemplate, spec: jobSpec };
  }
  cronJob.spec = spec;
}

export function validateCronJob(cronJob: CronJob): FieldProblem[] {
  const { spec } = cronJob;
  const problems = [...validateSchedule(cronJob), ...validateNotNegative(spec, 'startingDeadlineSeconds')];
  problems.push(...validateTimeZone(spec.timeZone));
  if (!spec.concurrencyPolicy) problems.push(required('spec.concurrencyPolicy'));
  else if (!POLICIES.includes(spec.concurrencyPolicy)) {
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
  problems.push(...validateNotNegative(spec, 'successfulJobsHistoryLimit'));
  problems.push(...validateNotNegative(spec, 'failedJobsHistoryLimit'));
  if (cronJob.metadata.name.length > MAX_NAME_LENGTH) {
    problems.push(invalid('metadata.name', cronJob.metadata.name, 'must be no more than 52 characters'));
  }
  return problems;
}

type Count = 'startingDeadlineSeconds' | 'successfulJobsHistoryLimit' | 'failedJobsHistoryLimit';

function validateNotNegative(spec: CronJob['spec'], field: Count): FieldProblem[] {
  const value = spec[field];
  return value !== undefined && value < 0 ? [invalid(`spec.${field}`, value, NOT_NEGATIVE)] : [];
}

function validateSchedule({ spec }: CronJob): FieldProblem[] {
  if (!spec.schedule) return [required('spec.schedule')];
  const problems: FieldProblem[] = [];
  const parsed = parseSchedule(spec.schedule);
  if (!parsed.ok) problems.push(invalid('spec.schedule', spec.schedule, parsed.problem));
  if (spec.schedule.includes('TZ')) {
    const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    problems.push(invalid('spec.schedule', spec.schedule, detail));
  }
  return problems;
}

/** What the parts of a zone's name may be made of; signs and digits are for the old names (Etc/GMT+5). */
const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

function validateTimeZone(timeZone: string | undefined): FieldProblem[] {
  if (timeZone === undefined) return [];
  const problem = (detail: string) => [invalid('spec.timeZone', timeZone, detail)];
  if (timeZone === '') return problem('timeZone must be nil or non-empty string');
  const isNamePart = (part: string) => part !== '.' && part !== '..' && !part.startsWith('-') && ZONE_PART.test(part);
  if (!timeZone.split('/').every(isNamePart)) return problem(`unknown time zone ${timeZone}`);
  if (timeZone.toLowerCase() === 'local') {
    return [
      ...problem('timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
      ...(timeZone === 'Local' ? [] : problem(`unknown time zone ${timeZone}`)),
    ];
  }
  return isTimeZone(timeZone) ? [] : problem(`unknown time zone ${timeZone}`);
}
