import type { KubeObject } from '../../machinery/object.ts';
import type { Pod } from '../pod/types.ts';
import type { ResourceQuota, ScopeRequirement } from './types.ts';

/** Which pods a quota is about. Source: pkg/quota/v1/evaluator/core/pods.go (podMatchesScopeFunc). */

/** Every scope of a quota must hold; one without scopes is about everything, one with scopes about pods only. */
export function matchesScopes({ spec }: ResourceQuota, object: KubeObject): boolean {
  const requirements = requirementsOf(spec);
  if (requirements.length === 0) return true;
  return object.kind === 'Pod' && requirements.every((requirement) => holds(requirement, object as Pod));
}

export function requirementsOf(spec: ResourceQuota['spec']): ScopeRequirement[] {
  const plain = (spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...plain, ...(spec.scopeSelector?.matchExpressions ?? [])];
}

function holds({ scopeName, operator, values = [] }: ScopeRequirement, { spec, status }: Pod): boolean {
  switch (scopeName) {
    case 'Terminating':
      return (spec.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (spec.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return status?.qosClass === 'BestEffort';
    case 'NotBestEffort':
      return status?.qosClass !== 'BestEffort';
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(spec);
    case 'PriorityClass': {
      const name = spec.priorityClassName ?? '';
      if (operator === 'Exists') return name !== '';
      if (operator === 'DoesNotExist') return name === '';
      return operator === 'In' ? values.includes(name) : !values.includes(name);
    }
    default:
      return false;
  }
}

function usesOtherNamespaces({ affinity }: Pod['spec']): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((rules) => [
    ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some((term) => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined);
}
