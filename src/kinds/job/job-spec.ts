import { invalid, notSupported, required, tooLong, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import { applyPodTemplateDefaults, validatePodTemplate } from '../pod/template.ts';
import { validateFailurePolicy, validateSuccessPolicy } from './policy-rules.ts';
import type { JobSpec } from './types.ts';

/**
 * Defaults and rules of a job's spec, for jobs and for the templates of cron jobs.
 * Sources: pkg/apis/batch/v1/defaults.go, pkg/apis/batch/validation/validation.go.
 */

const NOT_NEGATIVE = 'must be greater than or equal to 0';
const MAX_INT32 = 0x7fff_ffff;
/** Most indexes that may run, or fail, at a time. */
const MAX_INDEXES = 100_000;
/** The same limit for jobs with more completions than that and a back-off limit per index. */
const MAX_WITH_MANY = 10_000;
const MAX_MANAGED_BY_LENGTH = 63;

export function applyJobSpecDefaults(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  applyJobTemplateDefaults(spec);
}

/** What the API fills in wherever a job's spec stands, the templates of cron jobs included. */
export function applyJobTemplateDefaults(spec: JobSpec): void {
  spec.template = applyPodTemplateDefaults(spec.template);
  const rules = spec.podFailurePolicy?.rules;
  if (!Array.isArray(rules)) return;
  const withStatus = rules.map((rule) =>
    Array.isArray(rule?.onPodConditions)
      ? { ...rule, onPodConditions: rule.onPodConditions.map((one) => ({ ...one, status: one.status || 'True' })) }
      : rule,
  );
  spec.podFailurePolicy = { ...spec.podFailurePolicy, rules: withStatus };
}

/**
 * The rules of a job's spec wherever it stands; `path` is "spec" or "spec.jobTemplate.spec". In the template of a cron
 * job any field may be missing.
 */
export function validateJobSpec(spec: JobSpec, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of COUNTS) {
    const value = spec[field];
    if (value !== undefined && value < 0) problems.push(invalid(`${path}.${field}`, value, NOT_NEGATIVE));
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    problems.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  problems.push(...validateManagedBy(spec.managedBy, `${path}.managedBy`), ...validateCompletionMode(spec, path));
  problems.push(...validateFailurePolicy(spec, path), ...validateSuccessPolicy(spec, path));
  problems.push(...validateReplacementPolicy(spec, `${path}.podReplacementPolicy`));
  problems.push(...validatePodTemplate(spec.template, `${path}.template`), ...validateRestartPolicy(spec, path));
  return problems;
}

function validateReplacementPolicy(spec: JobSpec, field: string): FieldProblem[] {
  const policy: string | undefined = spec.podReplacementPolicy;
  if (policy === undefined) return [];
  const allowed = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return allowed.includes(policy) ? [] : [notSupported(field, policy, allowed)];
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

const URL_PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** validation.IsDomainPrefixedPath, and a limit of length. */
function validateManagedBy(managedBy: string | undefined, field: string): FieldProblem[] {
  if (managedBy === undefined) return [];
  const problems: FieldProblem[] = [];
  const slash = managedBy.indexOf('/');
  const host = managedBy.slice(0, Math.max(0, slash));
  const rest = managedBy.slice(slash + 1);
  if (managedBy === '') problems.push(required(field));
  else if (slash < 0 || host === '' || rest === '') {
    problems.push(invalid(field, managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  } else {
    for (const text of dns1123SubdomainProblems(host)) problems.push(invalid(field, host, text));
    if (!URL_PATH.test(rest)) {
      const expression = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
      problems.push(invalid(field, rest, `Invalid path (regex used for validation is '${expression}')`));
    }
  }
  if (managedBy.length > MAX_MANAGED_BY_LENGTH) problems.push(tooLong(field, MAX_MANAGED_BY_LENGTH));
  return problems;
}

function validateCompletionMode(spec: JobSpec, path: string): FieldProblem[] {
  const mode: string = spec.completionMode ?? 'NonIndexed';
  if (mode === 'Indexed') return validateIndexed(spec, path);
  if (mode !== 'NonIndexed') return [notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed'])];
  return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((field) =>
    spec[field] === undefined ? [] : [invalid(`${path}.${field}`, spec[field], 'requires indexed completion mode')],
  );
}

function validateIndexed(spec: JobSpec, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  if (completions === undefined) problems.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  if (parallelism > MAX_INDEXES) {
    const detail = `must be less than or equal to ${MAX_INDEXES} when completion mode is Indexed`;
    problems.push(invalid(`${path}.parallelism`, parallelism, detail));
  }
  const failed = (detail: string) => problems.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, detail));
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions) {
    failed('must be less than or equal to completions');
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MAX_INDEXES) {
    failed(`must be less than or equal to ${MAX_INDEXES}`);
  }
  if (completions === undefined || completions <= MAX_INDEXES || backoffLimitPerIndex === undefined) return problems;
  const detail = `must be less than or equal to ${MAX_WITH_MANY} when completions are above ${MAX_INDEXES} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) {
    const why = `must be specified when completions is above ${MAX_INDEXES}`;
    problems.push(required(`${path}.maxFailedIndexes`, why));
  }
  if (parallelism > MAX_WITH_MANY) problems.push(invalid(`${path}.parallelism`, parallelism, detail));
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MAX_WITH_MANY) failed(detail);
  return problems;
}

function validateRestartPolicy(spec: JobSpec, path: string): FieldProblem[] {
  const field = `${path}.template.spec.restartPolicy`;
  const policy = spec.template.spec?.restartPolicy;
  if (policy === undefined || policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(field, policy, ['OnFailure', 'Never'])];
  if (spec.podFailurePolicy && policy !== 'Never') {
    return [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  }
  return [];
}
