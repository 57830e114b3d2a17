import type { ClusterView } from '../../machinery/cluster-view.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import { Gateway, GATEWAY_GROUP, type Listener } from '../gateway/types.ts';
import { isServedGatewayClass } from '../gatewayclass/queries.ts';
import { GatewayClass } from '../gatewayclass/types.ts';
import { Namespace } from '../namespace/types.ts';
import type { HttpRoute, ParentReference } from './types.ts';

/** Which listeners of a Gateway take which routes (sigs.k8s.io/gateway-api, apis/v1: ParentReference, AllowedRoutes). */

/** A Gateway that some simulated controller serves, with its class. */
export function servedGateway(
  view: ClusterView,
  namespace: string | undefined,
  name: string,
): { gateway: Gateway; gatewayClass: GatewayClass } | undefined {
  const gateway = view.get(Gateway, namespace, name);
  const gatewayClass = gateway && view.get(GatewayClass, undefined, gateway.spec.gatewayClassName);
  return gateway && gatewayClass && isServedGatewayClass(gatewayClass) ? { gateway, gatewayClass } : undefined;
}

export interface Attachment {
  /** The listeners that take the route: none where it is refused. */
  listeners: readonly Listener[];
  /** The reason and message of the condition Accepted. */
  reason: string;
  message: string;
}

/** What becomes of one parent reference of a route. */
export function attach(view: ClusterView, route: HttpRoute, parent: ParentReference, gateway: Gateway): Attachment {
  const refused = (reason: string, message: string): Attachment => ({ listeners: [], reason, message });
  const named = gateway.spec.listeners.filter(
    ({ name, port }) =>
      (parent.sectionName === undefined || parent.sectionName === name) &&
      (parent.port === undefined || parent.port === port),
  );
  if (named.length === 0) return refused('NoMatchingParent', 'No listeners match this parent ref');
  const allowing = named.filter((listener) => allows(view, listener, gateway, route));
  if (allowing.length === 0) {
    return refused('NotAllowedByListeners', 'No listeners included by this parent ref allowed this attachment.');
  }
  const listeners = allowing.filter((listener) => sharesHostname(listener, route));
  if (listeners.length > 0) return { listeners, reason: 'Accepted', message: 'Route is accepted' };
  return refused(
    'NoMatchingListenerHostname',
    "There were no hostname intersections between the HTTPRoute and this parent ref's Listener(s).",
  );
}

/** The listeners of a Gateway that take a route, over all of its references to it. */
export function listenersOf(view: ClusterView, route: HttpRoute, gateway: Gateway): Listener[] {
  const taken = (route.spec.parentRefs ?? [])
    .filter((parent) => isReferenceTo(parent, route, gateway))
    .flatMap((parent) => attach(view, route, parent, gateway).listeners);
  return gateway.spec.listeners.filter((listener) => taken.includes(listener));
}

function isReferenceTo(parent: ParentReference, route: HttpRoute, gateway: Gateway): boolean {
  const { kind = 'Gateway', group = GATEWAY_GROUP, namespace = route.metadata.namespace, name } = parent;
  const place = gateway.metadata;
  return kind === 'Gateway' && group === GATEWAY_GROUP && namespace === place.namespace && name === place.name;
}

/** Protocols of HTTP are for HTTPRoutes, unless the listener names other kinds; and from the namespaces it allows. */
function allows(view: ClusterView, { protocol, allowedRoutes }: Listener, gateway: Gateway, route: HttpRoute): boolean {
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') return false;
  const { kinds, namespaces } = allowedRoutes ?? {};
  const isKind = ({ group = GATEWAY_GROUP, kind }: { group?: string; kind: string }) =>
    group === GATEWAY_GROUP && kind === 'HTTPRoute';
  if (kinds?.length && !kinds.some(isKind)) return false;
  const { namespace } = route.metadata;
  switch (namespaces?.from ?? 'Same') {
    case 'All':
      return true;
    case 'Same':
      return namespace === gateway.metadata.namespace;
    case 'Selector': {
      const labels = view.get(Namespace, undefined, namespace ?? '')?.metadata.labels;
      return matches(fromLabelSelector(namespaces?.selector), labels);
    }
    default:
      return false;
  }
}

function sharesHostname({ hostname }: Listener, { spec }: HttpRoute): boolean {
  if (!hostname || !spec.hostnames?.length) return true;
  return spec.hostnames.some((each) => covers(hostname, each) || covers(each, hostname));
}

/** Whether a host name, which may start with "*.", is for another: a wildcard is for any number of labels. */
export function covers(hostname: string, name: string): boolean {
  if (hostname === name) return true;
  return hostname.startsWith('*.') && name.endsWith(hostname.slice(1)) && name.length > hostname.length - 1;
}
