import {
  duplicate,
  invalid,
  invalidWithoutValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  type FieldProblem,
} from '../../machinery/api-error.ts';
import { qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import type { JobSpec, PodFailurePolicy, SuccessPolicy } from './types.ts';

/** The rules of pod failure policies and success policies. Source: pkg/apis/batch/validation/validation.go. */

type FailureRule = PodFailurePolicy['rules'][number];
type ExitCodes = NonNullable<FailureRule['onExitCodes']>;
type Patterns = NonNullable<FailureRule['onPodConditions']>;
type SuccessRule = SuccessPolicy['rules'][number];

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_CONDITION_PATTERNS = 20;
const MAX_INDEXES_LENGTH = 64 * 1024;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];

/** Go's %q of a list. */
function quotedList(values: readonly string[]): string {
  return `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

export function validateFailurePolicy(spec: JobSpec, path: string): FieldProblem[] {
  if (!spec.podFailurePolicy) return [];
  const rules = spec.podFailurePolicy.rules ?? [];
  const field = `${path}.podFailurePolicy.rules`;
  const problems: FieldProblem[] = [];
  if (rules.length > MAX_RULES) problems.push(tooMany(field, rules.length, MAX_RULES));
  const { containers = [], initContainers = [] } = spec.template.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  for (const [index, rule] of rules.entries()) {
    problems.push(...validateFailureRule(spec, rule, `${field}[${index}]`, names));
  }
  return problems;
}

function validateFailureRule(spec: JobSpec, rule: FailureRule, at: string, names: ReadonlySet<string>): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const action = rule.action as string | undefined;
  if (!action) problems.push(required(`${at}.action`, quotedList(ACTIONS)));
  else if (!ACTIONS.includes(action)) problems.push(notSupported(`${at}.action`, action, ACTIONS));
  else if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    problems.push(invalid(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  }
  const patterns = rule.onPodConditions ?? [];
  if (rule.onExitCodes) problems.push(...validateExitCodes(rule.onExitCodes, names, `${at}.onExitCodes`));
  problems.push(...validatePatterns(patterns, `${at}.onPodConditions`));
  if (rule.onExitCodes && patterns.length > 0) {
    problems.push(invalidWithoutValue(at, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  } else if (!rule.onExitCodes && patterns.length === 0) {
    problems.push(invalidWithoutValue(at, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return problems;
}

function validatePatterns(patterns: Patterns, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (patterns.length > MAX_CONDITION_PATTERNS) {
    problems.push(tooMany(path, patterns.length, MAX_CONDITION_PATTERNS));
  }
  for (const [index, { type = '', status }] of patterns.entries()) {
    for (const text of qualifiedNameProblems(type)) problems.push(invalid(`${path}[${index}].type`, type, text));
    if (!status) problems.push(required(`${path}[${index}].status`, quotedList(STATUSES)));
    else if (!STATUSES.includes(status)) problems.push(notSupported(`${path}[${index}].status`, status, STATUSES));
  }
  return problems;
}

function validateExitCodes(requirement: ExitCodes, names: ReadonlySet<string>, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { containerName } = requirement;
  const operator = requirement.operator as string | undefined;
  const values: readonly number[] = requirement.values ?? [];
  if (!operator) problems.push(required(`${path}.operator`, quotedList(OPERATORS)));
  else if (!OPERATORS.includes(operator)) problems.push(notSupported(`${path}.operator`, operator, OPERATORS));
  if (containerName !== undefined && !names.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    problems.push(invalid(`${path}.containerName`, containerName, detail));
  }
  if (values.length === 0) {
    problems.push(invalid(`${path}.values`, requirement.values ?? null, 'at least one value is required'));
  } else if (values.length > MAX_EXIT_CODES) problems.push(tooMany(`${path}.values`, values.length, MAX_EXIT_CODES));
  const seen = new Set<number>();
  for (const [index, value] of values.entries()) {
    const at = `${path}.values[${index}]`;
    if (operator === 'In' && value === 0) problems.push(invalid(at, value, 'must not be 0 for the In operator'));
    if (seen.has(value)) problems.push(duplicate(at, value));
    seen.add(value);
  }
  const isOrdered = values.every((value, index) => index === 0 || (values[index - 1] ?? 0) <= value);
  if (!isOrdered) problems.push(invalid(`${path}.values`, values, 'must be ordered'));
  return problems;
}

export function validateSuccessPolicy(spec: JobSpec, path: string): FieldProblem[] {
  const policy = spec.successPolicy;
  if (!policy) return [];
  const field = `${path}.successPolicy`;
  const rules = policy.rules ?? [];
  if (spec.completionMode !== 'Indexed') {
    // The API server shows its own type here, whose fields have capitals.
    const shown = rules.map((rule) => ({
      SucceededIndexes: rule.succeededIndexes ?? null,
      SucceededCount: rule.succeededCount ?? null,
    }));
    return [invalid(field, { Rules: policy.rules ? shown : null }, 'requires indexed completion mode')];
  }
  const problems: FieldProblem[] = [];
  if (rules.length === 0) {
    const detail = 'at least one rules must be specified when the successPolicy is specified';
    problems.push(required(`${field}.rules`, detail));
  }
  if (rules.length > MAX_RULES) problems.push(tooMany(`${field}.rules`, rules.length, MAX_RULES));
  for (const [index, rule] of rules.entries()) {
    problems.push(...validateSuccessRule(rule, spec.completions ?? 0, `${field}.rules[${index}]`));
  }
  return problems;
}

function validateSuccessRule(rule: SuccessRule, completions: number, at: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { succeededIndexes, succeededCount } = rule;
  if (succeededIndexes === undefined && succeededCount === undefined) {
    problems.push(required(at, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  let total = 0;
  if (succeededIndexes !== undefined) {
    if (succeededIndexes.length > MAX_INDEXES_LENGTH) {
      problems.push(tooLong(`${at}.succeededIndexes`, MAX_INDEXES_LENGTH));
    }
    const found = countIndexesOf(succeededIndexes, completions);
    if (typeof found === 'number') total = found;
    else problems.push(invalid(`${at}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${found}`));
  }
  if (succeededCount === undefined) return problems;
  const tooBig = (limit: number, what: string) =>
    problems.push(invalid(`${at}.succeededCount`, succeededCount, `must be less than or equal to ${limit} (${what})`));
  if (succeededCount < 0) {
    problems.push(invalid(`${at}.succeededCount`, succeededCount, 'must be greater than or equal to 0'));
  }
  if (succeededCount > completions) tooBig(completions, 'the number of specified completions');
  if (succeededIndexes !== undefined && succeededCount > total) {
    tooBig(total, 'the number of indexes in the specified succeededIndexes field');
  }
  return problems;
}

/** How many indexes a text such as "1,3-5" names, or the sentence about what is wrong with it. */
function countIndexesOf(text: string, completions: number): number | string {
  if (text === '') return 0;
  let total = 0;
  let previous: number | undefined;
  for (const fragment of text.split(',')) {
    const interval = parseInterval(fragment, completions);
    if (typeof interval === 'string') return interval;
    const [first, last] = interval;
    if (previous !== undefined && previous >= first) return orderProblem(previous, first);
    total += last - first + 1;
    previous = last;
  }
  return total;
}

function parseInterval(fragment: string, completions: number): [number, number] | string {
  const limits = fragment.split('-');
  if (limits.length > 2) {
    return `the fragment ${JSON.stringify(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  const values: number[] = [];
  for (const limit of limits) {
    if (!/^\+?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
    values.push(Number(limit));
  }
  const [first = 0, last = first] = values;
  return values.length > 1 && first >= last ? orderProblem(first, last) : [first, last];
}

function orderProblem(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`;
}
