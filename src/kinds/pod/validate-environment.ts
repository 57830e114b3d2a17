import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dataKeyProblems } from '../../machinery/data-keys.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import {
  portNameProblems,
  portNumberProblems,
  validateDnsLabel,
  validateDnsSubdomain,
  validateLabelName,
  validateLocalNonReservedPath,
  variableNameProblems,
} from './field-rules.ts';
import type { Container } from './types.ts';

/** Rules of ports and environment variables. Source: pkg/apis/core/validation/validation.go. */

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function validatePorts(ports: Container['ports'], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  for (const [index, port] of (ports ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (port.name) {
      const texts = portNameProblems(port.name);
      if (texts.length > 0) problems.push(...texts.map((text) => invalid(`${at}.name`, port.name, text)));
      else if (names.has(port.name)) problems.push(duplicate(`${at}.name`, port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) problems.push(required(`${at}.containerPort`));
    else {
      for (const text of portNumberProblems(port.containerPort)) {
        problems.push(invalid(`${at}.containerPort`, port.containerPort, text));
      }
    }
    if (port.hostPort) {
      for (const text of portNumberProblems(port.hostPort)) {
        problems.push(invalid(`${at}.hostPort`, port.hostPort, text));
      }
    }
    if (!port.protocol) problems.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol)) {
      problems.push(notSupported(`${at}.protocol`, port.protocol, PROTOCOLS));
    }
  }
  return problems;
}

/** AccumulateUniqueHostPorts: no two containers of the list claim one port of the host. */
export function validateHostPortsUnique(containers: readonly Container[], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const taken = new Set<string>();
  for (const [index, container] of containers.entries()) {
    for (const [position, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) problems.push(duplicate(`${path}[${index}].ports[${position}].hostPort`, key));
      else taken.add(key);
    }
  }
  return problems;
}

const VARIABLE_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const CONTAINER_RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

type Variables = NonNullable<Container['env']>;
type FieldReference = NonNullable<NonNullable<Variables[number]['valueFrom']>['fieldRef']>;
type ResourceReference = NonNullable<NonNullable<Variables[number]['valueFrom']>['resourceFieldRef']>;

export function validateVariables(variables: Container['env'], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, variable] of (variables ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!variable.name) problems.push(required(`${at}.name`));
    else
      problems.push(...variableNameProblems(variable.name).map((text) => invalid(`${at}.name`, variable.name, text)));
    problems.push(...validateSource(variable, `${at}.valueFrom`));
  }
  return problems;
}

function validateSource({ value, valueFrom }: Variables[number], path: string): FieldProblem[] {
  if (!valueFrom) return [];
  const problems: FieldProblem[] = [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  if (fieldRef) problems.push(...validateFieldReference(fieldRef, VARIABLE_FIELDS, `${path}.fieldRef`));
  if (resourceFieldRef)
    problems.push(...validateResourceReference(resourceFieldRef, `${path}.resourceFieldRef`, false));
  if (configMapKeyRef) problems.push(...validateKeyReference(configMapKeyRef, `${path}.configMapKeyRef`));
  if (secretKeyRef) problems.push(...validateKeyReference(secretKeyRef, `${path}.secretKeyRef`));
  if (fileKeyRef) problems.push(...validateFileReference(fileKeyRef, `${path}.fileKeyRef`));
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length;
  if (sources === 0) {
    const words =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    problems.push(invalid(path, '', words));
  } else if (value) {
    problems.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    problems.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return problems;
}

const SUBSCRIPTED = /^(.+)\['(.*)'\]$/;
const KNOWN_FIELDS = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
  'spec.host',
]);

