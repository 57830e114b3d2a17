import type { ClusterView } from '../../machinery/cluster-view.ts';
import { parseIp } from '../../machinery/ip-address.ts';
import { isBeingDeleted, keyOf } from '../../machinery/object.ts';
import { Node } from '../node/types.ts';
import type { Pod } from '../pod/types.ts';
import { HEADLESS, type Service } from '../service/types.ts';
import { slicesByService, slicesByTarget, type Endpoint, type EndpointSlice } from './types.ts';

/** Questions about endpoints, answered from the stored slices. */

/** The slices of a Service, oldest first. */
export function slicesOfService(view: ClusterView, service: Service): readonly EndpointSlice[] {
  return view.by(slicesByService, keyOf(service));
}

/** The slices that list a pod, oldest first. */
export function slicesOfPod(view: ClusterView, pod: Pod): readonly EndpointSlice[] {
  const { uid } = pod.metadata;
  return view
    .by(slicesByTarget, keyOf(pod))
    .filter(({ endpoints }) => endpoints.some(({ targetRef }) => targetRef?.uid === uid));
}

/** An endpoint and the slice that lists it. */
export interface ListedEndpoint {
  endpoint: Endpoint;
  slice: EndpointSlice;
}

/**
 * The endpoints of a Service over all its slices, each address once (a pod whose named ports differ stands in several
 * slices); with `ready` only those that are, or are not.
 */
export function endpointsOf(view: ClusterView, service: Service, ready?: boolean): ListedEndpoint[] {
  return endpointsIn(slicesOfService(view, service), ready);
}

function endpointsIn(slices: readonly EndpointSlice[], ready?: boolean): ListedEndpoint[] {
  const listed: ListedEndpoint[] = [];
  const seen = new Set<string>();
  for (const slice of slices) {
    if (isBeingDeleted(slice)) continue;
    for (const endpoint of slice.endpoints) {
      if (ready !== undefined && isEndpointReady(endpoint) !== ready) continue;
      const key = `${slice.addressType} ${endpoint.addresses.join(',')} ${endpoint.targetRef?.uid ?? ''}`;
      if (seen.has(key)) continue;
      seen.add(key);
      listed.push({ endpoint, slice });
    }
  }
  return listed;
}

/** A condition that nobody set counts as ready (discovery/v1 EndpointConditions). */
export function isEndpointReady({ conditions }: Endpoint): boolean {
  return conditions?.ready ?? true;
}

/** Who sends requests: decides what a kube-proxy of theirs makes of a Service's endpoints. */
export interface Client {
  /** The node that it is on. */
  node?: string | undefined;
  /** Its zone; default: its node's. Without node and zone clients are everywhere: no hint applies, all is local. */
  zone?: string | undefined;
  /** It comes from outside of the cluster, by a node port or a load balancer. */
  external?: boolean | undefined;
  /** Its address: IPv4 or IPv6. */
  ip?: string | undefined;
}

/** The endpoints that a client's requests go to, or why there are none. */
export interface Reachable {
  endpoints: readonly ListedEndpoint[];
  reason?: string;
}

/**
 * The endpoints to which a kube-proxy sends a client's requests to one port: those that are ready, near ones first where
 * all have hints, those on the client's own node where the policy is Local; where none is ready, those that still serve
 * while they terminate. Source: pkg/proxy/topology.go (CategorizeEndpoints), pkg/proxy/iptables/proxier.go.
 */
export function reachableEndpoints(view: ClusterView, service: Service, port: string, client: Client): Reachable {
  const family = familyFor(service, client);
  const anyPort = !service.spec.ports?.length;
  const slices = slicesOfService(view, service).filter(
    ({ addressType, ports }) =>
      (family === undefined || addressType === family) && (anyPort || ports.some(({ name = '' }) => name === port)),
  );
  const all = endpointsIn(slices);
  if (service.spec.clusterIPs?.[0] === HEADLESS) return named(all);
  const usable = readyOrServing(all);
  if (usable.length === 0) return { endpoints: [], reason: 'connection refused: no endpoints' };
  const { externalTrafficPolicy, internalTrafficPolicy } = service.spec;
  if ((client.external ? externalTrafficPolicy : internalTrafficPolicy) === 'Local') {
    if (client.node === undefined) return { endpoints: usable };
    const local = readyOrServing(all.filter(({ endpoint }) => endpoint.nodeName === client.node));
    return local.length > 0
      ? { endpoints: local }
      : { endpoints: [], reason: 'connection timed out: no endpoint on the node' };
  }
  return { endpoints: nearest(view, usable, client) };
}

/** A headless Service is not proxied: its clients speak to the pods that its name stands for. */
function named(all: readonly ListedEndpoint[]): Reachable {
  const endpoints = all.filter(({ endpoint }) => isEndpointReady(endpoint));
  return endpoints.length > 0 ? { endpoints } : { endpoints, reason: 'no such host: no endpoint is ready' };
}

function familyFor({ spec }: Service, { ip }: Client): string | undefined {
  const asked = ip === undefined ? undefined : parseIp(ip)?.family;
  return asked !== undefined && spec.ipFamilies?.includes(asked) ? asked : spec.ipFamilies?.[0];
}

function readyOrServing(listed: readonly ListedEndpoint[]): ListedEndpoint[] {
  const ready = listed.filter(({ endpoint }) => isEndpointReady(endpoint));
  if (ready.length > 0) return ready;
  return listed.filter(({ endpoint: { conditions } }) => conditions.serving && conditions.terminating);
}

/** topologyModeFromHints: hints count when every ready endpoint has one and some are for the client's node or zone. */
function nearest(
  view: ClusterView,
  usable: readonly ListedEndpoint[],
  { node, zone = zoneOf(view, node) }: Client,
): readonly ListedEndpoint[] {
  const hinted = (list: 'forNodes' | 'forZones', name: string | undefined) => {
    if (name === undefined || !usable.every(({ endpoint }) => endpoint.hints?.[list]?.length)) return [];
    return usable.filter(({ endpoint }) => endpoint.hints?.[list]?.some((hint) => hint.name === name));
  };
  // Endpoints that terminate have no hints: with them every endpoint is as good as any other.
  if (usable.some(({ endpoint }) => !isEndpointReady(endpoint))) return usable;
  const onNode = hinted('forNodes', node);
  if (onNode.length > 0) return onNode;
  const inZone = hinted('forZones', zone);
  return inZone.length > 0 ? inZone : usable;
}

function zoneOf(view: ClusterView, node: string | undefined): string | undefined {
  return node === undefined ? undefined : view.get(Node, undefined, node)?.metadata.labels?.[ZONE_LABEL];
}

const ZONE_LABEL = 'topology.kubernetes.io/zone';
