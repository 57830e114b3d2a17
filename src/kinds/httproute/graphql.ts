import { builder } from '../../api/builder.ts';
import { conditionsOf, ConditionType } from '../../api/condition.ts';
import type { Handle } from '../../api/handle.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { keyOf } from '../../machinery/object.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { Gateway } from '../gateway/types.ts';
import { Namespace } from '../namespace/types.ts';
import { Service } from '../service/types.ts';
import { resolveBackendReference } from './backends.ts';
import { backendSources, RouteBackendType } from './graphql-answer.ts';
import {
  HttpRoute,
  isServiceReference,
  routesByService,
  type ParentReference,
  type RouteMatch,
  type RouteRule,
} from './types.ts';

/** How many routes of one Service are shown. */
const ROUTES_LIMIT = 100;

interface ParentSource {
  route: Handle<HttpRoute>;
  parent: ParentReference;
}

const ParentType = builder.objectRef<ParentSource>('HttpRouteParent').implement({
  description: 'A Gateway that a route names.',
  fields: (t) => ({
    name: t.string({ description: 'As it is written.', resolve: ({ parent }) => parent.name }),
    gateway: t.field({
      type: kubeRef(Gateway),
      nullable: true,
      description: 'Null where there is none of that name.',
      resolve: ({ route, parent }) =>
        route.find(Gateway, parent.namespace ?? route.object.metadata.namespace, parent.name),
    }),
    sectionName: t.string({
      nullable: true,
      description: 'Only this listener of it.',
      resolve: ({ parent }) => parent.sectionName,
    }),
    conditions: t.field({
      type: [ConditionType],
      description: 'Accepted and ResolvedRefs; none where no simulated controller serves the Gateway.',
      resolve: ({ route, parent }) => {
        const { object } = route;
        const status = object.status.parents.find(({ parentRef }) => deepEqual(parentRef, parent));
        return conditionsOf({ ...object, status: { conditions: status?.conditions ?? [] } });
      },
    }),
  }),
});

const MatchType = builder.objectRef<RouteMatch>('HttpRouteMatch').implement({
  description: 'What a request must be like.',
  fields: (t) => ({
    pathType: t.string({
      description: 'Exact, PathPrefix or RegularExpression.',
      resolve: ({ path }) => path?.type ?? 'PathPrefix',
    }),
    path: t.string({ description: 'Its path.', resolve: ({ path }) => path?.value ?? '/' }),
    method: t.string({ nullable: true, description: 'Its method; null for all.', resolve: ({ method }) => method }),
    headers: t.field({
      type: 'StringMap',
      description: 'Headers it must have.',
      resolve: ({ headers = [] }) => Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    }),
    queryParams: t.field({
      type: 'StringMap',
      description: 'Query parameters it must have.',
      resolve: ({ queryParams = [] }) => Object.fromEntries(queryParams.map(({ name, value }) => [name, value])),
    }),
  }),
});

const RuleType = builder.objectRef<{ route: Handle<HttpRoute>; rule: RouteRule }>('HttpRouteRule').implement({
  description: 'Which requests go where.',
  fields: (t) => ({
    matches: t.field({
      type: [MatchType],
      description: 'A request must be like one of them.',
      resolve: ({ rule }) => rule.matches ?? [],
    }),
    filters: t.stringList({
      description: 'The types of its filters. Only RequestRedirect has an effect in the model.',
      resolve: ({ rule }) => (rule.filters ?? []).map(({ type }) => type),
    }),
    backends: t.field({
      type: [RouteBackendType],
      description: 'Where they go, by weight.',
      resolve: ({ route, rule }) =>
        backendSources(
          route.scope,
          (rule.backendRefs ?? []).map((reference) => resolveBackendReference(route.view, route.object, reference)),
        ),
    }),
  }),
});

defineKubeType(HttpRoute, {
  description: 'Brings requests that come to a Gateway to Services, by host, path, method, headers and query.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'Where it is.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    hostnames: t.stringList({
      description: "None: every host of the Gateway's listeners.",
      resolve: ({ object }) => object.spec.hostnames ?? [],
    }),
    parents: t.field({
      type: [ParentType],
      description: 'The Gateways it names, and what they say.',
      resolve: (route) => (route.object.spec.parentRefs ?? []).map((parent) => ({ route, parent })),
    }),
    rules: t.field({
      type: [RuleType],
      description: 'Its rules, 16 at most.',
      resolve: (route) => (route.object.spec.rules ?? []).map((rule) => ({ route, rule })),
    }),
    services: t.field({
      type: [kubeRef(Service)],
      description: 'The Services it sends requests to, as far as they exist.',
      resolve: (handle) => {
        const { spec, metadata } = handle.object;
        const references = (spec.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs).filter(isServiceReference);
        const found = references.flatMap(
          ({ namespace = metadata.namespace, name }) => handle.view.get(Service, namespace, name) ?? [],
        );
        return handle.toAll(new Set(found));
      },
    }),
  }),
});

builder.objectField(kubeRef(Service), 'httpRoutes', (t) =>
  t.field({
    type: [kubeRef(HttpRoute)],
    description: 'The HTTPRoutes that send requests to it, oldest first.',
    extensions: { listSize: ROUTES_LIMIT },
    resolve: (handle) => handle.toAll(handle.view.by(routesByService, keyOf(handle.object)).slice(0, ROUTES_LIMIT)),
  }),
);
