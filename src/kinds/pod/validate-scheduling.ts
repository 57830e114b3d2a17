import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import {
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  labelValueProblems,
} from '../../machinery/metadata-validation.ts';
import type { LabelSelector } from '../../machinery/selector.ts';
import { validateLabelName } from './field-rules.ts';
import type { PodSpec } from './types.ts';

/** Rules of what a pod asks of the scheduler. Source: pkg/apis/core/validation/validation.go (validateAffinity and others). */

type Affinity = NonNullable<PodSpec['affinity']>;
type NodeSelector = NonNullable<
  NonNullable<Affinity['nodeAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>;
type NodeSelectorTerm = NodeSelector['nodeSelectorTerms'][number];
type NodeRequirement = NonNullable<NodeSelectorTerm['matchExpressions']>[number];
type PodTerm = NonNullable<
  NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];

export function validateAffinity(affinity: PodSpec['affinity'], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const node = affinity?.nodeAffinity;
  if (node?.requiredDuringSchedulingIgnoredDuringExecution) {
    const at = `${path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`;
    problems.push(...validateNodeSelector(node.requiredDuringSchedulingIgnoredDuringExecution, at));
  }
  for (const [index, term] of (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const at = `${path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    problems.push(...validateWeight(term.weight, at));
    if (term.preference) problems.push(...validateNodeTerm(term.preference, `${at}.preference`, false));
  }
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const part = affinity?.[name];
    for (const [index, term] of (part?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      const at = `${path}.${name}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`;
      problems.push(...validatePodTerm(term, at));
    }
    for (const [index, term] of (part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      const at = `${path}.${name}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      problems.push(
        ...validateWeight(term.weight, at),
        ...validatePodTerm(term.podAffinityTerm, `${at}.podAffinityTerm`),
      );
    }
  }
  return problems;
}

function validateWeight(weight: number, path: string): FieldProblem[] {
  return weight > 0 && weight <= 100 ? [] : [invalid(`${path}.weight`, weight, 'must be in the range 1-100')];
}

/** ValidateNodeSelector */
export function validateNodeSelector(selector: NodeSelector, path: string): FieldProblem[] {
  const at = `${path}.nodeSelectorTerms`;
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((term, index) => validateNodeTerm(term, `${at}[${index}]`, true));
}

function validateNodeTerm(term: NodeSelectorTerm, path: string, checkValues: boolean): FieldProblem[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((requirement, index) =>
      validateNodeRequirement(requirement, `${path}.matchExpressions[${index}]`, checkValues),
    ),
    ...(term.matchFields ?? []).flatMap((requirement, index) =>
      validateNodeField(requirement, `${path}.matchFields[${index}]`),
    ),
  ];
}

function validateNodeRequirement(
  { key, operator, values = [] }: NodeRequirement,
  path: string,
  checkValues: boolean,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const at = `${path}.values`;
  switch (operator as string) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) problems.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        problems.push(forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        problems.push(required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      }
      break;
    default:
      problems.push(invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
  }
  problems.push(...validateLabelName(key, `${path}.key`));
  if (!checkValues) return problems;
  for (const [index, value] of values.entries()) {
    for (const text of labelValueProblems(value)) problems.push(invalid(`${at}[${index}]`, value, text));
  }
  return problems;
}

function validateNodeField({ key, operator, values = [] }: NodeRequirement, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    problems.push(invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const words = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    problems.push(required(`${path}.values`, words));
  }
  if (key !== 'metadata.name') return [...problems, invalid(`${path}.key`, key, 'not a valid field selector key')];
  for (const [index, value] of values.entries()) {
    for (const text of dns1123SubdomainProblems(value)) problems.push(invalid(`${path}.values[${index}]`, value, text));
  }
  return problems;
}

