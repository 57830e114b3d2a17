import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { AdmissionPlugin } from '../../machinery/definition.ts';
import { parseIp } from '../../machinery/ip-address.ts';
import {
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  pathSegmentProblems,
} from '../../machinery/metadata-validation.ts';
import { portNameProblems, portNumberProblems, wildcardSubdomainProblems } from '../../machinery/network-validation.ts';
import { defaultIngressClass } from '../ingressclass/queries.ts';
import { CLASS_ANNOTATION, Ingress, type IngressBackend, type IngressPath, type IngressTls } from './types.ts';

/** The rules of an Ingress (pkg/apis/networking/validation/validation.go, validateIngress). */
export function validateIngress({ spec }: Ingress): FieldProblem[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  const problems: FieldProblem[] = [];
  if (rules.length === 0 && !defaultBackend) {
    problems.push(invalid('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend) problems.push(...validateBackend(defaultBackend, 'spec.defaultBackend'));
  for (const [index, { host, http }] of rules.entries()) {
    if (host) problems.push(...validateHost(host, `spec.rules[${index}].host`));
    if (http) problems.push(...validatePaths(http.paths ?? [], `spec.rules[${index}].http.paths`));
  }
  problems.push(...tls.flatMap((entry, index) => validateTls(entry, `spec.tls[${index}]`)));
  if (ingressClassName === undefined) return problems;
  const words = dns1123SubdomainProblems(ingressClassName);
  return [...problems, ...words.map((text) => invalid('spec.ingressClassName', ingressClassName, text))];
}

/** ValidateIngressCreate: the annotation and the field may not name different classes. */
export function validateIngressCreate({ metadata, spec }: Ingress): FieldProblem[] {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  if (annotation === undefined || spec.ingressClassName === undefined) return [];
  if (annotation === spec.ingressClassName) return [];
  const words = 'must match `ingressClassName` when both are specified';
  return [invalid(`annotations.${CLASS_ANNOTATION}`, annotation, words)];
}

function validateHost(host: string, path: string): FieldProblem[] {
  const problems = parseIp(host) ? [invalid(path, host, 'must be a DNS name, not an IP address')] : [];
  const words = host.includes('*') ? wildcardSubdomainProblems(host) : dns1123SubdomainProblems(host);
  return [...problems, ...words.map((text) => invalid(path, host, text))];
}

function validatePaths(paths: readonly IngressPath[], path: string): FieldProblem[] {
  if (paths.length === 0) return [required(path)];
  return paths.flatMap((entry, index) => validatePath(entry, `${path}[${index}]`));
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const FORBIDDEN_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const FORBIDDEN_ENDS = ['/..', '/.'];

function validatePath({ path: text = '', pathType, backend }: IngressPath, path: string): FieldProblem[] {
  if (pathType === undefined) return [required(`${path}.pathType`, 'pathType must be specified')];
  const problems: FieldProblem[] = [];
  const place = `${path}.path`;
  const isSpecific = pathType === 'ImplementationSpecific';
  if (!PATH_TYPES.includes(pathType)) {
    problems.push(notSupported(`${path}.pathType`, pathType, PATH_TYPES));
  } else if (!text.startsWith('/') && !(isSpecific && text === '')) {
    problems.push(invalid(place, text, 'must be an absolute path'));
  }
  if (pathType === 'Exact' || pathType === 'Prefix') {
    for (const sequence of FORBIDDEN_SEQUENCES) {
      if (text.includes(sequence)) problems.push(invalid(place, text, `must not contain '${sequence}'`));
    }
    for (const end of FORBIDDEN_ENDS) {
      if (text.endsWith(end)) problems.push(invalid(place, text, `cannot end with '${end}'`));
    }
  }
  return [...problems, ...validateBackend(backend ?? {}, `${path}.backend`)];
}

function validateBackend({ service, resource }: IngressBackend, path: string): FieldProblem[] {
  if (service && resource) return [invalid(path, '', 'cannot set both resource and service backends')];
  if (resource) return validateResource(resource, `${path}.resource`);
  if (!service) return [invalid(path, '', 'resource or service backend is required')];
  const problems: FieldProblem[] = [];
  const place = `${path}.service`;
  if (!service.name) problems.push(required(`${place}.name`));
  else
    for (const words of dns1123LabelProblems(service.name))
      problems.push(invalid(`${place}.name`, service.name, words));
  const { name = '', number = 0 } = service.port ?? {};
  if (name !== '' && number !== 0) problems.push(invalid(path, '', 'cannot set both port name & port number'));
  else if (name !== '') {
    for (const words of portNameProblems(name)) problems.push(invalid(`${place}.port.name`, name, words));
  } else if (number !== 0) {
    for (const words of portNumberProblems(number)) problems.push(invalid(`${place}.port.number`, number, words));
  } else problems.push(required(path, 'port name or number is required'));
  return problems;
}

function validateResource(resource: NonNullable<IngressBackend['resource']>, path: string): FieldProblem[] {
  const { apiGroup } = resource;
  const problems: FieldProblem[] = [];
  if (apiGroup !== undefined) {
    for (const words of dns1123SubdomainProblems(apiGroup)) problems.push(invalid(`${path}.apiGroup`, apiGroup, words));
  }
  for (const field of ['kind', 'name'] as const) {
    const text = resource[field] ?? '';
    if (text === '') problems.push(required(`${path}.${field}`));
    for (const words of pathSegmentProblems(text)) problems.push(invalid(`${path}.${field}`, text, words));
  }
  return problems;
}

function validateTls({ hosts = [], secretName }: IngressTls, path: string): FieldProblem[] {
  const problems = hosts.flatMap((host, index) => {
    const words = host.includes('*') ? wildcardSubdomainProblems(host) : dns1123SubdomainProblems(host);
    return words.map((text) => invalid(`${path}.hosts[${index}]`, host, text));
  });
  if (!secretName) return problems;
  const words = dns1123SubdomainProblems(secretName);
  return [...problems, ...words.map((text) => invalid(`${path}.secretName`, secretName, text))];
}

/** plugin/pkg/admission/network/defaultingressclass: an Ingress that names no class gets the default one. */
export const defaultIngressClassPlugin: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  kinds: [Ingress],
  mutate(object, old, { view }) {
    const ingress = object as Ingress;
    if (old || ingress.spec?.ingressClassName !== undefined) return undefined;
    if (ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return undefined;
    const chosen = defaultIngressClass(view);
    if (chosen) ingress.spec = { ...ingress.spec, ingressClassName: chosen.metadata.name };
    return undefined;
  },
};
