import type { ClusterView } from '../../machinery/cluster-view.ts';
import { hash32 } from '../../machinery/random.ts';
import { reachableEndpoints, type Client, type ListedEndpoint } from '../endpointslice/queries.ts';
import { answerOf, targetOf } from '../trafficsource/queries.ts';
import { proxiedPort, staysAtOne } from './queries.ts';
import type { Service } from './types.ts';

/**
 * Where requests to a Service would go now, as kube-proxy spreads them: evenly over the endpoints that it sends this
 * client to; a client with affinity stays at one. Source: pkg/proxy/iptables/proxier.go.
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

export interface RoutingQuestion extends Client {
  requests: number;
  /** A port's name or number; the first one when it is not named. */
  port?: string | undefined;
}

export function routeRequests(view: ClusterView, service: Service, question: RoutingQuestion): Routing {
  const { requests, ip = '' } = question;
  const none = (reason: string): Routing => ({ requests, answered: 0, failed: requests, shares: [], reason });
  const port = proxiedPort(service, question.port);
  if (port.reason !== undefined) return none(port.reason);
  const { endpoints, reason: refusal } = reachableEndpoints(view, service, port.name, question);
  if (refusal !== undefined) return none(refusal);
  const stays = staysAtOne(service);
  const start = hash32(view.seed, service.metadata.uid, ip) % endpoints.length;
  const shares = endpoints.map((endpoint, index): RoutingShare => {
    const place = (index - start + endpoints.length) % endpoints.length;
    const even = Math.floor(requests / endpoints.length) + (place < requests % endpoints.length ? 1 : 0);
    const share = stays ? (place === 0 ? requests : 0) : even;
    const { reason } = answerOf(view, targetOf(endpoint, port.name), question);
    return { endpoint, requests: share, failed: reason === undefined ? 0 : share, reason };
  });
  const failed = shares.reduce((sum, share) => sum + share.failed, 0);
  return { requests, answered: requests - failed, failed, shares, reason: undefined };
}
