import { required, type FieldProblem } from '../../machinery/api-error.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';
import { policyRuleProblems } from '../role/queries.ts';
import type { ClusterRole } from './types.ts';

/** Source: pkg/apis/rbac/validation/validation.go (ValidateClusterRole). */
export function validate({ rules, aggregationRule }: ClusterRole): FieldProblem[] {
  const problems = policyRuleProblems(rules, false);
  if (!aggregationRule) return problems;
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    problems.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  return [...problems, ...selectors.flatMap((selector, index) => validateLabelSelector(selector, `${path}[${index}]`))];
}
