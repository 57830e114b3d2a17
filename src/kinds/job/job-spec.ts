import { duplicate, invalid, notSupported, required, tooMany, type FieldProblem } from '../../machinery/api-error.ts';
import { applyPodTemplateDefaults, validatePodTemplate } from '../pod/template.ts';
import { countIndexes, parseIndexes } from './indexes.ts';
import type { JobSpec } from './types.ts';

/**
 * Defaults and rules of a job's spec, for jobs and for the templates of cron jobs.
 * Sources: pkg/apis/batch/v1/defaults.go, pkg/apis/batch/validation/validation.go.
 */

const NOT_NEGATIVE = 'must be greater than or equal to 0';
const MAX_INT32 = 0x7fff_ffff;
const MAX_PARALLELISM_INDEXED = 100_000;
const MAX_POLICY_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_CONDITION_PATTERNS = 20;

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
  spec.template = applyPodTemplateDefaults(spec.template);
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ??= 'True';
  }
}

/** The rules of a job's spec wherever it stands; `path` is "spec" or "spec.jobTemplate.spec". */
export function validateJobSpec(spec: JobSpec, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of COUNTS) {
    const value = spec[field];
    if (value !== undefined && value < 0) problems.push(invalid(`${path}.${field}`, value, NOT_NEGATIVE));
  }
  problems.push(...validateCompletionMode(spec, path), ...validateIndexLimits(spec, path));
  problems.push(...validateFailurePolicy(spec, path), ...validateSuccessPolicy(spec, path));
  const { podReplacementPolicy: replacement } = spec;
  if (spec.podFailurePolicy && replacement !== 'Failed') {
    problems.push(notSupported(`${path}.podReplacementPolicy`, replacement, ['Failed']));
  } else if (replacement !== 'Failed' && replacement !== 'TerminatingOrFailed') {
    problems.push(notSupported(`${path}.podReplacementPolicy`, replacement, ['Failed', 'TerminatingOrFailed']));
  }
  problems.push(...validatePodTemplate(spec.template, `${path}.template`), ...validateRestartPolicy(spec, path));
  return problems;
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

function validateCompletionMode(spec: JobSpec, path: string): FieldProblem[] {
  if (spec.completionMode !== 'NonIndexed' && spec.completionMode !== 'Indexed') {
    return [notSupported(`${path}.completionMode`, spec.completionMode, ['Indexed', 'NonIndexed'])];
  }
  if (spec.completionMode === 'NonIndexed') return [];
  const problems: FieldProblem[] = [];
  if (spec.completions === undefined) {
    problems.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  }
  if (spec.parallelism > MAX_PARALLELISM_INDEXED) {
    const detail = `must be less than or equal to ${MAX_PARALLELISM_INDEXED} when completion mode is Indexed`;
    problems.push(invalid(`${path}.parallelism`, spec.parallelism, detail));
  }
  return problems;
}

