import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1123LabelProblems, qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import { portNumberProblems, validateIp, validateNonSpecialIp } from '../../machinery/network-validation.ts';
import type { EndpointAddress, Endpoints, EndpointsPort, EndpointSubset } from './types.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const;

/** SetDefaults_Endpoints: ports speak TCP. */
export function applyEndpointsDefaults(endpoints: Endpoints): void {
  if (!endpoints.subsets?.some(({ ports }) => ports?.some(({ protocol }) => !protocol))) return;
  endpoints.subsets = endpoints.subsets.map((subset) => {
    if (!subset.ports) return subset;
    return { ...subset, ports: subset.ports.map((port) => ({ ...port, protocol: port.protocol || 'TCP' })) };
  });
}

/** validateEndpointSubsets (pkg/apis/core/validation/validation.go). */
export function validateEndpoints({ subsets = [] }: Endpoints): FieldProblem[] {
  return subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`));
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, path: string) {
  const problems: FieldProblem[] = [];
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    problems.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  problems.push(...validateAddresses(addresses, `${path}.addresses`));
  problems.push(...validateAddresses(notReadyAddresses, `${path}.notReadyAddresses`));
  ports.forEach((port, index) => problems.push(...validatePort(port, ports.length > 1, `${path}.ports[${index}]`)));
  return problems;
}

/** Addresses without a problem, by identity: each write repeats those of the one before. */
const sound = new WeakSet<EndpointAddress>();

function validateAddresses(addresses: readonly EndpointAddress[], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, address] of addresses.entries()) {
    if (sound.has(address)) continue;
    const found = validateAddress(address, `${path}[${index}]`);
    problems.push(...found);
    if (found.length === 0) sound.add(address);
  }
  return problems;
}

function validateAddress(address: { ip: string; hostname?: string }, path: string): FieldProblem[] {
  const problems = validateIp(address.ip ?? '', `${path}.ip`);
  if (problems.length === 0) problems.push(...validateNonSpecialIp(address.ip, `${path}.ip`));
  if (address.hostname) {
    for (const text of dns1123LabelProblems(address.hostname)) {
      problems.push(invalid(`${path}.hostname`, address.hostname, text));
    }
  }
  return problems;
}

function validatePort(port: EndpointsPort, needsName: boolean, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (needsName && !port.name) problems.push(required(`${path}.name`));
  else if (port.name) {
    for (const text of dns1123LabelProblems(port.name)) problems.push(invalid(`${path}.name`, port.name, text));
  }
  for (const text of portNumberProblems(port.port)) problems.push(invalid(`${path}.port`, port.port ?? 0, text));
  if (!PROTOCOLS.includes(port.protocol as 'TCP')) {
    problems.push(notSupported(`${path}.protocol`, port.protocol, PROTOCOLS));
  }
  if (port.appProtocol !== undefined) {
    for (const text of qualifiedNameProblems(port.appProtocol)) {
      problems.push(invalid(`${path}.appProtocol`, port.appProtocol, text));
    }
  }
  return problems;
}
