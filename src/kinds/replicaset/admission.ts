import { validateSelectorAndTemplate } from '../../controllers/replicas/validation.ts';
import type { FieldProblem } from '../../machinery/api-error.ts';
import { validateImmutable, validateNonNegative } from '../../machinery/field-validation.ts';
import { applyPodTemplateDefaults } from '../pod/template.ts';
import type { ReplicaSet } from './types.ts';

/** Defaults and rules of a ReplicaSet. Sources: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation/validation.go. */

export function applyDefaults(replicaSet: ReplicaSet): void {
  const spec = replicaSet.spec ?? {};
  replicaSet.spec = {
    ...spec,
    replicas: spec.replicas ?? 1,
    template: applyPodTemplateDefaults(spec.template),
  };
}

export function validate({ spec }: ReplicaSet): FieldProblem[] {
  return [
    ...validateNonNegative(spec.replicas, 'spec.replicas'),
    ...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateSelectorAndTemplate(spec.selector, spec.template),
  ];
}

/** What may never change: the selector, since apps/v1. Source: pkg/registry/apps/replicaset/strategy.go. */
export function validateUpdate(replicaSet: ReplicaSet, old: ReplicaSet): FieldProblem[] {
  return validateImmutable(replicaSet.spec.selector, old.spec.selector, 'spec.selector');
}