function validatePodTerm(term: PodTerm, path: string): FieldProblem[] {
  const problems = [
    ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
  ];
  for (const name of term.namespaces ?? []) {
    problems.push(...dns1123LabelProblems(name).map((text) => invalid(`${path}.namespace`, name, text)));
  }
  for (const part of ['matchLabelKeys', 'mismatchLabelKeys'] as const) {
    const keys = term[part] ?? [];
    if (keys.length === 0) continue;
    if (!term.labelSelector) {
      problems.push(forbidden(`${path}.${part}`, 'must not be specified when labelSelector is not set'));
      continue;
    }
    for (const [index, key] of keys.entries()) problems.push(...validateLabelName(key, `${path}.${part}[${index}]`));
  }
  for (const [index, key] of (term.matchLabelKeys ?? []).entries()) {
    if (term.labelSelector?.matchLabels && Object.hasOwn(term.labelSelector.matchLabels, key)) {
      problems.push(invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    }
    if (term.mismatchLabelKeys?.includes(key)) {
      const words = 'exists in both matchLabelKeys and mismatchLabelKeys';
      problems.push(invalid(`${path}.matchLabelKeys[${index}]`, key, words));
    }
  }
  if (!term.topologyKey) problems.push(required(`${path}.topologyKey`, 'can not be empty'));
  return [...problems, ...validateLabelName(term.topologyKey, `${path}.topologyKey`)];
}

/** metav1 validation.ValidateLabelSelector */
export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldProblem[] {
  if (!selector) return [];
  const problems: FieldProblem[] = [];
  for (const key in selector.matchLabels) {
    const value = selector.matchLabels[key] ?? '';
    problems.push(...validateLabelName(key, `${path}.matchLabels`));
    for (const text of labelValueProblems(value)) problems.push(invalid(`${path}.matchLabels`, value, text));
  }
  for (const [index, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) {
        problems.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        problems.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
    } else {
      problems.push(invalid(`${at}.operator`, operator ?? '', 'not a valid selector operator'));
    }
    problems.push(...validateLabelName(key, `${at}.key`));
    for (const [position, value] of values.entries()) {
      for (const text of labelValueProblems(value)) problems.push(invalid(`${at}.values[${position}]`, value, text));
    }
  }
  return problems;
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const TOLERATION_OPERATORS = ['Equal', 'Exists'];

/** ValidateTolerations */
export function validateTolerations(tolerations: PodSpec['tolerations'], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, toleration] of (tolerations ?? []).entries()) {
    const at = `${path}[${index}]`;
    const { key, operator, value, effect, tolerationSeconds } = toleration;
    if (key) problems.push(...validateLabelName(key, `${at}.key`));
    if (!key && operator !== 'Exists') {
      const words = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      problems.push(invalid(`${at}.operator`, operator ?? '', words));
    }
    if (tolerationSeconds !== undefined && tolerationSeconds !== null && effect !== 'NoExecute') {
      const words = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      problems.push(invalid(`${at}.effect`, effect ?? '', words));
    }
    if (!operator || operator === 'Equal') {
      const texts = labelValueProblems(value ?? '');
      if (texts.length > 0) problems.push(invalid(`${at}.operator`, value, texts.join(';')));
    } else if (operator === 'Exists') {
      if (value) problems.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else {
      problems.push(notSupported(`${at}.operator`, operator, TOLERATION_OPERATORS));
    }
    if (effect && !EFFECTS.includes(effect)) problems.push(notSupported(`${at}.effect`, effect, EFFECTS));
  }
  return problems;
}

/** validateTopologySpreadConstraints */
export function validateSpreadConstraints(
  constraints: PodSpec['topologySpreadConstraints'],
  path: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const list = constraints ?? [];
  for (const [index, constraint] of list.entries()) {
    const at = `${path}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, matchLabelKeys, labelSelector } = constraint;
    if (maxSkew <= 0) problems.push(invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (!topologyKey) problems.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (whenUnsatisfiable !== 'DoNotSchedule' && whenUnsatisfiable !== 'ScheduleAnyway') {
      const allowed = ['DoNotSchedule', 'ScheduleAnyway'];
      problems.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable ?? '', allowed));
    }
    const repeated = list
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (repeated) {
      const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
      problems.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    }
    if (minDomains !== undefined) {
      if (minDomains <= 0) problems.push(invalid(`${at}.minDomains`, minDomains, 'must be greater than zero'));
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        const words = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
        problems.push(invalid(`${at}.minDomains`, minDomains, words));
      }
    }
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[name] as string | undefined;
      if (policy !== undefined && policy !== 'Honor' && policy !== 'Ignore') {
        problems.push(notSupported(`${at}.${name}`, policy, ['Honor', 'Ignore']));
      }
    }
    problems.push(...validateSpreadKeys(matchLabelKeys, labelSelector, `${at}.matchLabelKeys`));
    problems.push(...validateLabelSelector(labelSelector, `${at}.labelSelector`));
  }
  return problems;
}

function validateSpreadKeys(
  keys: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  path: string,
): FieldProblem[] {
  if (!keys?.length) return [];
  const problems: FieldProblem[] = [];
  if (!selector) problems.push(forbidden(path, 'must not be specified when labelSelector is not set'));
  const selected = new Set([
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map((expression) => expression.key),
  ]);
  for (const [index, key] of keys.entries()) {
    problems.push(...validateLabelName(key, `${path}[${index}]`));
    if (selected.has(key)) {
      problems.push(invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    }
  }
  return problems;
}
