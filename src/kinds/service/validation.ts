import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import {
  dns1123SubdomainProblems,
  qualifiedNameProblems,
  validateLabels,
} from '../../machinery/metadata-validation.ts';
import {
  portNumberProblems,
  validateCidr,
  validateIp,
  validateNonSpecialIp,
} from '../../machinery/network-validation.ts';
import { isExternallyAccessible, needsHealthCheck } from './defaults.ts';
import { isHeadless } from './queries.ts';
import { validateClusterIpFields, validateFamilyChange } from './validate-families.ts';
import { validatePorts } from './validate-ports.ts';
import { HEADLESS, type Service } from './types.ts';

/** ValidateService and ValidateServiceUpdate (pkg/apis/core/validation/validation.go), in their words and order. */

const KUBELET_PORT = 10_250;
const AFFINITIES = ['ClientIP', 'None'] as const;
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] as const;
const TRAFFIC_POLICIES = ['Cluster', 'Local'] as const;
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'] as const;
const MAX_AFFINITY_SECONDS = 86_400;
const HINTS_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
const MODE_ANNOTATION = 'service.kubernetes.io/topology-mode';
const SOURCE_RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';

export function validateService(service: Service): FieldProblem[] {
  const { spec } = service;
  return [
    ...validateTopologyAnnotations(service),
    ...validateType(service),
    ...validatePorts(spec.ports ?? []),
    ...(spec.selector ? validateLabels(spec.selector, 'spec.selector') : []),
    ...validateAffinity(service),
    ...validateClusterIpFields(service),
    ...validateExternalIps(service),
    ...(TYPES.includes(spec.type) ? [] : [notSupported('spec.type', spec.type, TYPES)]),
    ...validateNodePorts(service),
    ...validateSourceRanges(service),
    ...validateLoadBalancerFields(service),
    ...validateExternalTraffic(service),
    ...validateInternalTraffic(service),
    ...validateDistribution(service),
  ];
}

export function validateServiceUpdate(service: Service, old: Service): FieldProblem[] {
  const problems = validateFamilyChange(service, old);
  const { spec } = service;
  if (old.spec.type === 'LoadBalancer' && spec.type === 'LoadBalancer') {
    if (old.spec.loadBalancerClass !== spec.loadBalancerClass) {
      problems.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'));
    }
  }
  if (needsHealthCheck(old.spec) && needsHealthCheck(spec)) {
    if (old.spec.healthCheckNodePort !== spec.healthCheckNodePort) {
      problems.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
    }
  }
  return problems;
}

function validateTopologyAnnotations({ metadata }: Service): FieldProblem[] {
  const hints = metadata.annotations?.[HINTS_ANNOTATION];
  const mode = metadata.annotations?.[MODE_ANNOTATION];
  if (hints === undefined || mode === undefined || hints === mode) return [];
  const words = `must match annotations[${HINTS_ANNOTATION}] when both are specified`;
  return [invalid(`metadata.annotations[${MODE_ANNOTATION}]`, mode, words)];
}

