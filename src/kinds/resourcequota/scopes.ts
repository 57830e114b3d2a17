import { kindKey } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { Pod } from '../pod/types.ts';
import type { ResourceQuota, ScopeRequirement } from './types.ts';

/**
 * What a quota with scopes is about: pods, or claims by their class of volume attributes. Sources:
 * pkg/quota/v1/evaluator/core/pods.go (podMatchesScopeFunc), persistent_volume_claims.go (pvcMatchesScopeFunc).
 */

/** Every scope of a quota must hold; one without scopes is about everything. */
export function matchesScopes({ spec }: ResourceQuota, object: KubeObject): boolean {
  const requirements = requirementsOf(spec);
  if (requirements.length === 0) return true;
  const key = kindKey(object.apiVersion, object.kind);
  if (key === Pod.key) return requirements.every((requirement) => holds(requirement, object as Pod));
  if (key !== PersistentVolumeClaim.key) return false;
  return requirements.every((requirement) => holdsForClaim(requirement, object as PersistentVolumeClaim));
}

export function requirementsOf(spec: ResourceQuota['spec']): ScopeRequirement[] {
  const plain = (spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...plain, ...(spec.scopeSelector?.matchExpressions ?? [])];
}

/** A claim that changes its class is about both classes until it has changed. */
function holdsForClaim({ scopeName, operator, values = [] }: ScopeRequirement, claim: PersistentVolumeClaim): boolean {
  if (scopeName !== 'VolumeAttributesClass') return false;
  const { spec, status } = claim as ClaimWithAttributes;
  const classes = [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== '');
  if (operator === 'Exists') return classes.length > 0;
  if (operator === 'DoesNotExist') return classes.length === 0;
  if (operator === 'In') return classes.some((name) => values.includes(name ?? ''));
  return classes.length === 0 || classes.some((name) => !values.includes(name ?? ''));
}

interface ClaimWithAttributes {
  spec: { volumeAttributesClassName?: string };
  status?: {
    currentVolumeAttributesClassName?: string;
    modifyVolumeStatus?: { targetVolumeAttributesClassName?: string };
  };
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
