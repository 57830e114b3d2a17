import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { portNameProblems, portNumberProblems, validateStrictCidr } from '../../machinery/network-validation.ts';
import { parseRange, rangeHolds } from '../../machinery/ip-address.ts';
import { validateLabelSelector } from '../../machinery/selector-validation.ts';
import type { IpBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './types.ts';

/**
 * SetDefaults_NetworkPolicy and SetDefaults_NetworkPolicyPort (pkg/apis/networking/v1/defaults.go): a policy is about
 * ingress, and about egress too where it has egress rules; a port is one of TCP.
 */
export function applyNetworkPolicyDefaults(policy: NetworkPolicy): void {
  const spec = { ...policy.spec };
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
  spec.podSelector ??= {};
  if (spec.ingress) spec.ingress = spec.ingress.map(withProtocols);
  if (spec.egress) spec.egress = spec.egress.map(withProtocols);
  policy.spec = spec;
}

function withProtocols<Rule extends { ports?: NetworkPolicyPort[] }>(rule: Rule): Rule {
  if (!rule?.ports?.some(({ protocol }) => protocol === undefined)) return rule ?? {};
  return { ...rule, ports: rule.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })) };
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
const POLICY_TYPES = ['Ingress', 'Egress'] as const;

/** ValidateNetworkPolicySpec (pkg/apis/networking/validation/validation.go). */
export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldProblem[] {
  const problems = validateLabelSelector(spec.podSelector, 'spec.podSelector');
  for (const [index, { ports = [], from = [] }] of (spec.ingress ?? []).entries()) {
    problems.push(...validateRule(ports, from, `spec.ingress[${index}]`, 'from'));
  }
  for (const [index, { ports = [], to = [] }] of (spec.egress ?? []).entries()) {
    problems.push(...validateRule(ports, to, `spec.egress[${index}]`, 'to'));
  }
  const types = spec.policyTypes ?? [];
  if (types.length > POLICY_TYPES.length) {
    return [...problems, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  }
  for (const [index, type] of types.entries()) {
    if (POLICY_TYPES.includes(type as 'Ingress')) continue;
    problems.push(notSupported(`spec.policyTypes[${index}]`, type, POLICY_TYPES));
  }
  return problems;
}

function validateRule(
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  path: string,
  side: 'from' | 'to',
): FieldProblem[] {
  return [
    ...ports.flatMap((port, index) => validatePort(port, `${path}.ports[${index}]`)),
    ...peers.flatMap((peer, index) => validatePeer(peer, `${path}.${side}[${index}]`)),
  ];
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (protocol !== undefined && !PROTOCOLS.includes(protocol as 'TCP')) {
    problems.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  }
  const end = `${path}.endPort`;
  if (port === undefined) {
    if (endPort !== undefined)
      problems.push(invalid(end, endPort, 'may not be specified when `port` is not specified'));
    return problems;
  }
  if (typeof port === 'string') {
    if (endPort !== undefined) problems.push(invalid(end, endPort, 'may not be specified when `port` is non-numeric'));
    for (const text of portNameProblems(port)) problems.push(invalid(`${path}.port`, port, text));
    return problems;
  }
  for (const text of portNumberProblems(port)) problems.push(invalid(`${path}.port`, port, text));
  if (endPort === undefined) return problems;
  if (endPort < port) problems.push(invalid(end, endPort, 'must be greater than or equal to `port`'));
  for (const text of portNumberProblems(endPort)) problems.push(invalid(end, endPort, text));
  return problems;
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string): FieldProblem[] {
  const problems = [
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...(ipBlock ? validateIpBlock(ipBlock, `${path}.ipBlock`) : []),
  ];
  if (!podSelector && !namespaceSelector && !ipBlock) problems.push(required(path, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector)) {
    problems.push(forbidden(path, 'may not specify both ipBlock and another peer'));
  }
  return problems;
}

function validateIpBlock({ cidr, except = [] }: IpBlock, path: string): FieldProblem[] {
  if (!cidr) return [required(`${path}.cidr`)];
  const problems = validateStrictCidr(cidr, `${path}.cidr`);
  const range = parseRange(cidr);
  if (!range) return problems;
  for (const [index, text] of except.entries()) {
    const place = `${path}.except[${index}]`;
    problems.push(...validateStrictCidr(text, place));
    const inner = parseRange(text);
    if (!inner) continue;
    const isInside = rangeHolds(range, { family: inner.family, value: inner.base });
    if (!isInside || range.prefixLength >= inner.prefixLength) {
      problems.push(invalid(place, text, 'must be a strict subset of `cidr`'));
    }
  }
  return problems;
}
