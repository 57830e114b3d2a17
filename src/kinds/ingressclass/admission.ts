import { forbidden, invalid, notSupported, required, tooLong, type FieldProblem } from '../../machinery/api-error.ts';
import { validateImmutable } from '../../machinery/field-validation.ts';
import {
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  pathSegmentProblems,
} from '../../machinery/metadata-validation.ts';
import { validateDomainPrefixedPath } from '../../machinery/network-validation.ts';
import type { IngressClass, IngressClassParameters } from './types.ts';

/** Defaults and rules of classes: pkg/apis/networking/v1/defaults.go, pkg/apis/networking/validation/validation.go. */

const CONTROLLER_LENGTH_LIMIT = 250;

export function applyIngressClassDefaults(ingressClass: IngressClass): void {
  const { parameters } = (ingressClass.spec ??= {});
  if (parameters && parameters.scope === undefined) {
    ingressClass.spec = { ...ingressClass.spec, parameters: { ...parameters, scope: 'Cluster' } };
  }
}

export function validateIngressClass({ spec }: IngressClass): FieldProblem[] {
  const { controller = '', parameters } = spec;
  const problems: FieldProblem[] = [];
  if (controller === '') problems.push(required('spec.controller'));
  else {
    if (controller.length > CONTROLLER_LENGTH_LIMIT) problems.push(tooLong('spec.controller', CONTROLLER_LENGTH_LIMIT));
    problems.push(...validateDomainPrefixedPath(controller, 'spec.controller'));
  }
  return parameters ? [...problems, ...validateParameters(parameters, 'spec.parameters')] : problems;
}

export function validateIngressClassUpdate({ spec }: IngressClass, { spec: old }: IngressClass): FieldProblem[] {
  return validateImmutable(spec.controller, old.controller, 'spec.controller');
}

function validateParameters(parameters: IngressClassParameters, path: string): FieldProblem[] {
  const { apiGroup, scope, namespace } = parameters;
  const problems: FieldProblem[] = [];
  if (apiGroup !== undefined) {
    for (const words of dns1123SubdomainProblems(apiGroup)) problems.push(invalid(`${path}.apiGroup`, apiGroup, words));
  }
  for (const field of ['kind', 'name'] as const) {
    const text = parameters[field] ?? '';
    if (text === '') problems.push(required(`${path}.${field}`));
    for (const words of pathSegmentProblems(text)) problems.push(invalid(`${path}.${field}`, text, words));
  }
  if (scope === undefined) return [...problems, required(`${path}.scope`)];
  if (scope !== 'Cluster' && scope !== 'Namespace') {
    return [...problems, notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace'])];
  }
  const place = `${path}.namespace`;
  if (scope === 'Cluster') {
    if (namespace !== undefined) problems.push(forbidden(place, "`parameters.scope` is set to 'Cluster'"));
    return problems;
  }
  if (namespace === undefined) problems.push(required(place, "`parameters.scope` is set to 'Namespace'"));
  else for (const words of dns1123LabelProblems(namespace)) problems.push(invalid(place, namespace, words));
  return problems;
}
