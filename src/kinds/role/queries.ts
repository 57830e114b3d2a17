import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { PolicyRule } from './types.ts';

/** Something that is asked for: a verb on a resource, or on a path where `path` is given. */
export interface AccessRequest {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  /** Empty: no particular object. */
  name: string;
  /** Empty: the cluster scope. */
  namespace: string;
  path?: string | undefined;
}

const ALL = '*';

/** Whether a rule allows a request. Source: pkg/apis/rbac/v1/evaluation_helpers.go, authorizer/rbac (RuleAllows). */
export function ruleAllows(rule: PolicyRule, request: AccessRequest): boolean {
  if (!names(rule.verbs, request.verb)) return false;
  if (request.path !== undefined)
    return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, request.path ?? ''));
  return (
    names(rule.apiGroups, request.group) &&
    (rule.resources ?? []).some((resource) => resourceMatches(resource, request)) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(request.name))
  );
}

function names(list: readonly string[] | undefined, wanted: string): boolean {
  return list?.some((item) => item === ALL || item === wanted) ?? false;
}

function resourceMatches(rule: string, { resource, subresource }: AccessRequest): boolean {
  if (rule === ALL) return true;
  if (subresource === '') return rule === resource;
  return rule === `${resource}/${subresource}` || rule === `${ALL}/${subresource}`;
}

function urlMatches(rule: string, path: string): boolean {
  if (rule === ALL || rule === path) return true;
  return rule.endsWith(ALL) && path.startsWith(rule.replace(/\*+$/, ''));
}

/** The broken rules of a role's rules. Source: pkg/apis/rbac/validation (validatePolicyRule). */
export function policyRuleProblems(rules: readonly PolicyRule[] | undefined, namespaced: boolean): FieldProblem[] {
  return (rules ?? []).flatMap((rule, index) => problemsOfRule(rule, namespaced, `rules[${index}]`));
}

function problemsOfRule(rule: PolicyRule, namespaced: boolean, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  if (!verbs?.length) problems.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs?.length) {
    const refuse = (why: string) => problems.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, why));
    if (namespaced) refuse('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups?.length || resources?.length || resourceNames?.length) {
      refuse('rules cannot apply to both regular resources and non-resource URLs');
    }
    return problems;
  }
  if (!apiGroups?.length) {
    problems.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (!resources?.length) {
    problems.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  }
  return problems;
}
