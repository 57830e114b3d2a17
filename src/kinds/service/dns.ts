import type { ClusterView } from '../../machinery/cluster-view.ts';
import { formatIp, parseIp } from '../../machinery/ip-address.ts';
import { Namespace } from '../namespace/types.ts';
import { endpointsOf, isEndpointReady, slicesOfPod } from '../endpointslice/queries.ts';
import { SERVICE_NAME_LABEL } from '../endpointslice/types.ts';
import { podsByAddress } from '../pod/types.ts';
import { isHeadless } from './queries.ts';
import { HEADLESS, Service, servicesByClusterIp } from './types.ts';

/**
 * Names of Services and pods as the cluster's DNS answers them. Source: the DNS specification of Kubernetes (version
 * 1.1.0) and CoreDNS' kubernetes plugin with `pods insecure`, as kubeadm installs it.
 */

export interface DnsRecord {
  /** The full name, without the last dot. */
  name: string;
  type: 'A' | 'AAAA' | 'CNAME' | 'SRV' | 'PTR';
  /** An address, a name, or "priority weight port target" for SRV. */
  value: string;
  ttlSeconds: number;
}

export interface DnsAnswer {
  code: 'NOERROR' | 'NXDOMAIN';
  /** The name that was found, after the search path. */
  name: string;
  records: DnsRecord[];
}

/** kubernetes plugin: ttl 30 in kubeadm's Corefile. */
const TTL_SECONDS = 30;
/** resolv.conf of a pod: names with fewer dots try the search path first. */
const NDOTS = 5;

/**
 * Answers a name. With `namespace`, as a pod of that namespace asks: names with few dots go through its search path
 * first; a name that ends in a dot never does. Names outside of the cluster's domain are not found.
 */
export function resolveName(view: ClusterView, name: string, clusterDomain: string, namespace?: string): DnsAnswer {
  const absolute = name.endsWith('.') ? name.slice(0, -1) : undefined;
  if (absolute !== undefined) return answer(view, absolute.toLowerCase(), clusterDomain);
  const asked = name.toLowerCase();
  const search =
    namespace === undefined
      ? []
      : [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain].map(
          (suffix) => `${asked}.${suffix}`,
        );
  const dots = asked.split('.').length - 1;
  const candidates = dots < NDOTS ? [...search, asked] : [asked, ...search];
  let found: DnsAnswer | undefined;
  for (const candidate of candidates) {
    const next = answer(view, candidate, clusterDomain);
    if (next.records.length > 0) return next;
    // A name without records is the answer only where the rest of the search path has none either.
    if (next.code === 'NOERROR') found ??= next;
  }
  return found ?? { code: 'NXDOMAIN', name: asked, records: [] };
}

function answer(view: ClusterView, name: string, clusterDomain: string): DnsAnswer {
  const records = recordsOf(view, name, clusterDomain);
  return records ? { code: 'NOERROR', name, records } : { code: 'NXDOMAIN', name, records: [] };
}

/** The records of a full name: an empty list where it is a step on the way to others, none where there is no such name. */
function recordsOf(view: ClusterView, name: string, domain: string, aliases = 0): DnsRecord[] | undefined {
  const address = reversedAddress(name);
  if (address !== undefined) return reverseRecords(view, name, address, domain);
  if (name === domain) return [];
  if (!name.endsWith(`.${domain}`)) return undefined;
  const labels = name.slice(0, -domain.length - 1).split('.');
  const section = labels.pop();
  if (section !== 'pod' && section !== 'svc') return undefined;
  const namespace = labels.pop();
  if (namespace === undefined) return [];
  if (labels.length === 0) return view.get(Namespace, undefined, namespace) ? [] : undefined;
  if (section === 'pod') return podRecords(view, name, labels, namespace);
  const service = view.get(Service, namespace, labels.pop() ?? '');
  if (!service) return undefined;
  if (labels.length === 0) return serviceRecords(view, name, service, domain, aliases);
  if (labels.length === 1) return hostRecords(view, name, service, labels[0] ?? '');
  const [port = '', protocol = '', ...rest] = labels;
  if (rest.length > 0 || !port.startsWith('_') || !protocol.startsWith('_')) return undefined;
  return portRecords(view, name, service, port.slice(1), protocol.slice(1), domain);
}

function addressRecord(name: string, ip: string): DnsRecord {
  return { name, type: parseIp(ip)?.family === 'IPv6' ? 'AAAA' : 'A', value: ip, ttlSeconds: TTL_SECONDS };
}

function serviceRecords(
  view: ClusterView,
  name: string,
  service: Service,
  domain: string,
  aliases: number,
): DnsRecord[] | undefined {
  const { spec } = service;
  if (spec.type === 'ExternalName') return aliasRecords(view, name, service, domain, aliases);
  if (!isHeadless(spec)) return (spec.clusterIPs ?? []).map((ip) => addressRecord(name, ip));
  const addresses = endpointsOf(view, service, true).flatMap(({ endpoint }) => endpoint.addresses);
  return addresses.length > 0 ? [...new Set(addresses)].map((ip) => addressRecord(name, ip)) : undefined;
}

/** How long a chain of aliases is followed. */
const MAX_ALIASES = 7;

