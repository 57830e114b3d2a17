import { invalid, invalidObject, type ApiError } from '../../machinery/api-error.ts';
import type { AdmissionContext } from '../../machinery/definition.ts';
import { allocateClusterIp, allocateNextClusterIp, serviceRanges } from './cluster-ip.ts';
import { needsHealthCheck } from './defaults.ts';
import { initialiseFamilies, keepsDualStackAsItIs } from './ip-families.ts';
import { NodePorts } from './node-port.ts';
import { isHeadless } from './queries.ts';
import { HEADLESS, nodePortsOf, type Service, type ServicePort } from './types.ts';

/**
 * Gives a Service its addresses and ports, in place, or refuses. What a Service holds is what stands in its spec: there
 * is nothing else to release. Source: pkg/registry/core/service/storage/alloc.go.
 */

/** For a new Service. */
export function allocateCreate(service: Service, context: AdmissionContext): ApiError | undefined {
  return (
    initialiseFamilies(service, undefined, context) ??
    allocateClusterIps(service, context) ??
    allocateNodePorts(service, context)
  );
}

/** For a changed one: what a new type needs, what a second family needs. */
export function allocateUpdate(service: Service, old: Service, context: AdmissionContext): ApiError | undefined {
  return (
    initialiseFamilies(service, old, context) ??
    updateClusterIps(service, old, context) ??
    updateNodePorts(service, old, context) ??
    updateHealthCheckPort(service, old, context)
  );
}

function allocateClusterIps(service: Service, context: AdmissionContext): ApiError | undefined {
  const { spec } = service;
  if (spec.type === 'ExternalName' || spec.clusterIPs?.[0] === HEADLESS) return undefined;
  const requested = spec.clusterIPs ?? [];
  const addresses: string[] = [];
  for (const index of (spec.ipFamilies ?? []).keys()) {
    const answer = oneClusterIp(service, index, context);
    if (typeof answer !== 'string') return answer;
    addresses.push(answer);
  }
  spec.clusterIPs = [...addresses, ...requested.slice(addresses.length)];
  const [first] = spec.clusterIPs;
  if (first !== undefined) spec.clusterIP = first;
  return undefined;
}

/** The address for one of the Service's families: the one it names, or a free one. */
function oneClusterIp(service: Service, index: number, context: AdmissionContext): string | ApiError {
  const { metadata, spec } = service;
  const family = spec.ipFamilies?.[index] ?? 'IPv4';
  const range = serviceRanges(context.settings.serviceCidr).get(family);
  const requested = spec.clusterIPs?.[index];
  const purpose = metadata.uid;
  if (!range) return { reason: 'BadRequest', message: `Internal error occurred: ${family} has no range of addresses` };
  if (!requested) {
    const next = allocateNextClusterIp(range, purpose, context);
    if (next.ok) return next.value;
    return internalError(`failed to allocate a serviceIP: ${next.error.message}`);
  }
  const answer = allocateClusterIp(requested, range, context);
  if (answer.ok) return requested;
  const words = `failed to allocate IP ${requested}: ${answer.error.message}`;
  return invalidObject('Service', '', metadata.name, [invalid('spec.clusterIPs', spec.clusterIPs, words)]);
}

function internalError(message: string): ApiError {
  return { reason: 'InternalError', message: `Internal error occurred: ${message}` };
}

function updateClusterIps(service: Service, old: Service, context: AdmissionContext): ApiError | undefined {
  const { spec } = service;
  if (keepsDualStackAsItIs(service, old)) return undefined;
  if (old.spec.type === 'ExternalName' && spec.type !== 'ExternalName') return allocateClusterIps(service, context);
  if (isHeadless(old.spec) || spec.type === 'ExternalName') return undefined;
  if (old.spec.ipFamilies?.length !== 1 || spec.ipFamilies?.length !== 2) return undefined;
  const second = oneClusterIp(service, 1, context);
  if (typeof second !== 'string') return second;
  spec.clusterIPs = [...(spec.clusterIPs?.slice(0, 1) ?? []), second];
  return undefined;
}

function hasNodePorts({ spec }: Service): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

function wantsNodePorts({ spec }: Service): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

