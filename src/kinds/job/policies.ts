import type { ContainerStatus, Pod } from '../pod/types.ts';
import { countIndexes, overlap, parseIndexes, type Intervals } from './indexes.ts';
import type { PodFailurePolicy, SuccessPolicy } from './types.ts';

type Rule = PodFailurePolicy['rules'][number];
type OnExitCodes = NonNullable<Rule['onExitCodes']>;

export interface FailureVerdict {
  /** Set when a rule says that the whole job fails: the message of its condition. */
  failJob?: string;
  /** Whether the failure counts towards the limits. */
  counts: boolean;
  action?: Rule['action'];
}

/**
 * What the first matching rule of a pod failure policy says about a failed pod.
 * Source: pkg/controller/job/pod_failure_policy.go.
 */
export function matchFailurePolicy(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const matched = matchRule(rule, pod);
    if (matched === undefined) continue;
    const { action } = rule;
    if (action === 'Ignore') return { counts: false, action };
    if (action === 'FailIndex' || action === 'Count') return { counts: true, action };
    if (action === 'FailJob') {
      return { counts: true, action, failJob: `${matched} matching ${action} rule at index ${index}` };
    }
  }
  return { counts: true };
}

function matchRule(rule: Rule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata;
  if (rule.onExitCodes) {
    const status = matchExitCodes(pod, rule.onExitCodes);
    return (
      status &&
      `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${status.state?.terminated?.exitCode}`
    );
  }
  for (const condition of pod.status.conditions ?? []) {
    for (const pattern of rule.onPodConditions ?? []) {
      if (condition.type === pattern.type && condition.status === pattern.status) {
        return `Pod ${namespace}/${name} has condition ${condition.type}`;
      }
    }
  }
  return undefined;
}

function matchExitCodes(pod: Pod, requirement: OnExitCodes): ContainerStatus | undefined {
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  return statuses.find((status) => {
    const exitCode = status.state?.terminated?.exitCode;
    if (exitCode === undefined || exitCode === 0) return false;
    if (requirement.containerName !== undefined && requirement.containerName !== status.name) return false;
    const listed = requirement.values.includes(exitCode);
    return requirement.operator === 'In' ? listed : requirement.operator === 'NotIn' && !listed;
  });
}

/**
 * The message of the SuccessCriteriaMet condition when a rule of the success policy holds.
 * Source: pkg/controller/job/success_policy.go.
 */
export function matchSuccessPolicy(
  policy: SuccessPolicy | undefined,
  completions: number,
  succeeded: Intervals,
): string | undefined {
  if (!policy || succeeded.length === 0) return undefined;
  for (const [index, rule] of policy.rules.entries()) {
    if (holds(rule, completions, succeeded)) return `Matched rules at index ${index}`;
  }
  return undefined;
}

function holds(rule: SuccessPolicy['rules'][number], completions: number, succeeded: Intervals): boolean {
  const { succeededIndexes, succeededCount } = rule;
  if (succeededIndexes === undefined) {
    return succeededCount !== undefined && countIndexes(succeeded) >= succeededCount;
  }
  const required = parseIndexes(succeededIndexes, completions);
  if (required.length === 0) return false;
  const shared = overlap(required, succeeded);
  return shared === countIndexes(required) || (succeededCount !== undefined && shared >= succeededCount);
}
