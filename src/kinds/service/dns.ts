import type { ClusterView } from '../../machinery/cluster-view.ts';
import { formatIp, parseIp } from '../../machinery/ip-address.ts';
import { Namespace } from '../namespace/types.ts';
import { endpointsOf } from '../endpointslice/queries.ts';
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
  for (const candidate of candidates) {
    const found = answer(view, candidate, clusterDomain);
    if (found.code === 'NOERROR') return found;
  }
  return { code: 'NXDOMAIN', name: asked, records: [] };
}

function answer(view: ClusterView, name: string, clusterDomain: string): DnsAnswer {
  const records = recordsOf(view, name, clusterDomain);
  return records ? { code: 'NOERROR', name, records } : { code: 'NXDOMAIN', name, records: [] };
}

/** The records of a full name; none where there is no such name. */
function recordsOf(view: ClusterView, name: string, domain: string): DnsRecord[] | undefined {
  if (name.endsWith('.in-addr.arpa')) return reverseRecords(view, name, domain);
  if (!name.endsWith(`.${domain}`)) return undefined;
  const labels = name.slice(0, -domain.length - 1).split('.');
  const section = labels.pop();
  const namespace = labels.pop();
  if (namespace === undefined) return undefined;
  if (section === 'pod') return podRecords(view, name, labels, namespace);
  if (section !== 'svc') return undefined;
  const service = view.get(Service, namespace, labels.pop() ?? '');
  if (!service) return undefined;
  if (labels.length === 0) return serviceRecords(view, name, service);
  if (labels.length === 1) return hostRecords(view, name, service, labels[0] ?? '');
  const [port = '', protocol = '', ...rest] = labels;
  if (rest.length > 0 || !port.startsWith('_') || !protocol.startsWith('_')) return undefined;
  return portRecords(view, name, service, port.slice(1), protocol.slice(1), domain);
}

function addressRecord(name: string, ip: string): DnsRecord {
  return { name, type: parseIp(ip)?.family === 'IPv6' ? 'AAAA' : 'A', value: ip, ttlSeconds: TTL_SECONDS };
}

function serviceRecords(view: ClusterView, name: string, service: Service): DnsRecord[] | undefined {
  const { spec } = service;
  if (spec.type === 'ExternalName') {
    return [{ name, type: 'CNAME', value: (spec.externalName ?? '').replace(/\.$/, ''), ttlSeconds: TTL_SECONDS }];
  }
  if (!isHeadless(spec)) return (spec.clusterIPs ?? []).map((ip) => addressRecord(name, ip));
  const addresses = endpointsOf(view, service, true).flatMap(({ endpoint }) => endpoint.addresses);
  return addresses.length > 0 ? [...new Set(addresses)].map((ip) => addressRecord(name, ip)) : undefined;
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
  const targets: { target: string; number: number }[] = [];
  const fits = (candidate: { name?: string; protocol: string }) =>
    (candidate.name ?? '').toLowerCase() === port && candidate.protocol.toLowerCase() === protocol;
  if (spec.type === 'ExternalName') return undefined;
  if (isHeadless(spec)) {
    for (const { endpoint, slice } of endpointsOf(view, service, true)) {
      for (const slicePort of slice.ports.filter(fits)) {
        for (const ip of endpoint.addresses) {
          const target = `${endpointHost(endpoint.hostname, ip)}.${serviceName}`;
          if (slicePort.port !== undefined) targets.push({ target, number: slicePort.port });
        }
      }
    }
  } else {
    for (const servicePort of (spec.ports ?? []).filter(fits))
      targets.push({ target: serviceName, number: servicePort.port });
  }
  if (targets.length === 0) return undefined;
  const weight = Math.floor(100 / targets.length);
  return targets.map(({ target, number }) => ({
    name,
    type: 'SRV',
    value: `0 ${weight} ${number} ${target}`,
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

function reverseRecords(view: ClusterView, name: string, domain: string): DnsRecord[] | undefined {
  const ip = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.');
  if (ip === HEADLESS) return undefined;
  const records = view.by(servicesByClusterIp, ip).map(({ metadata }): DnsRecord => {
    const value = `${metadata.name}.${metadata.namespace}.svc.${domain}`;
    return { name, type: 'PTR', value, ttlSeconds: TTL_SECONDS };
  });
  return records.length > 0 ? records : undefined;
}
