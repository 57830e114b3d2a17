import type { ClusterView } from '../../machinery/cluster-view.ts';
import { hash32 } from '../../machinery/random.ts';
import { Node } from '../node/types.ts';
import type { Container, ContainerStatus, Pod } from '../pod/types.ts';
import { endpointsOf, isEndpointReady, type ListedEndpoint } from '../endpointslice/queries.ts';
import { isHeadless } from './queries.ts';
import type { Service } from './types.ts';

/**
 * Where requests to a Service would go now, as kube-proxy spreads them: evenly over the endpoints that are ready, or, if
 * none is, over those that still serve while they terminate; a client with affinity stays at one. Source:
 * pkg/proxy/topology.go (CategorizeEndpoints) and pkg/proxy/iptables/proxier.go.
 */

export interface RoutingShare {
  endpoint: ListedEndpoint;
  requests: number;
  failed: number;
  /** Why requests to this endpoint fail; undefined when they are answered. */
  reason: string | undefined;
}

export interface Routing {
  requests: number;
  answered: number;
  failed: number;
  shares: RoutingShare[];
  /** Why requests fail before they reach any endpoint; undefined when there is one. */
  reason: string | undefined;
}

export interface RoutingQuestion {
  requests: number;
  /** Where the requests come from: decides for a Service with affinity. */
  clientIP?: string | undefined;
  /** A port's name or number; the first one when it is not named. */
  port?: string | undefined;
}

export function routeRequests(view: ClusterView, service: Service, question: RoutingQuestion): Routing {
  const { requests, clientIP = '', port } = question;
  const none = (reason: string): Routing => ({ requests, answered: 0, failed: requests, shares: [], reason });
  if (service.spec.type === 'ExternalName') return none('an ExternalName is not proxied');
  const servicePort = (service.spec.ports ?? []).find(
    ({ name, port: number }) => port === undefined || name === port || String(number) === port,
  );
  if (!servicePort && !isHeadless(service.spec)) return none('no such port');
  const usable = usableEndpoints(view, service, servicePort?.name ?? '');
  if (usable.length === 0) return none('connection refused: no endpoints');
  const stays = service.spec.sessionAffinity === 'ClientIP';
  const start = hash32(view.seed, service.metadata.uid, clientIP) % usable.length;
  const shares = usable.map((endpoint, index): RoutingShare => {
    const place = (index - start + usable.length) % usable.length;
    const even = Math.floor(requests / usable.length) + (place < requests % usable.length ? 1 : 0);
    const share = stays ? (place === 0 ? requests : 0) : even;
    const reason = failureOf(view, endpoint, servicePort?.name ?? '');
    return { endpoint, requests: share, failed: reason === undefined ? 0 : share, reason };
  });
  const failed = shares.reduce((sum, share) => sum + share.failed, 0);
  return { requests, answered: requests - failed, failed, shares, reason: undefined };
}

/** Endpoints that have the port: the ready ones, or else those that serve while they terminate. */
function usableEndpoints(view: ClusterView, service: Service, port: string): ListedEndpoint[] {
  const all = endpointsOf(view, service).filter(
    ({ slice }) => slice.ports.length === 0 || slice.ports.some(({ name = '' }) => name === port),
  );
  const ready = all.filter(({ endpoint }) => isEndpointReady(endpoint));
  if (ready.length > 0) return ready;
  return all.filter(({ endpoint: { conditions } }) => conditions.serving && conditions.terminating);
}

/** Why a request to an endpoint is not answered; undefined when it is. */
function failureOf(view: ClusterView, { endpoint, slice }: ListedEndpoint, portName: string): string | undefined {
  const { targetRef, nodeName } = endpoint;
  if (!targetRef?.uid) return undefined;
  const pod = view.byUid(targetRef.uid) as Pod | undefined;
  if (!pod) return 'no route to host: the pod is gone';
  const node = nodeName ? view.get(Node, undefined, nodeName) : undefined;
  const nodeReady = node?.status.conditions?.find(({ type }) => type === 'Ready');
  if (nodeName && !node) return 'no route to host: the node is gone';
  if (nodeReady && nodeReady.status !== 'True') return 'connection timed out: the node does not answer';
  const number = slice.ports.find(({ name = '' }) => name === portName)?.port;
  const container = listener(pod.spec.containers, number);
  const status = (pod.status.containerStatuses ?? []).find(({ name }) => name === container?.name);
  return status && refusalOf(status);
}

/** The container that says it has the port, or the first one. */
function listener(containers: readonly Container[], port: number | undefined): Container | undefined {
  const named = containers.find(({ ports }) => ports?.some(({ containerPort }) => containerPort === port));
  return named ?? containers[0];
}

function refusalOf({ state, started }: ContainerStatus): string | undefined {
  if (!state?.running) return 'connection refused: the container does not run';
  return started === false ? 'connection refused: the container is still starting' : undefined;
}
