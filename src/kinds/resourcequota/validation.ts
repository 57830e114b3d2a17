import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import type { ResourceQuota, ScopeRequirement } from './types.ts';

/** ValidateResourceQuota and ValidateResourceQuotaUpdate (pkg/apis/core/validation/validation.go). */

const SCOPES = new Set([
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
]);

/** Scopes that a selector can only ask for: they say nothing but that a pod is in them. */
const PLAIN_SCOPES = new Set([
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'Terminating',
]);

const EXCLUSIVE = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

const POD_RESOURCES = new Set(['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']);
const CLAIM_RESOURCES = new Set(['persistentvolumeclaims', 'requests.storage']);

const COUNTS = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
]);
const STANDARD = new Set([
  ...POD_RESOURCES,
  ...COUNTS,
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
  'requests.storage',
]);

function isStandard(name: string): boolean {
  return STANDARD.has(name) || /^(requests\.)?hugepages-/.test(name);
}

export function validateResourceQuota({ spec }: ResourceQuota): FieldProblem[] {
  return [...validateHard(spec), ...validateScopes(spec)];
}

function validateHard({ hard = {} }: ResourceQuota['spec']): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [name, text] of Object.entries(hard)) {
    const path = `spec.hard[${name}]`;
    const broken = qualifiedNameProblems(name);
    for (const words of broken) problems.push(invalid(path, name, words));
    if (!name.includes('/') && !isStandard(name)) {
      if (broken.length === 0 && name !== 'storage') {
        problems.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
      }
      problems.push(invalid(path, name, 'must be a standard resource for quota'));
    }
    const value = parseQuantity(text) ?? 0;
    if (value < 0) problems.push(invalid(path, String(text), 'must be greater than or equal to 0'));
    if (isWhole(name) && !Number.isInteger(value)) problems.push(invalid(path, String(text), 'must be an integer'));
  }
  return problems;
}

/** helper.IsIntegerResourceName: counts, and extended resources (every name with a domain of its own). */
function isWhole(name: string): boolean {
  if (COUNTS.has(name)) return true;
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}

function validateScopes(spec: ResourceQuota['spec']): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = (spec.scopes ?? []).map(String);
  const standard = Object.keys(spec.hard ?? {})
    .filter(isStandard)
    .sort();
  const unfit = (scope: string) => standard.filter((name) => !fits(scope, name));
  for (const scope of names) {
    if (!SCOPES.has(scope)) problems.push(invalid('spec.scopes', names, 'unsupported scope'));
    for (const _name of unfit(scope)) problems.push(invalid('spec.scopes', names, UNFIT));
  }
  if (areExclusive(names)) problems.push(invalid('spec.scopes', names, 'conflicting scopes'));
  const path = 'spec.scopeSelector.matchExpressions';
  const requirements = spec.scopeSelector?.matchExpressions ?? [];
  for (const requirement of requirements) {
    const { scopeName } = requirement;
    if (!SCOPES.has(scopeName)) problems.push(invalid(`${path}.scopeName`, scopeName, 'unsupported scope'));
    for (const _name of unfit(scopeName)) problems.push(invalid(path, spec.scopeSelector, UNFIT));
    problems.push(...validateRequirement(requirement, path));
  }
  if (areExclusive(requirements.map(({ scopeName }) => scopeName))) {
    problems.push(invalid(path, spec.scopes ?? null, 'conflicting scopes'));
  }
  return problems;
}

const UNFIT = 'unsupported scope applied to resource';

function areExclusive(names: readonly string[]): boolean {
  return EXCLUSIVE.some(([one, other]) => names.includes(one) && names.includes(other));
}

function validateRequirement({ scopeName, operator, values }: ScopeRequirement, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (PLAIN_SCOPES.has(scopeName) && operator !== 'Exists') {
    const words =
      "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    problems.push(invalid(`${path}.operator`, operator, words));
  }
  if (operator === 'In' || operator === 'NotIn') {
    const words = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    if (!values?.length) problems.push(required(`${path}.values`, words));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const words = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    if (values?.length) problems.push(invalid(`${path}.values`, values, words));
  } else problems.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  return problems;
}

/** helper.IsResourceQuotaScopeValidForResource: scopes about pods limit what pods use, BestEffort only their number. */
function fits(scope: string, name: string): boolean {
  if (scope === 'VolumeAttributesClass') return CLAIM_RESOURCES.has(name);
  if (!SCOPES.has(scope)) return true;
  return name === 'pods' || (scope !== 'BestEffort' && POD_RESOURCES.has(name));
}

export function validateResourceQuotaUpdate({ spec }: ResourceQuota, { spec: old }: ResourceQuota): FieldProblem[] {
  const sorted = (scopes: string[] | undefined) => [...(scopes ?? [])].sort().join(',');
  if (sorted(spec.scopes) === sorted(old.scopes)) return [];
  return [invalid('spec.scopes', spec.scopes ?? null, 'field is immutable')];
}