/** An alias and, where it leads to a name of the cluster, what that one has. An address is no name to lead to. */
function aliasRecords(
  view: ClusterView,
  name: string,
  service: Service,
  domain: string,
  aliases: number,
): DnsRecord[] | undefined {
  const target = (service.spec.externalName ?? '').replace(/\.$/, '');
  if (parseIp(target)) return undefined;
  const alias: DnsRecord = { name, type: 'CNAME', value: target, ttlSeconds: TTL_SECONDS };
  if (aliases >= MAX_ALIASES) return [alias];
  return [alias, ...(recordsOf(view, target.toLowerCase(), domain, aliases + 1) ?? [])];
}

/** What an endpoint is called below its Service: its host name, or its address with dashes. */
function endpointHost(hostname: string | undefined, ip: string): string {
  return hostname || ip.replaceAll(/[.:]/g, '-');
}

function hostRecords(view: ClusterView, name: string, service: Service, host: string): DnsRecord[] | undefined {
  const records: DnsRecord[] = [];
  for (const { endpoint } of endpointsOf(view, service, true)) {
    for (const ip of endpoint.addresses) {
      if (endpointHost(endpoint.hostname, ip).toLowerCase() === host) records.push(addressRecord(name, ip));
    }
  }
  return records.length > 0 ? records : undefined;
}

function portRecords(
  view: ClusterView,
  name: string,
  service: Service,
  port: string,
  protocol: string,
  domain: string,
): DnsRecord[] | undefined {
  const { metadata, spec } = service;
  const serviceName = `${metadata.name}.${metadata.namespace}.svc.${domain}`;
  const targets: string[] = [];
  const fits = (candidate: { name?: string; protocol: string }) =>
    (candidate.name ?? '').toLowerCase() === port && candidate.protocol.toLowerCase() === protocol;
  if (spec.type === 'ExternalName') return undefined;
  if (isHeadless(spec)) {
    for (const { endpoint, slice } of endpointsOf(view, service, true)) {
      for (const slicePort of slice.ports.filter(fits)) {
        for (const ip of endpoint.addresses) {
          const host = endpointHost(endpoint.hostname, ip);
          if (slicePort.port !== undefined) targets.push(`${slicePort.port} ${host}.${serviceName}`);
        }
      }
    }
  } else {
    for (const servicePort of (spec.ports ?? []).filter(fits)) {
      for (const _ip of spec.clusterIPs ?? []) targets.push(`${servicePort.port} ${serviceName}`);
    }
  }
  if (targets.length === 0) return undefined;
  // Every address counts for the weight; those of one name are one record.
  const weight = Math.floor(100 / targets.length);
  return [...new Set(targets)].map((target) => ({
    name,
    type: 'SRV',
    value: `0 ${weight} ${target}`,
    ttlSeconds: TTL_SECONDS,
  }));
}

/** "10-244-0-7.default.pod": whatever address the name spells, in a namespace that is there. */
function podRecords(view: ClusterView, name: string, labels: string[], namespace: string): DnsRecord[] | undefined {
  if (labels.length !== 1 || !view.get(Namespace, undefined, namespace)) return undefined;
  const spelled = labels[0] ?? '';
  const address = parseIp(spelled.replaceAll('-', '.')) ?? parseIp(spelled.replaceAll('-', ':'));
  return address ? [addressRecord(name, formatIp(address))] : undefined;
}

const IPV4_REVERSE = '.in-addr.arpa';
const IPV6_REVERSE = '.ip6.arpa';

/** The address that a reversed name stands for; undefined for other names. */
function reversedAddress(name: string): string | undefined {
  if (name.endsWith(IPV4_REVERSE)) return name.slice(0, -IPV4_REVERSE.length).split('.').reverse().join('.');
  if (!name.endsWith(IPV6_REVERSE)) return undefined;
  const digits = name.slice(0, -IPV6_REVERSE.length).split('.').reverse().join('');
  const address = parseIp(digits.replaceAll(/(.{4})(?=.)/g, '$1:'));
  return address ? formatIp(address) : '';
}

/** The Service that has the address, or else a name for each Service that has it among its endpoints. */
function reverseRecords(view: ClusterView, name: string, ip: string, domain: string): DnsRecord[] | undefined {
  if (ip === HEADLESS) return undefined;
  const record = (value: string): DnsRecord => ({ name, type: 'PTR', value, ttlSeconds: TTL_SECONDS });
  const zone = `svc.${domain}`;
  const [service] = view.by(servicesByClusterIp, ip);
  if (service) return [record(`${service.metadata.name}.${service.metadata.namespace}.${zone}`)];
  const records: DnsRecord[] = [];
  for (const pod of view.by(podsByAddress, ip)) {
    for (const slice of slicesOfPod(view, pod)) {
      const owner = slice.metadata.labels?.[SERVICE_NAME_LABEL];
      for (const endpoint of slice.endpoints) {
        if (!isEndpointReady(endpoint) || !endpoint.addresses.includes(ip)) continue;
        records.push(record(`${endpointHost(endpoint.hostname, ip)}.${owner}.${slice.metadata.namespace}.${zone}`));
      }
    }
  }
  return records.length > 0 ? records : undefined;
}
