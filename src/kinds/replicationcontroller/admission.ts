import { validatePodsTemplate } from '../../controllers/replicas/validation.ts';
import { required, type FieldProblem } from '../../machinery/api-error.ts';
import { validateNonNegative } from '../../machinery/field-validation.ts';
import { applyPodTemplateDefaults } from '../pod/template.ts';
import { replicationControllerSelector, type ReplicationController } from './types.ts';

/**
 * Defaults: labels and selector come from the template where they are left out, one replica.
 * Source: pkg/apis/core/v1/defaults.go (SetDefaults_ReplicationController).
 */
export function applyDefaults(controller: ReplicationController): void {
  const spec = controller.spec ?? {};
  const labels = spec.template?.metadata?.labels;
  const hasSelector = spec.selector !== undefined && Object.keys(spec.selector).length > 0;
  const hasLabels = Object.keys(controller.metadata.labels ?? {}).length > 0;
  if (labels && !hasLabels) controller.metadata.labels = labels;
  controller.spec = {
    ...spec,
    replicas: spec.replicas ?? 1,
    ...(labels && !hasSelector ? { selector: labels } : {}),
    ...(spec.template ? { template: applyPodTemplateDefaults(spec.template) } : {}),
  };
}

/** Source: pkg/apis/core/validation/validation.go (ValidateReplicationControllerSpec). */
export function validate(controller: ReplicationController): FieldProblem[] {
  const { spec } = controller;
  const problems = validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds');
  if (Object.keys(spec.selector ?? {}).length === 0) problems.push(required('spec.selector'));
  problems.push(...validateNonNegative(spec.replicas, 'spec.replicas'));
  const selector = replicationControllerSelector(controller);
  return [...problems, ...validatePodsTemplate(spec.template, selector, 'ReplicationController')];
}