function allocateNodePorts(service: Service, context: AdmissionContext): ApiError | undefined {
  const ports = new NodePorts(context, service.metadata.uid);
  if (hasNodePorts(service)) {
    const refusal = initialiseNodePorts(service, ports);
    if (refusal) return refusal;
  }
  return needsHealthCheck(service.spec) ? allocateHealthCheckPort(service, ports) : undefined;
}

/** Two ports of one number (TCP and UDP) share one node port, unless they name different ones. */
function initialiseNodePorts(service: Service, ports: NodePorts): ApiError | undefined {
  const { spec } = service;
  const given = new Map<number, number>();
  const result = (spec.ports ?? []).map((port) => ({ ...port }));
  spec.ports = result;
  for (const [index, port] of result.entries()) {
    if (!port.nodePort && !wantsNodePorts(service)) continue;
    const shared = given.get(port.port);
    const requested = shared === undefined ? requestedNodePort(port.port, result) : port.nodePort;
    if (shared !== undefined && (requested === undefined || requested === 0 || requested === shared)) {
      port.nodePort = shared;
      continue;
    }
    const refusal = reserve(service, ports, port, index, requested);
    if (refusal) return refusal;
    if (shared === undefined) given.set(port.port, port.nodePort ?? 0);
  }
  return undefined;
}

function reserve(
  service: Service,
  ports: NodePorts,
  port: ServicePort,
  index: number,
  requested: number | undefined,
): ApiError | undefined {
  const answer = requested ? ports.allocate(requested) : ports.allocateNext();
  if (answer.ok) {
    port.nodePort = answer.value;
    return undefined;
  }
  if (!requested) return internalError(`failed to allocate a nodePort: ${answer.error.message}`);
  const problem = invalid(`spec.ports[${index}].nodePort`, requested, answer.error.message);
  return invalidObject('Service', '', service.metadata.name, [problem]);
}

function requestedNodePort(port: number, ports: readonly ServicePort[]): number | undefined {
  return ports.find((candidate) => candidate.port === port && candidate.nodePort)?.nodePort;
}

function updateNodePorts(service: Service, old: Service, context: AdmissionContext): ApiError | undefined {
  if (!hasNodePorts(service)) return undefined;
  const { spec } = service;
  const before = nodePortsOf({ ...old.spec, healthCheckNodePort: 0 });
  const ports = new NodePorts(context, service.metadata.uid, nodePortsOf(old.spec));
  const reserved = new Set(before);
  const seen = new Set<string>();
  const result = (spec.ports ?? []).map((port) => ({ ...port }));
  spec.ports = result;
  for (const [index, port] of result.entries()) {
    if (!port.nodePort && !wantsNodePorts(service)) continue;
    if (!port.nodePort || !reserved.has(port.nodePort)) {
      const refusal = reserve(service, ports, port, index, port.nodePort);
      if (refusal) return refusal;
      reserved.add(port.nodePort ?? 0);
    }
    const pair = `${port.protocol} ${port.nodePort}`;
    if (seen.has(pair)) return internalError(`duplicate nodePort: {${pair}}`);
    seen.add(pair);
  }
  return undefined;
}

function allocateHealthCheckPort({ spec }: Service, ports: NodePorts): ApiError | undefined {
  const requested = spec.healthCheckNodePort;
  const answer = requested ? ports.allocate(requested) : ports.allocateNext();
  if (answer.ok) {
    spec.healthCheckNodePort = answer.value;
    return undefined;
  }
  const what = requested ? `requested HealthCheck NodePort ${requested}` : 'a HealthCheck NodePort 0';
  return internalError(`failed to allocate ${what}: ${answer.error.message}`);
}

function updateHealthCheckPort(service: Service, old: Service, context: AdmissionContext): ApiError | undefined {
  if (needsHealthCheck(old.spec) || !needsHealthCheck(service.spec)) return undefined;
  const own = [...nodePortsOf(old.spec), ...nodePortsOf({ ...service.spec, healthCheckNodePort: 0 })];
  return allocateHealthCheckPort(service, new NodePorts(context, `${service.metadata.uid} health`, own));
}
