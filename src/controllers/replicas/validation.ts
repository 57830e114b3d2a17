import { validatePodTemplate } from '../../kinds/pod/template.ts';
import type { PodTemplateSpec } from '../../kinds/pod/types.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { matches, type Selector } from '../../machinery/selector.ts';

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
  problems.push(...validatePodTemplate(template, 'spec.template'));
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
