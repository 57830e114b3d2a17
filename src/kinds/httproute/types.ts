import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import { objectKey, type KubeObject } from '../../machinery/object.ts';
import type { GatewayCondition } from '../gatewayclass/types.ts';

export interface ParentReference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
  sectionName?: string;
  port?: number;
}

export interface ValueMatch {
  type?: string;
  name: string;
  value: string;
}

export interface RouteMatch {
  path?: { type?: string; value?: string };
  headers?: ValueMatch[];
  queryParams?: ValueMatch[];
  method?: string;
}

export interface BackendReference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
  port?: number;
  weight?: number;
  filters?: unknown[];
}

export interface RouteFilter {
  type: string;
  requestRedirect?: { scheme?: string; hostname?: string; statusCode?: number };
}

export interface RouteRule {
  name?: string;
  matches?: RouteMatch[];
  filters?: RouteFilter[];
  backendRefs?: BackendReference[];
}

export interface RouteParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions: GatewayCondition[];
}

export interface HttpRoute extends KubeObject {
  spec: { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: RouteRule[] };
  status: { parents: RouteParentStatus[] };
}

export const HttpRoute = defineKind<HttpRoute>({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  plural: 'httproutes',
  namespaced: true,
});

/** Routes by each Gateway that they name, under its `namespace/name`. */
export const routesByGateway: Index<HttpRoute> = {
  name: 'HTTP routes by gateway',
  kind: HttpRoute,
  keys: ({ metadata, spec }) =>
    (spec.parentRefs ?? [])
      .filter(({ kind = 'Gateway' }) => kind === 'Gateway')
      .map(({ namespace = metadata.namespace, name }) => objectKey(namespace, name))
      .filter((key, index, all) => all.indexOf(key) === index),
};

/** Routes by each Service that they send requests to, under its `namespace/name`. */
export const routesByService: Index<HttpRoute> = {
  name: 'HTTP routes by service',
  kind: HttpRoute,
  keys: ({ metadata, spec }) =>
    (spec.rules ?? [])
      .flatMap(({ backendRefs = [] }) => backendRefs)
      .filter(isServiceReference)
      .map(({ namespace = metadata.namespace, name }) => objectKey(namespace, name))
      .filter((key, index, all) => all.indexOf(key) === index),
};

export function isServiceReference({ group = '', kind = 'Service' }: BackendReference): boolean {
  return group === '' && kind === 'Service';
}
