import { needsHealthCheck } from './defaults.ts';
import { sameList } from './ip-families.ts';
import { nodePortsOf, type Service } from './types.ts';

/**
 * What an update keeps of the values that were allocated, and what it drops with the type that needed them. Source:
 * pkg/registry/core/service/storage/storage.go (patchAllocatedValues, normalizeClusterIPs) and strategy.go
 * (dropTypeDependentFields). All in place.
 */

function hasClusterIp({ spec }: Service): boolean {
  return spec.type !== 'ExternalName';
}

function hasNodePorts({ spec }: Service): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

/** Values that the author of an update left out stay as they were. */
export function keepAllocatedValues(service: Service, old: Service): void {
  const { spec } = service;
  if (hasClusterIp(old) && hasClusterIp(service)) {
    if (!spec.clusterIP && old.spec.clusterIP !== undefined) spec.clusterIP = old.spec.clusterIP;
    if (!spec.clusterIPs?.length && old.spec.clusterIPs) spec.clusterIPs = old.spec.clusterIPs;
  }
  if (hasNodePorts(old) && hasNodePorts(service)) keepNodePorts(service, old);
  if (needsHealthCheck(old.spec) && needsHealthCheck(spec) && old.spec.healthCheckNodePort !== undefined) {
    spec.healthCheckNodePort ||= old.spec.healthCheckNodePort;
  }
}

/** By the name of the port; a node port that another port has meanwhile is not given back. */
function keepNodePorts({ spec }: Service, old: Service): void {
  const portsOnly = (ofSpec: Service['spec']) => nodePortsOf({ ...ofSpec, healthCheckNodePort: 0 });
  const current = new Set(portsOnly(spec));
  const used = new Set(portsOnly(old.spec).filter((port) => current.has(port)));
  const byName = new Map((old.spec.ports ?? []).map((port) => [port.name ?? '', port.nodePort ?? 0]));
  spec.ports = (spec.ports ?? []).map((port) => {
    const known = byName.get(port.name ?? '') ?? 0;
    if (port.nodePort || known === 0 || used.has(known)) return port;
    used.add(known);
    return { ...port, nodePort: known };
  });
}

/** clusterIP and clusterIPs belong together: whoever writes one of them means both. */
export function alignClusterIps({ spec }: Service, old: Service | undefined): void {
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before = old.spec;
  if (before.clusterIPs?.length && !spec.clusterIPs?.length && before.clusterIP === spec.clusterIP) {
    spec.clusterIPs = before.clusterIPs;
  }
  if ((before.clusterIP ?? '') === (spec.clusterIP ?? '') || !sameList(before.clusterIPs, spec.clusterIPs)) return;
  if (before.clusterIP && !spec.clusterIP) delete spec.clusterIPs;
  else if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
}

/** Drops what the new type does not have, unless the author changed it in the same breath (then validation refuses). */
export function dropTypeDependentFields(service: Service, old: Service): void {
  const { spec } = service;
  const before = old.spec;
  if (hasClusterIp(old) && !hasClusterIp(service)) dropAddresses(spec, before);
  if (hasNodePorts(old) && !hasNodePorts(service)) dropNodePorts(spec, before);
  const sameHealthPort = (before.healthCheckNodePort ?? 0) === (spec.healthCheckNodePort ?? 0);
  if (needsHealthCheck(before) && !needsHealthCheck(spec) && sameHealthPort) delete spec.healthCheckNodePort;
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (before.allocateLoadBalancerNodePorts === spec.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (before.loadBalancerClass === spec.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (hasNodePorts(old) && !hasNodePorts(service) && before.externalTrafficPolicy === spec.externalTrafficPolicy) {
    delete spec.externalTrafficPolicy;
  }
  if (spec.type !== 'LoadBalancer' && service.status.loadBalancer.ingress) service.status = { loadBalancer: {} };
}

function dropAddresses(spec: Service['spec'], before: Service['spec']): void {
  const same = (before.clusterIP ?? '') === (spec.clusterIP ?? '') && sameList(before.clusterIPs, spec.clusterIPs);
  if (same) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
  if (sameList(before.ipFamilies, spec.ipFamilies)) delete spec.ipFamilies;
  if (before.ipFamilyPolicy === spec.ipFamilyPolicy) delete spec.ipFamilyPolicy;
}

function dropNodePorts(spec: Service['spec'], before: Service['spec']): void {
  const known = new Set(nodePortsOf({ ...before, healthCheckNodePort: 0 }));
  if (!nodePortsOf({ ...spec, healthCheckNodePort: 0 }).every((port) => known.has(port))) return;
  spec.ports = (spec.ports ?? []).map(({ nodePort: _dropped, ...port }) => port);
}
