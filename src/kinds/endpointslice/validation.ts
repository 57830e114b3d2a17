import { duplicate, invalid, notSupported, required, tooMany, type FieldProblem } from '../../machinery/api-error.ts';
import { parseIp } from '../../machinery/ip-address.ts';
import {
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  qualifiedNameProblems,
  validateLabels,
} from '../../machinery/metadata-validation.ts';
import { validateNonSpecialIp } from '../../machinery/network-validation.ts';
import type { AddressType, Endpoint, EndpointHints, EndpointPort, EndpointSlice } from './types.ts';

/** ValidateEndpointSlice and ValidateEndpointSliceUpdate (pkg/apis/discovery/validation/validation.go). */

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'] as const;
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const;
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 100;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;

export function validateSlice({ addressType, endpoints, ports }: EndpointSlice): FieldProblem[] {
  return [
    ...validateAddressType(addressType),
    ...validateEndpoints(endpoints ?? [], addressType),
    ...validatePorts(ports ?? []),
  ];
}

export function validateSliceUpdate(slice: EndpointSlice, old: EndpointSlice): FieldProblem[] {
  if (slice.addressType === old.addressType) return [];
  return [invalid('addressType', slice.addressType, 'field is immutable')];
}

function validateAddressType(type: AddressType | undefined): FieldProblem[] {
  if (!type) return [required('addressType')];
  return ADDRESS_TYPES.includes(type) ? [] : [notSupported('addressType', type, ADDRESS_TYPES)];
}

/** Endpoints without a problem, by identity: each write repeats those of the one before. */
const sound = new WeakMap<Endpoint, AddressType>();

function validateEndpoints(endpoints: readonly Endpoint[], type: AddressType): FieldProblem[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  const problems: FieldProblem[] = [];
  for (const [index, endpoint] of endpoints.entries()) {
    if (sound.get(endpoint) === type) continue;
    const found = validateEndpoint(endpoint, type, `endpoints[${index}]`);
    problems.push(...found);
    if (found.length === 0) sound.set(endpoint, type);
  }
  return problems;
}

function validateEndpoint(endpoint: Endpoint, type: AddressType, path: string): FieldProblem[] {
  const { addresses = [], nodeName, hostname, hints, deprecatedTopology } = endpoint;
  const problems: FieldProblem[] = [];
  if (addresses.length === 0) problems.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES) {
    problems.push(tooMany(`${path}.addresses`, addresses.length, MAX_ADDRESSES));
  }
  for (const [index, address] of addresses.entries()) {
    problems.push(...validateAddress(address, type, `${path}.addresses[${index}]`));
  }
  if (nodeName !== undefined) {
    for (const text of dns1123SubdomainProblems(nodeName)) problems.push(invalid(`${path}.nodeName`, nodeName, text));
  }
  const topology = Object.keys(deprecatedTopology ?? {}).length;
  if (topology > MAX_TOPOLOGY_LABELS) {
    problems.push(tooMany(`${path}.deprecatedTopology`, topology, MAX_TOPOLOGY_LABELS));
  }
  problems.push(...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`));
  if (hostname !== undefined) {
    for (const text of dns1123LabelProblems(hostname)) problems.push(invalid(`${path}.hostname`, hostname, text));
  }
  return hints ? [...problems, ...validateHints(hints, `${path}.hints`)] : problems;
}

function validateAddress(address: string, type: AddressType, path: string): FieldProblem[] {
  if (type === 'FQDN') return validateDomain(address, path);
  if (!ADDRESS_TYPES.includes(type)) return [];
  const words = `must be a valid ${type} address`;
  const wrong = parseIp(address)?.family === type ? [] : [invalid(path, address, words)];
  return [...wrong, ...validateNonSpecialIp(address, path)];
}

/** IsFullyQualifiedDomainName */
function validateDomain(name: string, path: string): FieldProblem[] {
  if (name === '') return [required(path)];
  const domain = name.replace(/\.$/, '');
  const problems = dns1123SubdomainProblems(domain).map((text) => invalid(path, domain, text));
  if (problems.length > 0 || domain.includes('.')) return problems;
  return [invalid(path, domain, 'should be a domain with at least two segments separated by dots')];
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: string): FieldProblem[] {
  return [...validateHintList(forZones, `${path}.forZones`), ...validateHintList(forNodes, `${path}.forNodes`)];
}

function validateHintList(hints: readonly { name: string }[], path: string): FieldProblem[] {
  if (hints.length > MAX_HINTS) return [tooMany(path, hints.length, MAX_HINTS)];
  const names = new Set<string>();
  return hints.flatMap(({ name }, index) => {
    if (names.has(name)) return [duplicate(`${path}[${index}].name`, name)];
    names.add(name);
    return [];
  });
}

function validatePorts(ports: readonly EndpointPort[]): FieldProblem[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, appProtocol }, index) => {
    const path = `ports[${index}]`;
    const problems: FieldProblem[] = [];
    if (name) {
      for (const text of dns1123LabelProblems(name)) problems.push(invalid(`${path}.name`, name, text));
    }
    if (names.has(name)) problems.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (!PROTOCOLS.includes(protocol as 'TCP')) problems.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
    if (appProtocol === undefined) return problems;
    for (const text of qualifiedNameProblems(appProtocol)) {
      problems.push(invalid(`${path}.appProtocol`, appProtocol, text));
    }
    return problems;
  });
}
