import type { Pod } from './types.ts';

/**
 * What a pod's containers are called, and the files that tell them so. Source: pkg/kubelet/kubelet_pods.go
 * (GeneratePodHostNameAndDomain, managedHostsFileContent, hostsEntriesFromHostAliases), network/dns/dns.go.
 */

const MAX_HOSTNAME = 63;

/** The host name that all containers of a pod share: the pod's own unless it says another, or that of its node. */
export function hostnameOf({ metadata, spec }: Pod): string {
  if (spec.hostNetwork) return spec.nodeName ?? '';
  const { hostnameOverride } = spec as { hostnameOverride?: string };
  if (hostnameOverride) return hostnameOverride;
  return (spec.hostname || metadata.name).slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '');
}

/** The domain of a pod with a subdomain: "db.shop.svc.cluster.local"; undefined without one. */
export function subdomainOf({ metadata, spec }: Pod, clusterDomain: string): string | undefined {
  return spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : undefined;
}

/** `/etc/hosts` as the kubelet writes it for the containers of a pod. */
export function hostsFile(pod: Pod, clusterDomain: string): string {
  const { hostAliases, hostNetwork } = pod.spec;
  const lines = hostNetwork
    ? ['# Kubernetes-managed hosts file (host network).', '127.0.0.1\tlocalhost']
    : [
        '# Kubernetes-managed hosts file.',
        '127.0.0.1\tlocalhost',
        '::1\tlocalhost ip6-localhost ip6-loopback',
        'fe00::0\tip6-localnet',
        'fe00::0\tip6-mcastprefix',
        'fe00::1\tip6-allnodes',
        'fe00::2\tip6-allrouters',
      ];
  if (!hostNetwork) {
    const host = hostnameOf(pod);
    const domain = subdomainOf(pod, clusterDomain);
    const names = domain ? `${host}.${domain}\t${host}` : host;
    for (const { ip } of pod.status.podIPs ?? []) lines.push(`${ip}\t${names}`);
  }
  if (hostAliases?.length) {
    lines.push('', '# Entries added by HostAliases.');
    for (const { ip, hostnames } of hostAliases) lines.push(`${ip}\t${(hostnames ?? []).join('\t')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `/etc/resolv.conf` of a pod, with the cluster's name server at `nameServer`. */
export function resolvFile({ metadata, spec }: Pod, clusterDomain: string, nameServer: string): string {
  const { dnsConfig = {}, dnsPolicy = 'ClusterFirst', hostNetwork } = spec;
  const isCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  const searches = isCluster
    ? [`${metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain]
    : [];
  const servers = isCluster ? [nameServer] : [];
  const options = new Map<string, string>(isCluster ? [['ndots', '5']] : []);
  for (const { name, value } of dnsConfig.options ?? []) options.set(name ?? '', value ?? '');
  const search = [...new Set([...searches, ...(dnsConfig.searches ?? [])])];
  const lines: string[] = [];
  if (search.length > 0) lines.push(`search ${search.join(' ')}`);
  for (const server of new Set([...servers, ...(dnsConfig.nameservers ?? [])])) lines.push(`nameserver ${server}`);
  const words = [...options].map(([name, value]) => (value ? `${name}:${value}` : name));
  if (words.length > 0) lines.push(`options ${words.join(' ')}`);
  return lines.length > 0 ? `${lines.join('\n')}\n` : '';
}