/** validateObjectFieldSelector; `fields` are those that need no subscript. */
export function validateFieldReference(
  reference: FieldReference,
  fields: readonly string[],
  path: string,
): FieldProblem[] {
  if (!reference.apiVersion) return [required(`${path}.apiVersion`)];
  if (!reference.fieldPath) return [required(`${path}.fieldPath`)];
  const subscripted = SUBSCRIPTED.exec(reference.fieldPath);
  const field = subscripted?.[1] ?? reference.fieldPath;
  if (!KNOWN_FIELDS.has(field)) {
    const words = `error converting fieldPath: field label not supported: ${field}`;
    return [invalid(`${path}.fieldPath`, reference.fieldPath, words)];
  }
  if (subscripted) {
    const key = subscripted[2] ?? '';
    if (field === 'metadata.annotations') return validateLabelName(key.toLowerCase(), path);
    if (field === 'metadata.labels') return validateLabelName(key, path);
    return [invalid(path, field, 'does not support subscript')];
  }
  return fields.includes(field) ? [] : [notSupported(`${path}.fieldPath`, field, fields)];
}

const CPU_DIVISORS = new Set(['0', '1m', '1']);
const SIZE_DIVISORS = new Set('0 1 1k 1M 1G 1T 1P 1E 1Ki 1Mi 1Gi 1Ti 1Pi 1Ei'.split(' '));

export function validateResourceReference(reference: ResourceReference, path: string, volume: boolean): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { resource } = reference;
  const hugePages = /^(requests|limits)\.hugepages-/.test(resource ?? '');
  if (volume && !reference.containerName) problems.push(required(`${path}.containerName`));
  else if (!resource) problems.push(required(`${path}.resource`));
  else if (!CONTAINER_RESOURCES.includes(resource) && !hugePages) {
    problems.push(notSupported(`${path}.resource`, resource, CONTAINER_RESOURCES));
  }
  const divisor = String(reference.divisor ?? '0');
  if (parseQuantity(divisor) === 0) return problems;
  if (resource?.endsWith('.cpu') && !CPU_DIVISORS.has(divisor)) {
    problems.push(
      invalid(`${path}.divisor`, resource, "only divisor's values 1m and 1 are supported with the cpu resource"),
    );
  }
  const what = hugePages ? 'hugepages' : resource?.endsWith('.memory') ? 'memory' : 'local ephemeral storage';
  if (resource && !resource.endsWith('.cpu') && !SIZE_DIVISORS.has(divisor)) {
    problems.push(
      invalid(
        `${path}.divisor`,
        resource,
        `only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the ${what} resource`,
      ),
    );
  }
  return problems;
}

function validateKeyReference(reference: { name?: string; key?: string }, path: string): FieldProblem[] {
  const problems = validateDnsSubdomain(reference.name, `${path}.name`);
  if (!reference.key) problems.push(required(`${path}.key`));
  else problems.push(...dataKeyProblems(reference.key).map((text) => invalid(`${path}.key`, reference.key, text)));
  return problems;
}

type FileReference = NonNullable<NonNullable<Variables[number]['valueFrom']>['fileKeyRef']>;

/** validateFileKeySelector */
function validateFileReference({ key, volumeName, path: file }: FileReference, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!key) problems.push(required(`${path}.key`));
  else problems.push(...variableNameProblems(key).map((text) => invalid(`${path}.key`, key, text)));
  if (!volumeName) problems.push(required(`${path}.volumeName`));
  else problems.push(...validateDnsLabel(volumeName, `${path}.volumeName`));
  if (!file) problems.push(required(`${path}.path`));
  else problems.push(...validateLocalNonReservedPath(file, `${path}.path`));
  return problems;
}

export function validateVariableSources(sources: Container['envFrom'], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, source] of (sources ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (source.prefix) {
      problems.push(...variableNameProblems(source.prefix).map((text) => invalid(`${at}.prefix`, source.prefix, text)));
    }
    for (const name of ['configMapRef', 'secretRef'] as const) {
      const reference = source[name];
      if (!reference) continue;
      if (!reference.name) problems.push(required(`${at}.${name}.name`));
      else problems.push(...validateDnsSubdomain(reference.name, `${at}.${name}.name`));
    }
    if (!source.configMapRef && !source.secretRef) {
      problems.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (source.configMapRef && source.secretRef) {
      problems.push(invalid(path, '', 'may not have more than one field specified at a time'));
    }
  }
  return problems;
}