function validateType({ spec }: Service): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const headless = isHeadless(spec);
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') problems.push(required('spec.ports'));
  if (spec.type === 'LoadBalancer') {
    for (const [index, { port }] of (spec.ports ?? []).entries()) {
      if (port !== KUBELET_PORT) continue;
      const words = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
      problems.push(invalid(`spec.ports[${index}]`, port, words));
    }
  }
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    problems.push(invalid('spec.clusterIPs[0]', HEADLESS, `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type === 'ExternalName') problems.push(...validateExternalName(spec));
  return problems;
}

function validateExternalName(spec: Service['spec']): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const words = 'may not be set for ExternalName services';
  if (spec.clusterIPs?.length) problems.push(forbidden('spec.clusterIPs', words));
  if (spec.ipFamilies?.length) problems.push(forbidden('spec.ipFamilies', words));
  if (spec.ipFamilyPolicy !== undefined) problems.push(forbidden('spec.ipFamilyPolicy', words));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') return [...problems, required('spec.externalName')];
  for (const text of dns1123SubdomainProblems(name)) problems.push(invalid('spec.externalName', name, text));
  return problems;
}

function validateAffinity({ spec }: Service): FieldProblem[] {
  const path = 'spec.sessionAffinityConfig';
  if (!AFFINITIES.includes(spec.sessionAffinity)) {
    return [notSupported('spec.sessionAffinity', spec.sessionAffinity, AFFINITIES)];
  }
  if (spec.sessionAffinity === 'None') {
    const set = spec.sessionAffinityConfig !== undefined;
    return set ? [forbidden(path, 'must not be set when session affinity is None')] : [];
  }
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds === undefined) return [required(path, 'when session affinity type is ClientIP')];
  if (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return [];
  const words = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
  return [invalid(`${path}.clientIP.timeoutSeconds`, seconds, words)];
}

function validateExternalIps({ spec }: Service): FieldProblem[] {
  return (spec.externalIPs ?? []).flatMap((ip, index) => {
    const path = `spec.externalIPs[${index}]`;
    const problems = validateIp(ip, path);
    return problems.length > 0 ? problems : validateNonSpecialIp(ip, path);
  });
}

function validateNodePorts({ spec }: Service): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const ports = spec.ports ?? [];
  if (spec.type === 'ClusterIP') {
    const words = "may not be used when `type` is 'ClusterIP'";
    ports.forEach(({ nodePort }, index) => {
      if (nodePort) problems.push(forbidden(`spec.ports[${index}].nodePort`, words));
    });
  }
  const nodePorts = new Set<string>();
  ports.forEach(({ protocol, nodePort }, index) => {
    if (!nodePort) return;
    const key = `${protocol} ${nodePort}`;
    if (nodePorts.has(key)) problems.push(duplicate(`spec.ports[${index}].nodePort`, nodePort));
    nodePorts.add(key);
  });
  const numbers = new Set<string>();
  ports.forEach(({ protocol, port }, index) => {
    const key = `${protocol} ${port}`;
    if (numbers.has(key)) problems.push(duplicate(`spec.ports[${index}]`, portPair(protocol, port)));
    numbers.add(key);
  });
  return problems;
}

/** How the API server prints a ServicePort that has a protocol and a number only. */
function portPair(protocol: string, port: number): unknown {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
}

function validateSourceRanges({ metadata, spec }: Service): FieldProblem[] {
  const words = "may only be used when `type` is 'LoadBalancer'";
  if (spec.loadBalancerSourceRanges?.length) {
    const path = 'spec.LoadBalancerSourceRanges';
    const problems = spec.type === 'LoadBalancer' ? [] : [forbidden(path, words)];
    const ranges = spec.loadBalancerSourceRanges;
    return [...problems, ...ranges.flatMap((range, index) => validateCidr(range.trim(), `${path}[${index}]`))];
  }
  const annotation = metadata.annotations?.[SOURCE_RANGES_ANNOTATION];
  if (annotation === undefined) return [];
  const path = `metadata.annotations[${SOURCE_RANGES_ANNOTATION}]`;
  const problems = spec.type === 'LoadBalancer' ? [] : [forbidden(path, words)];
  if (annotation.trim() === '') return problems;
  return [...problems, ...annotation.split(',').flatMap((range) => validateCidr(range.trim(), path))];
}

function validateLoadBalancerFields({ spec }: Service): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const words = "may only be used when `type` is 'LoadBalancer'";
  if (spec.type === 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === undefined) problems.push(required('allocateLoadBalancerNodePorts'));
    if (spec.loadBalancerClass !== undefined) {
      const value = spec.loadBalancerClass;
      problems.push(...qualifiedNameProblems(value).map((text) => invalid('spec.loadBalancerClass', value, text)));
    }
    return problems;
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined) {
    problems.push(forbidden('spec.allocateLoadBalancerNodePorts', words));
  }
  if (spec.loadBalancerClass !== undefined) problems.push(forbidden('spec.loadBalancerClass', words));
  return problems;
}

function validateExternalTraffic({ spec }: Service): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const policy = spec.externalTrafficPolicy;
  const path = 'spec.externalTrafficPolicy';
  if (!isExternallyAccessible(spec)) {
    if (policy) problems.push(invalid(path, policy, 'may only be set for externally-accessible services'));
  } else if (!policy) {
    problems.push(required(path));
  } else if (!TRAFFIC_POLICIES.includes(policy as 'Local')) {
    problems.push(notSupported(path, policy, TRAFFIC_POLICIES));
  }
  const port = spec.healthCheckNodePort;
  const portPath = 'spec.healthCheckNodePort';
  if (needsHealthCheck(spec)) {
    if (!port) problems.push(required(portPath));
    else problems.push(...portNumberProblems(port).map((text) => invalid(portPath, port, text)));
  } else if (port) {
    const words = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    problems.push(invalid(portPath, port, words));
  }
  return problems;
}

function validateInternalTraffic({ spec }: Service): FieldProblem[] {
  const policy = spec.internalTrafficPolicy;
  const path = 'spec.internalTrafficPolicy';
  if (policy === undefined) return spec.type === 'ExternalName' ? [] : [required(path)];
  return TRAFFIC_POLICIES.includes(policy as 'Local') ? [] : [notSupported(path, policy, TRAFFIC_POLICIES)];
}

function validateDistribution({ spec }: Service): FieldProblem[] {
  const distribution = spec.trafficDistribution;
  if (distribution === undefined || DISTRIBUTIONS.includes(distribution as 'PreferClose')) return [];
  return [notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS)];
}
