import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { StringMap } from '../../machinery/object.ts';
import { formatIp, parseIp } from '../../machinery/ip-address.ts';
import { Node } from '../node/types.ts';
import { isPodReady, isPodTerminal } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { findPodPort, isHeadless } from '../service/queries.ts';
import { Memo } from '../../machinery/memo.ts';
import { isTopologyAuto, type Service } from '../service/types.ts';
import type { AddressType, Endpoint, EndpointHints, EndpointPort } from './types.ts';

/** What a pod adds to a Service's slices. Source: staging/src/k8s.io/endpointslice/utils.go and util/controller_utils.go. */

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** ShouldPodBeInEndpoints, terminating pods included: it has an address and has not ended. */
export function belongsInSlices(pod: Pod): boolean {
  if (isPodTerminal(pod)) return false;
  return Boolean(pod.status.podIP) || (pod.status.podIPs?.length ?? 0) > 0;
}

/** getAddressTypesForService */
export function addressTypesOf({ spec }: Service): AddressType[] {
  if (spec.ipFamilies?.length) return spec.ipFamilies;
  if (spec.clusterIP && !isHeadless(spec)) return [parseIp(spec.clusterIP)?.family ?? 'IPv4'];
  return ['IPv4', 'IPv6'];
}

/** getEndpointPorts: the Service's ports as this pod has them; a named one that the pod lacks is left out. */
export function endpointPorts({ spec }: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of spec.ports ?? []) {
    const number = findPodPort(pod, port);
    if (number === undefined) continue;
    const { name = '', protocol, appProtocol } = port;
    ports.push({ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return ports;
}

/** One text for one set of ports: pods of equal text share slices. */
export function portsKey(ports: readonly EndpointPort[]): string {
  return ports
    .map(({ name = '', port, protocol, appProtocol = '' }) => `${name} ${port ?? ''} ${protocol} ${appProtocol}`)
    .sort()
    .join('\n');
}

/** One text for one endpoint's identity: its addresses, its host name and its pod. */
export function endpointKey(endpoint: Endpoint): string {
  let key = endpointKeys.get(endpoint);
  if (key === undefined) {
    const { addresses, hostname = '', targetRef } = endpoint;
    key = `${addresses.join(',')} ${hostname} ${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}`;
    endpointKeys.set(endpoint, key);
  }
  return key;
}

const endpointKeys = new WeakMap<Endpoint, string>();

/** What a pod adds to the slices of one address type. */
export interface PodEndpoint {
  ports: EndpointPort[];
  portsKey: string;
  endpoint: Endpoint | undefined;
  /** The node it was worked out for. */
  node: NodeTraits | undefined;
}

type NodeTraits = { labels: StringMap | undefined };

const podEndpoints: Record<AddressType, Memo<Service, Pod, PodEndpoint>> = {
  IPv4: new Memo(),
  IPv6: new Memo(),
  FQDN: new Memo(),
};

/** `endpointOf` and `endpointPorts` of each pod, in their order; worked out for those that changed only. */
export function endpointsOfPods(
  view: ClusterView,
  service: Service,
  pods: readonly Pod[],
  addressType: AddressType,
): Iterable<PodEndpoint> {
  const nodeOf = ({ spec }: Pod) => (spec.nodeName ? view.get(Node, undefined, spec.nodeName) : undefined);
  return podEndpoints[addressType].look(
    service,
    pods,
    (pod) => {
      const ports = endpointPorts(service, pod);
      const node = nodeOf(pod);
      return {
        ports,
        portsKey: portsKey(ports),
        endpoint: endpointOf(view, service, pod, addressType),
        node: node && { labels: node.metadata.labels },
      };
    },
    (known, pod) => {
      const node = nodeOf(pod);
      return node ? known.node !== undefined && known.node.labels === node.metadata.labels : known.node === undefined;
    },
  );
}

/**
 * podToEndpoint: undefined when the pod has no address of this type, or its node is not there (the pod will go too),
 * unless the Service publishes pods that are not ready.
 */
export function endpointOf(
  view: ClusterView,
  service: Service,
  pod: Pod,
  addressType: AddressType,
): Endpoint | undefined {
  const { nodeName, hostname, subdomain } = pod.spec;
  const node = nodeName ? view.get(Node, undefined, nodeName) : undefined;
  const publishesAll = service.spec.publishNotReadyAddresses ?? false;
  if (!node && !publishesAll) return undefined;
  const addresses = podAddresses(pod, addressType);
  if (addresses.length === 0) return undefined;
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { namespace, name, uid } = pod.metadata;
  const endpoint: Endpoint = {
    addresses,
    conditions: { ready: publishesAll || (serving && !terminating), serving, terminating },
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
  };
  if (hostname && subdomain === service.metadata.name) endpoint.hostname = hostname;
  if (nodeName) endpoint.nodeName = nodeName;
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  if (zone) endpoint.zone = zone;
  const hints = distributionHints(service, endpoint);
  if (hints) endpoint.hints = hints;
  return endpoint;
}

function podAddresses({ status }: Pod, addressType: AddressType): string[] {
  const addresses: string[] = [];
  for (const { ip } of status.podIPs ?? (status.podIP ? [{ ip: status.podIP }] : [])) {
    const address = ip === undefined ? undefined : parseIp(ip);
    if (address?.family === addressType) addresses.push(formatIp(address));
  }
  return addresses;
}

/** Where a ready endpoint wants its clients, by spec.trafficDistribution (endpointslice/trafficdist). */
function distributionHints(service: Service, endpoint: Endpoint): EndpointHints | undefined {
  const distribution = service.spec.trafficDistribution;
  if (distribution === undefined || !endpoint.conditions.ready || isTopologyAuto(service)) return undefined;
  const hints: EndpointHints = {};
  if (endpoint.zone) hints.forZones = [{ name: endpoint.zone }];
  if (distribution === 'PreferSameNode' && endpoint.nodeName) hints.forNodes = [{ name: endpoint.nodeName }];
  return hints.forZones || hints.forNodes ? hints : undefined;
}
