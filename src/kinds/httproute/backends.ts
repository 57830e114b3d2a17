import type { ClusterView } from '../../machinery/cluster-view.ts';
import { endpointsOf, isEndpointReady, type ListedEndpoint } from '../endpointslice/queries.ts';
import { mayReferToService } from '../referencegrant/queries.ts';
import { Service, type ServicePort } from '../service/types.ts';
import { isServiceReference, type BackendReference, type HttpRoute } from './types.ts';

/** A backend of a rule, with what it leads to. */
export interface RouteBackend {
  reference: BackendReference;
  service: Service | undefined;
  port: ServicePort | undefined;
  endpoints: readonly ListedEndpoint[];
  /** The reason of the condition ResolvedRefs, where the reference cannot be followed. */
  refusal: string | undefined;
  /** Why its requests are not answered. */
  problem: string | undefined;
  /** What a client gets from it: 500 where the reference cannot be followed, 503 where nobody answers. */
  statusCode: 200 | 500 | 503;
}

export function resolveBackendReference(
  view: ClusterView,
  route: HttpRoute,
  reference: BackendReference,
): RouteBackend {
  const { metadata } = route;
  const namespace = reference.namespace ?? metadata.namespace ?? '';
  const place = `${namespace}/${reference.name}`;
  const found = { reference, service: undefined, port: undefined, endpoints: [] };
  const refused = (refusal: string, problem: string, service?: Service): RouteBackend => ({
    ...found,
    service,
    refusal,
    problem,
    statusCode: 500,
  });
  if (!isServiceReference(reference)) {
    return refused('InvalidKind', `${reference.kind} ${place} is no Service`);
  }
  if (!mayReferToService(view, metadata.namespace ?? '', namespace, reference.name)) {
    return refused('RefNotPermitted', `Backend ref to Service ${place} not permitted by any ReferenceGrant`);
  }
  const service = view.get(Service, namespace, reference.name);
  if (!service) return refused('BackendNotFound', `Service ${place} not found`);
  const port = (service.spec.ports ?? []).find((each) => each.port === reference.port);
  if (!port) return refused('BackendNotFound', `Port ${reference.port} not found on Service ${place}`, service);
  const endpoints = endpointsOf(view, service, true).filter(
    ({ endpoint, slice }) =>
      isEndpointReady(endpoint) && slice.ports.some((each) => (each.name ?? '') === (port.name ?? '')),
  );
  const problem = endpoints.length > 0 ? undefined : 'the Service has no endpoints';
  return { reference, service, port, endpoints, refusal: undefined, problem, statusCode: problem ? 503 : 200 };
}
