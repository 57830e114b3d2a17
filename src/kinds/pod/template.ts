import { forbidden, type FieldProblem } from '../../machinery/api-error.ts';
import { validateLabels } from '../../machinery/metadata-validation.ts';
import { defaultPodSpec } from './defaults.ts';
import type { PodTemplateSpec } from './types.ts';
import { validatePodSpec } from './validate-spec.ts';

/** What the kinds that make pods ask of their `spec.template`. */

/**
 * The template with the API's defaults. It returns a new template that shares what did not change (the argument is never
 * changed, and comes back as it is when it was complete): `object.spec = { ...spec, template: applyPodTemplateDefaults(template) }`.
 * Source: pkg/apis/core/v1/defaults.go.
 */
export function applyPodTemplateDefaults<T extends PodTemplateSpec>(template: T): T {
  if (
    typeof template !== 'object' ||
    template === null ||
    typeof template.spec !== 'object' ||
    template.spec === null
  ) {
    return template;
  }
  const spec = defaultPodSpec(template.spec);
  return spec === template.spec ? template : { ...template, spec };
}

/**
 * The rules of a pod template; `path` is where it stands ("spec.template").
 * Source: pkg/apis/core/validation/validation.go (ValidatePodTemplateSpec).
 */
export function validatePodTemplate(template: PodTemplateSpec, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  problems.push(...validateLabels(template.metadata?.labels, `${path}.labels`));
  problems.push(...validateLabels(template.metadata?.annotations && {}, `${path}.annotations`));
  problems.push(...validatePodSpec(template.spec, { path: `${path}.spec`, isPod: false }));
  if ((template.spec.ephemeralContainers ?? []).length > 0) {
    problems.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
  return problems;
}
