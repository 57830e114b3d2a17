import { builder } from '../../api/builder.ts';
import { ClusterType } from '../../api/cluster-source.ts';
import { EndpointType } from '../../api/endpoint.ts';
import { Handle, type Scope } from '../../api/handle.ts';
import { kubeRef } from '../../api/refs.ts';
import { Secret } from '../secret/types.ts';
import { Service } from '../service/types.ts';
import { coversHost, type IngressRoute } from './routes.ts';
import { resolveBackend, resolveInCluster, type Resolution, type ResolvedBackend } from './resolve.ts';
import { Ingress, type IngressBackend } from './types.ts';

/** How many endpoints of a backend are shown. */
const ENDPOINTS_LIMIT = 100;

interface BackendSource {
  scope: Scope;
  resolved: ResolvedBackend;
}

/** The source of `IngressBackend`. */
export function backendSource(handle: Handle<Ingress>, backend: IngressBackend): BackendSource {
  return { scope: handle.scope, resolved: resolveBackend(handle.view, handle.object, backend) };
}

export const BackendType = builder.objectRef<BackendSource>('IngressBackend').implement({
  description: 'A port of a Service, with the endpoints that get its requests.',
  fields: (t) => ({
    serviceName: t.string({
      nullable: true,
      description: 'As it is written, whether there is such a Service or not. Null for a backend of another kind.',
      resolve: ({ resolved }) => resolved.backend.service?.name,
    }),
    servicePort: t.string({
      nullable: true,
      description: "The name or number of the Service's port, as it is written.",
      resolve: ({ resolved }) => {
        const { name, number } = resolved.backend.service?.port ?? {};
        return name || (number === undefined ? null : String(number));
      },
    }),
    service: t.field({
      type: kubeRef(Service),
      nullable: true,
      description: 'Null where there is none of that name.',
      resolve: ({ scope, resolved }) => resolved.service && new Handle(scope, resolved.service),
    }),
    port: t.int({
      nullable: true,
      description: "The number of the Service's port; null where it has none such.",
      resolve: ({ resolved }) => resolved.port?.port,
    }),
    endpoints: t.field({
      type: [EndpointType],
      description: 'The first of those that get its requests.',
      extensions: { listSize: ENDPOINTS_LIMIT },
      resolve: ({ scope, resolved }) =>
        resolved.endpoints
          .slice(0, ENDPOINTS_LIMIT)
          .map(({ endpoint, slice }) => ({ endpoint, slice: new Handle(scope, slice) })),
    }),
    problem: t.string({
      nullable: true,
      description: 'Why requests are not answered.',
      resolve: ({ resolved }) => resolved.problem,
    }),
  }),
});

export const RouteType = builder.objectRef<{ scope: Scope; route: IngressRoute }>('IngressRoute').implement({
  description: 'One path of one host, and where its requests go.',
  fields: (t) => ({
    host: t.string({
      nullable: true,
      description: 'Null for any host. "*.foo.com" is for names with one label more.',
      resolve: ({ route }) => route.host,
    }),
    path: t.string({ description: '"/" where none is written.', resolve: ({ route }) => route.path }),
    pathType: t.string({
      description: 'Exact, Prefix or ImplementationSpecific, which is taken as Prefix.',
      resolve: ({ route }) => route.pathType,
    }),
    backend: t.field({
      type: BackendType,
      description: 'Where its requests go.',
      resolve: ({ scope, route }) => backendSource(new Handle(scope, route.ingress), route.backend),
    }),
  }),
});

export interface ResolutionSource {
  scope: Scope;
  host: string;
  resolution: Resolution;
}

export const ResolutionType = builder.objectRef<ResolutionSource>('IngressResolution').implement({
  description: 'Where a request ends up that comes to an ingress controller.',
  fields: (t) => ({
    ingress: t.field({
      type: kubeRef(Ingress),
      nullable: true,
      description: 'The Ingress that takes it; null where none does.',
      resolve: ({ scope, resolution: { chosen } }) => chosen && new Handle(scope, chosen.ingress),
    }),
    route: t.field({
      type: RouteType,
      nullable: true,
      description: 'The rule that matches; null where a default backend takes it, or nobody.',
      resolve: ({ scope, resolution: { chosen } }) => chosen?.route && { scope, route: chosen.route },
    }),
    backend: t.field({
      type: BackendType,
      nullable: true,
      description: 'Where it goes.',
      resolve: ({ scope, resolution: { backend } }) => backend && { scope, resolved: backend },
    }),
    statusCode: t.int({
      description: '200 where a pod answers, 404 where no rule matches, 503 where nobody answers.',
      resolve: ({ resolution }) => resolution.statusCode,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why it is not answered.',
      resolve: ({ resolution }) => resolution.reason,
    }),
    certificate: t.field({
      type: kubeRef(Secret),
      nullable: true,
      description: 'The Secret with the certificate for this host, where the Ingress names one that is there.',
      resolve: ({ scope, host, resolution: { chosen } }) => {
        const { metadata, spec } = chosen?.ingress ?? {};
        const entry = spec?.tls?.find(({ hosts, secretName }) => secretName && coversHost(hosts, host));
        const secret = entry?.secretName && scope.view.get(Secret, metadata?.namespace, entry.secretName);
        return secret ? new Handle(scope, secret) : null;
      },
    }),
  }),
});

builder.objectField(ClusterType, 'ingress', (t) =>
  t.field({
    type: ResolutionType,
    description: 'Where a request to an ingress controller ends up: over all Ingresses of classes that are served.',
    args: {
      host: t.arg.string({ required: true, description: 'The name that the client asks for.' }),
      path: t.arg.string({ defaultValue: '/', description: 'The path of the request.' }),
      ingressClass: t.arg.string({ description: 'Only the Ingresses of this class: what its controller sees.' }),
    },
    resolve: ({ scope }, { host, path, ingressClass }) => ({
      scope,
      host,
      resolution: resolveInCluster(scope.view, host, path ?? '/', ingressClass ?? undefined),
    }),
  }),
);