function validateIndexLimits(spec: JobSpec, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { backoffLimitPerIndex, maxFailedIndexes, completions, completionMode } = spec;
  if (completionMode !== 'Indexed') {
    const detail = 'requires indexed completion mode';
    if (backoffLimitPerIndex !== undefined) {
      problems.push(invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, detail));
    }
    if (maxFailedIndexes !== undefined) {
      problems.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, detail));
    }
    return problems;
  }
  if (maxFailedIndexes === undefined) return problems;
  if (completions !== undefined && maxFailedIndexes > completions) {
    problems.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'));
  }
  if (backoffLimitPerIndex === undefined) {
    problems.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
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

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function validateFailurePolicy(spec: JobSpec, path: string): FieldProblem[] {
  const rules = spec.podFailurePolicy?.rules;
  if (!rules) return [];
  const field = `${path}.podFailurePolicy.rules`;
  if (rules.length > MAX_POLICY_RULES) return [tooMany(field, rules.length, MAX_POLICY_RULES)];
  const names = new Set(
    [...(spec.template.spec?.containers ?? []), ...(spec.template.spec?.initContainers ?? [])].map(({ name }) => name),
  );
  return rules.flatMap((rule, index) => {
    const at = `${field}[${index}]`;
    const problems: FieldProblem[] = [];
    const action = rule.action as string | undefined;
    if (!action) problems.push(required(`${at}.action`, 'valid values: "Count", "FailIndex", "FailJob", "Ignore"'));
    else if (!ACTIONS.includes(action)) problems.push(notSupported(`${at}.action`, action, ACTIONS));
    if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
      problems.push(invalid(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'));
    }
    const hasConditions = (rule.onPodConditions?.length ?? 0) > 0;
    if (rule.onExitCodes && hasConditions) {
      problems.push(invalid(at, rule, 'specifying both OnExitCodes and OnPodConditions is not supported'));
    } else if (!rule.onExitCodes && !hasConditions) {
      problems.push(invalid(at, rule, 'specifying one of OnExitCodes and OnPodConditions is required'));
    }
    if (rule.onExitCodes) problems.push(...validateExitCodes(rule.onExitCodes, names, `${at}.onExitCodes`));
    if ((rule.onPodConditions?.length ?? 0) > MAX_CONDITION_PATTERNS) {
      problems.push(tooMany(`${at}.onPodConditions`, rule.onPodConditions?.length ?? 0, MAX_CONDITION_PATTERNS));
    }
    return problems;
  });
}

function validateExitCodes(
  requirement: { containerName?: string; operator: string; values: readonly number[] },
  names: ReadonlySet<string>,
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { containerName, operator, values } = requirement;
  if (containerName !== undefined && !names.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    problems.push(invalid(`${path}.containerName`, containerName, detail));
  }
  if (operator !== 'In' && operator !== 'NotIn')
    problems.push(notSupported(`${path}.operator`, operator, ['In', 'NotIn']));
  if (!values || values.length === 0) {
    problems.push(invalid(`${path}.values`, values, 'at least one value is required'));
  } else if (values.length > MAX_EXIT_CODES) problems.push(tooMany(`${path}.values`, values.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  let ordered = true;
  for (const [index, value] of (values ?? []).entries()) {
    if (operator === 'In' && value === 0) {
      problems.push(invalid(`${path}.values[${index}]`, value, 'must not be 0 for the In operator'));
    }
    if (seen.has(value)) problems.push(duplicate(`${path}.values[${index}]`, value));
    else if (index > 0 && value < (values[index - 1] ?? 0)) ordered = false;
    seen.add(value);
  }
  if (!ordered) problems.push(invalid(`${path}.values`, values, 'must be ordered'));
  return problems;
}

function validateSuccessPolicy(spec: JobSpec, path: string): FieldProblem[] {
  const policy = spec.successPolicy;
  if (!policy) return [];
  const field = `${path}.successPolicy`;
  if (spec.completionMode !== 'Indexed') return [invalid(field, policy, 'requires indexed completion mode')];
  if (!policy.rules || policy.rules.length === 0) {
    return [required(`${field}.rules`, 'at least one rules must be specified')];
  }
  if (policy.rules.length > MAX_POLICY_RULES) return [tooMany(`${field}.rules`, policy.rules.length, MAX_POLICY_RULES)];
  return policy.rules.flatMap((rule, index) => {
    const at = `${field}.rules[${index}]`;
    const { succeededIndexes, succeededCount } = rule;
    if (succeededIndexes === undefined && succeededCount === undefined) {
      return [required(at, 'at least one of succeededCount or succeededIndexes must be specified')];
    }
    const total = succeededIndexes === undefined ? (spec.completions ?? 0) : countIn(succeededIndexes, spec);
    const problems: FieldProblem[] = [];
    if (total === undefined) {
      problems.push(invalid(`${at}.succeededIndexes`, succeededIndexes, 'error parsing succeededIndexes'));
    } else if (succeededCount !== undefined && succeededCount > total) {
      const what =
        succeededIndexes === undefined
          ? 'completions'
          : 'the number of indexes in the specified succeededIndexes field';
      const detail =
        succeededIndexes === undefined
          ? `must be less than or equal to ${total} (the number of specified ${what})`
          : `must be less than or equal to ${total} (${what})`;
      problems.push(invalid(`${at}.succeededCount`, succeededCount, detail));
    }
    if (succeededCount !== undefined && succeededCount < 0) {
      problems.push(invalid(`${at}.succeededCount`, succeededCount, NOT_NEGATIVE));
    }
    return problems;
  });
}

/** How many indexes a rule's text names; undefined when the text is none of the form "1,3-5" in order. */
function countIn(text: string, spec: JobSpec): number | undefined {
  const completions = spec.completions ?? 0;
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return undefined;
  let last = -1;
  for (const part of text.split(',')) {
    const [first = 0, end = first] = part.split('-').map(Number);
    if (first <= last || end < first || end >= completions) return undefined;
    last = end;
  }
  return countIndexes(parseIndexes(text, completions));
}
