import { invalid, notSupported, type FieldProblem } from '../../machinery/api-error.ts';
import { validateIntOrPercent, validateNotOver100Percent } from '../../machinery/int-or-percent.ts';
import type { PodDisruptionBudget } from './types.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';

const UNHEALTHY_POD_EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

/** Source: pkg/apis/policy/validation/validation.go (ValidatePodDisruptionBudget). */
export function validatePodDisruptionBudget({ spec }: PodDisruptionBudget): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    problems.push(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    problems.push(...validateIntOrPercent(value, `spec.${name}`), ...validateNotOver100Percent(value, `spec.${name}`));
  }
  problems.push(...validateLabelSelector(spec.selector ?? undefined, 'spec.selector'));
  if (policy !== undefined && !UNHEALTHY_POD_EVICTION_POLICIES.includes(policy)) {
    problems.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, UNHEALTHY_POD_EVICTION_POLICIES));
  }
  return problems;
}
