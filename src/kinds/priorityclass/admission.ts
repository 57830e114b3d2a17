import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { validateImmutable } from '../../machinery/field-validation.ts';
import {
  HIGHEST_USER_PRIORITY,
  SYSTEM_PREFIX,
  SYSTEM_PRIORITY_CLASSES,
  type PreemptionPolicy,
  type PriorityClass,
} from './types.ts';

/** Source: pkg/apis/scheduling/v1/defaults.go, pkg/apis/scheduling/validation/validation.go. */

const POLICIES = ['PreemptLowerPriority', 'Never'];

export function applyDefaults(object: PriorityClass): void {
  object.value ??= 0;
  object.preemptionPolicy ??= 'PreemptLowerPriority';
}

export function validate(object: PriorityClass): FieldProblem[] {
  const { value, preemptionPolicy } = object;
  const problems: FieldProblem[] = [];
  const reserved = whyReserved(object);
  if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31) {
    problems.push(invalid('value', value, 'must be a 32-bit integer'));
  } else if (reserved) {
    const words = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${reserved}`;
    problems.push(forbidden('metadata.name', words));
  } else if (!object.metadata.name.startsWith(SYSTEM_PREFIX) && value > HIGHEST_USER_PRIORITY) {
    problems.push(forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
  }
  return [...problems, ...validatePolicy(preemptionPolicy)];
}

function validatePolicy(policy: PreemptionPolicy | '' | undefined): FieldProblem[] {
  if (policy === undefined) return [];
  if (policy === '') return [required('preemptionPolicy')];
  return POLICIES.includes(policy) ? [] : [notSupported('preemptionPolicy', policy, POLICIES)];
}

/** IsKnownSystemPriorityClass: what is wrong with a class that has a name of the system's. */
function whyReserved({ metadata, value, globalDefault }: PriorityClass): string | undefined {
  const { name } = metadata;
  if (!name.startsWith(SYSTEM_PREFIX)) return undefined;
  const known = SYSTEM_PRIORITY_CLASSES.find((candidate) => candidate.name === name);
  if (!known) return `${name} is not a known system priority class`;
  if (known.value !== value) return `value of ${name} PriorityClass must be ${known.value}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export function validateUpdate(object: PriorityClass, old: PriorityClass): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (object.value !== old.value) problems.push(forbidden('value', 'may not be changed in an update.'));
  return [...problems, ...validateImmutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy')];
}
