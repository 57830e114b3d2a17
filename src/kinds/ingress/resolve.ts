import type { ClusterView } from '../../machinery/cluster-view.ts';
import { endpointsOf, isEndpointReady, type ListedEndpoint } from '../endpointslice/queries.ts';
import { isServed } from '../ingressclass/queries.ts';
import { IngressClass } from '../ingressclass/types.ts';
import { Service, type ServicePort } from '../service/types.ts';
import { chooseRoute, ingressText, type Chosen } from './routes.ts';
import { classNameOf, Ingress, type IngressBackend } from './types.ts';

/** Where a request that comes to an ingress controller ends up, or why nowhere. */

export interface ResolvedBackend {
  backend: IngressBackend;
  service: Service | undefined;
  port: ServicePort | undefined;
  /** Those that get requests. */
  endpoints: readonly ListedEndpoint[];
  /** Why requests to it are not answered; undefined when they are. */
  problem: string | undefined;
}

export interface Resolution {
  chosen: Chosen | undefined;
  backend: ResolvedBackend | undefined;
  /** What a client gets: 200 where a pod answers, 404 where no rule matches, 503 where nobody answers. */
  statusCode: 200 | 404 | 503;
  reason: string | undefined;
}

/** A backend with its Service, the Service's port and the endpoints that get requests. */
export function resolveBackend(view: ClusterView, { metadata }: Ingress, backend: IngressBackend): ResolvedBackend {
  const none = { backend, service: undefined, port: undefined, endpoints: [] };
  if (!backend.service) {
    const { kind = '', name = '' } = backend.resource ?? {};
    return { ...none, problem: `the backend is the ${kind} ${JSON.stringify(name)}, not a Service` };
  }
  const { name, port: wanted } = backend.service;
  const service = view.get(Service, metadata.namespace, name);
  if (!service) return { ...none, problem: `services ${JSON.stringify(name)} not found` };
  const port = (service.spec.ports ?? []).find((each) =>
    wanted?.name ? each.name === wanted.name : each.port === wanted?.number,
  );
  if (!port) {
    const text = wanted?.name ? JSON.stringify(wanted.name) : String(wanted?.number ?? '');
    return { ...none, service, problem: `the Service has no port ${text}` };
  }
  if (service.spec.type === 'ExternalName') return { ...none, service, port, problem: undefined };
  const listed = endpointsOf(view, service).filter(({ slice }) =>
    slice.ports.some((each) => (each.name ?? '') === (port.name ?? '')),
  );
  const ready = listed.filter(({ endpoint }) => isEndpointReady(endpoint));
  const serving = ({ endpoint: { conditions } }: ListedEndpoint) => conditions.serving && conditions.terminating;
  const endpoints = ready.length > 0 ? ready : listed.filter(serving);
  return {
    backend,
    service,
    port,
    endpoints,
    problem: endpoints.length > 0 ? undefined : 'the Service has no endpoints',
  };
}

/** Where a request goes that comes in for some Ingresses, oldest first. */
export function resolveRequest(
  view: ClusterView,
  ingresses: readonly Ingress[],
  host: string,
  path: string,
): Resolution {
  const chosen = chooseRoute(ingresses, host, path);
  if (!chosen) {
    return { chosen, backend: undefined, statusCode: 404, reason: 'no rule matches, and there is no default backend' };
  }
  const backend = resolveBackend(view, chosen.ingress, chosen.backend);
  return { chosen, backend, statusCode: backend.problem === undefined ? 200 : 503, reason: backend.problem };
}

/** Whether some controller serves an Ingress: its class is there, and of a controller that is simulated. */
export function servingClass(view: ClusterView, ingress: Ingress): IngressClass | undefined {
  const ingressClass = view.get(IngressClass, undefined, classNameOf(ingress) ?? '');
  return ingressClass && isServed(ingressClass) ? ingressClass : undefined;
}

/** The same for the whole cluster: all Ingresses that are served, or those of one class. */
export function resolveInCluster(
  view: ClusterView,
  host: string,
  path: string,
  className: string | undefined,
): Resolution {
  const all = view.list(Ingress).filter((ingress) => className === undefined || classNameOf(ingress) === className);
  const served = all.filter((ingress) => servingClass(view, ingress));
  const resolution = resolveRequest(view, served, host, path);
  if (resolution.chosen) return resolution;
  const unserved = chooseRoute(
    all.filter((ingress) => !served.includes(ingress)),
    host,
    path,
  );
  if (!unserved) return resolution;
  const reason = `${ingressText(unserved.ingress)} would take it, but no controller serves that class`;
  return { ...resolution, reason };
}
