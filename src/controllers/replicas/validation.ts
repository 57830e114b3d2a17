import { validatePodTemplate } from '../../kinds/pod/template.ts';
import type { PodTemplateSpec } from '../../kinds/pod/types.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { validateLabels } from '../../machinery/metadata-validation.ts';
import { fromLabelSelector, matches, type LabelSelector, type Selector } from '../../machinery/selector.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';

/**
 * `spec.selector` and `spec.template` of a Deployment or ReplicaSet: a selector that is there, selects something and can
 * be read, and a template that it matches. Source: pkg/apis/apps/validation/validation.go (ValidateDeploymentSpec,
 * ValidateReplicaSetSpec).
 */
export function validateSelectorAndTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
): FieldProblem[] {
  const problems: FieldProblem[] = selector ? [] : [required('spec.selector')];
  const unreadable = validateLabelSelector(selector, 'spec.selector');
  problems.push(...unreadable);
  if (selector && isEmpty(selector)) {
    problems.push(invalid('spec.selector', selector, 'empty selector is invalid for deployment'));
  }
  if (unreadable.length > 0) return [...problems, invalid('spec.selector', selector, 'invalid label selector')];
  return [...problems, ...validatePodsTemplate(template, fromLabelSelector(selector), 'ReplicaSet')];
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

/**
 * The template of a kind that keeps pods running for ever: what its selector finds, and restarted always. `owner` is the
 * kind that Kubernetes names in its words. Sources: pkg/apis/apps/validation/validation.go
 * (ValidatePodTemplateSpecForReplicaSet), pkg/apis/core/validation/validation.go (ValidatePodTemplateSpecForRC).
 */
export function validatePodsTemplate(
  template: PodTemplateSpec | undefined,
  selector: Selector,
  owner: 'ReplicaSet' | 'ReplicationController' | 'StatefulSet' | 'DaemonSet',
): FieldProblem[] {
  if (!template) return [required('spec.template')];
  const problems: FieldProblem[] = [];
  if (!matches(selector, template.metadata?.labels)) {
    const labels = template.metadata?.labels ?? null;
    problems.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  // A StatefulSet's containers may mount its claims, which are no volumes of the template: Kubernetes leaves the rest of
  // such a template to the admission of the pods.
  if (owner === 'StatefulSet') problems.push(...validateLabels(template.metadata?.labels, 'spec.template.labels'));
  else problems.push(...validatePodTemplate(template, 'spec.template'));
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    problems.push(notSupported('spec.template.spec.restartPolicy', restartPolicy ?? '', ['Always']));
  }
  if (activeDeadlineSeconds !== undefined && activeDeadlineSeconds !== null) {
    const words = `activeDeadlineSeconds in ${owner} is not Supported`;
    problems.push(forbidden('spec.template.spec.activeDeadlineSeconds', words));
  }
  return problems;
}
