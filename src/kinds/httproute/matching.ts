import type { ClusterView } from '../../machinery/cluster-view.ts';
import { keyOf } from '../../machinery/object.ts';
import type { Gateway, Listener } from '../gateway/types.ts';
import { resolveBackendReference, type RouteBackend } from './backends.ts';
import { covers, listenersOf } from './queries.ts';
import { routesByGateway, type HttpRoute, type RouteMatch, type RouteRule, type ValueMatch } from './types.ts';

/**
 * Which rule of the routes of a Gateway takes a request: the order of precedence of HTTPRouteRule.matches
 * (sigs.k8s.io/gateway-api, apis/v1). Regular expressions are not evaluated: such a match takes nothing.
 */

export interface RouteRequest {
  host: string;
  path: string;
  method: string;
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>;
  /** The port of the listener; undefined for any. */
  port: number | undefined;
}

export interface RouteAnswer {
  listener: Listener | undefined;
  route: HttpRoute | undefined;
  /** The place of the rule in the route. */
  rule: number | undefined;
  backends: readonly RouteBackend[];
  statusCode: number;
  reason: string | undefined;
}

const NOTHING = { listener: undefined, route: undefined, rule: undefined, backends: [] };

export function answerRequest(view: ClusterView, gateway: Gateway, request: RouteRequest): RouteAnswer {
  const host = request.host.replace(/:\d+$/, '').toLowerCase();
  const listener = listenerFor(gateway, host, request.port);
  if (!listener) return { ...NOTHING, statusCode: 404, reason: 'no listener takes this host and port' };
  const found = candidatesOf(view, gateway, listener, host, request).sort(compare)[0];
  if (!found) return { ...NOTHING, listener, statusCode: 404, reason: 'no route matches' };
  const { route, place, rule } = found;
  const redirect = rule.filters?.find(({ type }) => type === 'RequestRedirect')?.requestRedirect;
  if (redirect) {
    const reason = `redirected by a filter${redirect.hostname ? ` to ${redirect.hostname}` : ''}`;
    return { listener, route, rule: place, backends: [], statusCode: redirect.statusCode ?? 302, reason };
  }
  const backends = (rule.backendRefs ?? []).map((reference) => resolveBackendReference(view, route, reference));
  const weighted = backends.filter(({ reference }) => (reference.weight ?? 1) > 0);
  if (weighted.length === 0) {
    return { listener, route, rule: place, backends, statusCode: 500, reason: 'the rule has no backends' };
  }
  const failing = weighted.find(({ statusCode }) => statusCode !== 200);
  return { listener, route, rule: place, backends, statusCode: failing?.statusCode ?? 200, reason: failing?.problem };
}

/** The listener with the most specific host name that covers the host. */
function listenerFor({ spec }: Gateway, host: string, port: number | undefined): Listener | undefined {
  const fitting = spec.listeners.filter(
    (listener) =>
      (listener.protocol === 'HTTP' || listener.protocol === 'HTTPS') &&
      (port === undefined || listener.port === port) &&
      (!listener.hostname || covers(listener.hostname, host)),
  );
  return fitting.sort((left, right) => specificity(right.hostname) - specificity(left.hostname))[0];
}

/** Exact names before wildcards, longer ones before shorter ones, none last. */
function specificity(hostname: string | undefined): number {
  if (!hostname) return 0;
  return hostname.startsWith('*') ? hostname.length : hostname.length + 1000;
}

interface Candidate {
  route: HttpRoute;
  rule: RouteRule;
  place: number;
  match: RouteMatch;
  hostname: number;
}

function candidatesOf(
  view: ClusterView,
  gateway: Gateway,
  listener: Listener,
  host: string,
  request: RouteRequest,
): Candidate[] {
  return view.by(routesByGateway, keyOf(gateway)).flatMap((route) => {
    if (!listenersOf(view, route, gateway).includes(listener)) return [];
    const { hostnames = [], rules = [] } = route.spec;
    const fitting = hostnames.filter((hostname) => covers(hostname, host));
    if (hostnames.length > 0 && fitting.length === 0) return [];
    const hostname = Math.max(0, ...fitting.map(specificity));
    return rules.flatMap((rule, place) =>
      (rule.matches ?? [{}])
        .filter((match) => matchesRequest(match, request))
        .map((match) => ({ route, rule, place, match, hostname })),
    );
  });
}

function matchesRequest({ path, method, headers = [], queryParams = [] }: RouteMatch, request: RouteRequest): boolean {
  const [bare = '/', query = ''] = request.path.split('#')[0]?.split('?') ?? [];
  if (method !== undefined && method !== request.method) return false;
  const parameters = new Map(query.split('&').map((pair) => decode(pair)));
  const holds = (given: ReadonlyMap<string, string>, lower: boolean) => (each: ValueMatch) =>
    (each.type ?? 'Exact') === 'Exact' && given.get(lower ? each.name.toLowerCase() : each.name) === each.value;
  if (!headers.every(holds(request.headers, true)) || !queryParams.every(holds(parameters, false))) return false;
  const { type = 'PathPrefix', value = '/' } = path ?? {};
  if (type === 'Exact') return bare === value;
  if (type !== 'PathPrefix') return false;
  const prefix = value.endsWith('/') ? value.slice(0, -1) : value;
  return prefix === '' || bare === prefix || bare.startsWith(`${prefix}/`);
}

function decode(pair: string): [string, string] {
  const [name = '', value = ''] = pair.split('=');
  try {
    return [decodeURIComponent(name), decodeURIComponent(value)];
  } catch {
    return [name, value];
  }
}

function compare(left: Candidate, right: Candidate): number {
  const differences = [
    right.hostname - left.hostname,
    Number(right.match.path?.type === 'Exact') - Number(left.match.path?.type === 'Exact'),
    (right.match.path?.value ?? '/').length - (left.match.path?.value ?? '/').length,
    Number(right.match.method !== undefined) - Number(left.match.method !== undefined),
    (right.match.headers?.length ?? 0) - (left.match.headers?.length ?? 0),
    (right.match.queryParams?.length ?? 0) - (left.match.queryParams?.length ?? 0),
  ];
  const decided = differences.find((difference) => difference !== 0);
  if (decided !== undefined) return decided;
  if (left.route === right.route) return left.place - right.place;
  const [older, newer] = [left.route.metadata, right.route.metadata];
  if (older.creationTimestamp !== newer.creationTimestamp) {
    return older.creationTimestamp < newer.creationTimestamp ? -1 : 1;
  }
  return keyOf(left.route) < keyOf(right.route) ? -1 : 1;
}
