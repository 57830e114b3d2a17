import { validatePodsTemplate } from '../../controllers/replicas/validation.ts';
import { invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';
import { validateImmutable, validateNonNegative } from '../../machinery/field-validation.ts';
import { applyPodTemplateDefaults } from '../pod/template.ts';
import { replicaSetSelector, type ReplicaSet } from './types.ts';

/** Defaults and rules of a ReplicaSet. Sources: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation/validation.go. */

export function applyDefaults(replicaSet: ReplicaSet): void {
  const spec = replicaSet.spec ?? {};
  replicaSet.spec = {
    ...spec,
    replicas: spec.replicas ?? 1,
    template: applyPodTemplateDefaults(spec.template),
  };
}

export function validate(replicaSet: ReplicaSet): FieldProblem[] {
  const { spec } = replicaSet;
  const problems = [
    ...validateNonNegative(spec.replicas, 'spec.replicas'),
    ...validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
  ];
  if (!spec.selector) {
    problems.push(required('spec.selector'));
  } else {
    problems.push(...validateLabelSelector(spec.selector, 'spec.selector'));
    if (isEmptySelector(spec.selector)) {
      problems.push(invalid('spec.selector', spec.selector, 'empty selector is invalid for deployment'));
    }
  }
  return [...problems, ...validatePodsTemplate(spec.template, replicaSetSelector(replicaSet), 'ReplicaSet')];
}

function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: ReplicaSet['spec']['selector']): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

/** What may never change: the selector, since apps/v1. Source: pkg/registry/apps/replicaset/strategy.go. */
export function validateUpdate(replicaSet: ReplicaSet, old: ReplicaSet): FieldProblem[] {
  return validateImmutable(replicaSet.spec.selector, old.spec.selector, 'spec.selector');
}
