import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { requirementsOf } from './scopes.ts';
import type { ResourceQuota } from './types.ts';

/** ValidateResourceQuota and ValidateResourceQuotaUpdate (pkg/apis/core/validation/validation.go). */

const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
] as const;

const COMPUTE = new Set(
  'cpu memory ephemeral-storage requests.cpu requests.memory requests.ephemeral-storage limits.cpu limits.memory limits.ephemeral-storage'.split(
    ' ',
  ),
);
const STANDARD = new Set([
  ...COMPUTE,
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'requests.storage',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
]);

export function validateResourceQuota({ spec }: ResourceQuota): FieldProblem[] {
  return [...validateHard(spec), ...validateScopes(spec)];
}

function validateHard({ hard = {} }: ResourceQuota['spec']): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [name, text] of Object.entries(hard)) {
    const path = `spec.hard[${name}]`;
    const broken = qualifiedNameProblems(name);
    for (const words of broken) problems.push(invalid(path, name, words));
    const known = name.includes('/') || STANDARD.has(name) || /^(requests\.)?hugepages-/.test(name);
    if (broken.length === 0 && !known) {
      problems.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
      problems.push(invalid(path, name, 'must be a standard resource for quota'));
    }
    const value = parseQuantity(text) ?? 0;
    if (value < 0) problems.push(invalid(path, String(text), 'must be greater than or equal to 0'));
    if (isCount(name) && !Number.isInteger(value)) problems.push(invalid(path, String(text), 'must be an integer'));
  }
  return problems;
}

function isCount(name: string): boolean {
  return name.startsWith('count/') || (STANDARD.has(name) && !COMPUTE.has(name) && name !== 'requests.storage');
}

function validateScopes(spec: ResourceQuota['spec']): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = (spec.scopes ?? []).map(String);
  for (const [index, scope] of names.entries()) {
    if (!SCOPES.includes(scope as 'Terminating')) problems.push(invalid('spec.scopes', names, 'unsupported scope'));
    problems.push(...scopeLimits(scope, spec, `spec.scopes[${index}]`));
  }
  for (const [one, other] of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ] as const) {
    if (names.includes(one) && names.includes(other)) {
      problems.push(invalid('spec.scopes', names, 'conflicting scopes'));
    }
  }
  for (const { scopeName, operator, values } of requirementsOf({ ...spec, scopes: [] })) {
    const path = 'spec.scopeSelector.matchExpressions';
    if (!SCOPES.includes(scopeName as 'Terminating')) {
      problems.push(invalid(`${path}.scopeName`, scopeName, 'unsupported scope'));
    }
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator)) {
      problems.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
    } else if (scopeName !== 'PriorityClass' && operator !== 'Exists') {
      const words =
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
      problems.push(invalid(`${path}.operator`, operator, words));
    } else if ((operator === 'In' || operator === 'NotIn') && !values?.length) {
      problems.push(
        required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
      );
    } else if ((operator === 'Exists' || operator === 'DoesNotExist') && values?.length) {
      problems.push(
        invalid(
          `${path}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      );
    }
  }
  return problems;
}

/** A scope about pods may only limit what pods have; BestEffort only their number. */
function scopeLimits(scope: string, { hard = {} }: ResourceQuota['spec'], path: string): FieldProblem[] {
  const allowed = scope === 'BestEffort' ? new Set(['pods']) : new Set([...COMPUTE, 'pods']);
  return Object.keys(hard).flatMap((name) =>
    allowed.has(name) || name === 'count/pods' || (scope !== 'BestEffort' && /^requests\..+\//.test(name))
      ? []
      : [invalid(path, scope, 'unsupported scope applied to resource')],
  );
}

export function validateResourceQuotaUpdate({ spec }: ResourceQuota, { spec: old }: ResourceQuota): FieldProblem[] {
  const sorted = (scopes: string[] | undefined) => [...(scopes ?? [])].sort().join(',');
  if (sorted(spec.scopes) === sorted(old.scopes)) return [];
  return [invalid('spec.scopes', spec.scopes ?? null, 'field is immutable')];
}
