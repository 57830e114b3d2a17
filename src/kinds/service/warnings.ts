import { formatIp, parseIp } from '../../machinery/ip-address.ts';
import { hasClusterIp, isHeadless } from './queries.ts';
import type { Service } from './types.ts';

/** What the API server says of a Service that it accepts. Source: pkg/api/service/warnings.go (GetWarningsForService). */
export function warnOfService(service: Service): string[] {
  const { metadata, spec } = service;
  const warnings: string[] = [];
  if (metadata.annotations?.[HINTS_ANNOTATION] !== undefined) {
    warnings.push(`annotation ${HINTS_ANNOTATION} is deprecated, please use ${MODE_ANNOTATION} instead`);
  }
  if (hasClusterIp(spec)) warnings.push(...warnOfIps(spec.clusterIPs ?? [], 'spec.clusterIPs'));
  const headless = isHeadless(spec);
  const externalIps = spec.externalIPs ?? [];
  if (headless) {
    if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (externalIps.length > 0) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  }
  warnings.push(...warnOfIps(externalIps, 'spec.externalIPs'));
  const elsewhere = spec.type === 'ExternalName';
  if (externalIps.length > 0 && !headless && !elsewhere) {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  }
  if (elsewhere && externalIps.length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (!elsewhere && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}

const HINTS_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
const MODE_ANNOTATION = 'service.kubernetes.io/topology-mode';

/** GetWarningsForIP, for addresses that are valid. */
function warnOfIps(ips: readonly string[], path: string): string[] {
  return ips.flatMap((ip, index) => {
    const address = parseIp(ip);
    const canonical = address && formatIp(address);
    if (address?.family !== 'IPv6' || canonical === undefined || canonical === ip) return [];
    return [`${path}[${index}]: IPv6 address "${ip}" should be in RFC 5952 canonical format ("${canonical}")`];
  });
}
