import { builder } from '../../api/builder.ts';
import { EndpointType } from '../../api/endpoint.ts';
import { Handle, type Scope } from '../../api/handle.ts';
import { kubeRef } from '../../api/refs.ts';
import { Gateway } from '../gateway/types.ts';
import { Service } from '../service/types.ts';
import type { RouteBackend } from './backends.ts';
import { answerRequest, type RouteAnswer } from './matching.ts';
import { HttpRoute } from './types.ts';

/** How many endpoints of a backend are shown. */
const ENDPOINTS_LIMIT = 100;

export interface BackendSource {
  scope: Scope;
  backend: RouteBackend;
  /** The weights of all backends of the rule. */
  total: number;
}

export function backendSources(scope: Scope, backends: readonly RouteBackend[]): BackendSource[] {
  const total = backends.reduce((sum, { reference }) => sum + (reference.weight ?? 1), 0);
  return backends.map((backend) => ({ scope, backend, total }));
}

export const RouteBackendType = builder.objectRef<BackendSource>('HttpRouteBackend').implement({
  description: 'A port of a Service that gets a share of the requests of a rule.',
  fields: (t) => ({
    name: t.string({ description: 'As it is written.', resolve: ({ backend }) => backend.reference.name }),
    port: t.int({ nullable: true, description: 'As it is written.', resolve: ({ backend }) => backend.reference.port }),
    weight: t.int({ description: 'As it is written, or 1.', resolve: ({ backend }) => backend.reference.weight ?? 1 }),
    share: t.float({
      description: "Of the rule's requests, from 0 to 1.",
      resolve: ({ backend, total }) => (total > 0 ? (backend.reference.weight ?? 1) / total : 0),
    }),
    service: t.field({
      type: kubeRef(Service),
      nullable: true,
      description: 'Null where there is none, or the route may not name it.',
      resolve: ({ scope, backend }) => backend.service && new Handle(scope, backend.service),
    }),
    endpoints: t.field({
      type: [EndpointType],
      description: 'The first of those that get its requests.',
      extensions: { listSize: ENDPOINTS_LIMIT },
      resolve: ({ scope, backend }) =>
        backend.endpoints
          .slice(0, ENDPOINTS_LIMIT)
          .map(({ endpoint, slice }) => ({ endpoint, slice: new Handle(scope, slice) })),
    }),
    statusCode: t.int({
      description: '200 where a pod answers, 500 where the reference cannot be followed, 503 where nobody answers.',
      resolve: ({ backend }) => backend.statusCode,
    }),
    problem: t.string({
      nullable: true,
      description: 'Why its requests are not answered.',
      resolve: ({ backend }) => backend.problem,
    }),
  }),
});

const AnswerType = builder.objectRef<{ scope: Scope; answer: RouteAnswer }>('GatewayAnswer').implement({
  description: 'Where a request ends up that comes to a Gateway.',
  fields: (t) => ({
    listener: t.string({
      nullable: true,
      description: 'The name of the listener that takes it.',
      resolve: ({ answer }) => answer.listener?.name,
    }),
    route: t.field({
      type: kubeRef(HttpRoute),
      nullable: true,
      description: 'The route that takes it.',
      resolve: ({ scope, answer }) => answer.route && new Handle(scope, answer.route),
    }),
    rule: t.int({
      nullable: true,
      description: "The rule's place in the route, from 0.",
      resolve: ({ answer }) => answer.rule,
    }),
    backends: t.field({
      type: [RouteBackendType],
      description: 'Where its requests go, by weight.',
      resolve: ({ scope, answer }) => backendSources(scope, answer.backends),
    }),
    statusCode: t.int({
      description: '200 where every backend answers, or else what a client gets from the first that does not.',
      resolve: ({ answer }) => answer.statusCode,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why it is not answered by a backend.',
      resolve: ({ answer }) => answer.reason,
    }),
  }),
});

builder.objectField(kubeRef(Gateway), 'resolve', (t) =>
  t.field({
    type: AnswerType,
    description: 'Where a request ends up, by the routes that the Gateway takes, whether it has an address or not.',
    args: {
      host: t.arg.string({ required: true, description: 'The name that the client asks for.' }),
      path: t.arg.string({ defaultValue: '/', description: 'The path of the request, with its query.' }),
      method: t.arg.string({ defaultValue: 'GET', description: 'The method of the request.' }),
      headers: t.arg({ type: 'StringMap', description: 'The headers of the request.' }),
      port: t.arg.int({ description: 'The port that the client connects to. Without it any listener may take it.' }),
    },
    resolve: ({ scope, view, object }, { host, path, method, headers, port }) => {
      const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
      const request = {
        host,
        path: path ?? '/',
        method: (method ?? 'GET').toUpperCase(),
        headers: new Map(lower),
        port: port ?? undefined,
      };
      return { scope, answer: answerRequest(view, object, request) };
    },
  }),
);
