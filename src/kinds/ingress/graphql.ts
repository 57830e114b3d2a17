import { builder } from '../../api/builder.ts';
import type { Handle } from '../../api/handle.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { keyOf } from '../../machinery/object.ts';
import { IngressClass } from '../ingressclass/types.ts';
import { Namespace } from '../namespace/types.ts';
import { Secret } from '../secret/types.ts';
import { Service } from '../service/types.ts';
import { backendSource, BackendType, ResolutionType, RouteType } from './graphql-resolution.ts';
import { resolveRequest, servingClass } from './resolve.ts';
import { routesOf } from './routes.ts';
import { addressesOf, backendsOf, classNameOf, Ingress, ingressesByService, type IngressTls } from './types.ts';

/** How many Ingresses of one Service are shown. */
const INGRESSES_LIMIT = 100;

const TlsType = builder.objectRef<{ ingress: Handle<Ingress>; tls: IngressTls }>('IngressTls').implement({
  description: 'For which hosts the controller ends TLS, and with which certificate.',
  fields: (t) => ({
    hosts: t.stringList({ description: 'None: for every host.', resolve: ({ tls }) => tls.hosts ?? [] }),
    secretName: t.string({ nullable: true, description: 'As it is written.', resolve: ({ tls }) => tls.secretName }),
    secret: t.field({
      type: kubeRef(Secret),
      nullable: true,
      description: 'Null where there is none of that name.',
      resolve: ({ ingress, tls }) => ingress.find(Secret, ingress.object.metadata.namespace, tls.secretName),
    }),
  }),
});

defineKubeType(Ingress, {
  description: 'Brings requests from outside to Services, by host and path.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'Where it and its Services are.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    ingressClassName: t.string({
      nullable: true,
      description: 'As the field or the old annotation says.',
      resolve: ({ object }) => classNameOf(object),
    }),
    ingressClass: t.field({
      type: kubeRef(IngressClass),
      nullable: true,
      description: 'Null where there is none of that name.',
      resolve: (handle) => handle.find(IngressClass, undefined, classNameOf(handle.object)),
    }),
    served: t.boolean({
      description: 'Its class is there, and of a controller that is simulated.',
      resolve: ({ view, object }) => servingClass(view, object) !== undefined,
    }),
    addresses: t.stringList({
      description: 'Where it answers.',
      resolve: ({ object }) => addressesOf(object),
    }),
    hosts: t.stringList({
      description: 'The hosts of its rules, each once.',
      resolve: ({ object }) => [...new Set((object.spec.rules ?? []).flatMap(({ host }) => host || []))],
    }),
    routes: t.field({
      type: [RouteType],
      description: 'Every path of every host, in the order of its rules.',
      resolve: (handle) => routesOf(handle.object).map((route) => ({ scope: handle.scope, route })),
    }),
    defaultBackend: t.field({
      type: BackendType,
      nullable: true,
      description: 'Where requests go that no rule matches.',
      resolve: (handle) => {
        const { defaultBackend } = handle.object.spec;
        return defaultBackend && backendSource(handle, defaultBackend);
      },
    }),
    tls: t.field({
      type: [TlsType],
      description: 'Its certificates.',
      resolve: (handle) => (handle.object.spec.tls ?? []).map((tls) => ({ ingress: handle, tls })),
    }),
    services: t.field({
      type: [kubeRef(Service)],
      description: 'The Services it routes to, as far as they exist.',
      resolve: (handle) => {
        const { namespace } = handle.object.metadata;
        const names = new Set(backendsOf(handle.object).flatMap(({ service }) => service?.name ?? []));
        return [...names].flatMap((name) => handle.find(Service, namespace, name) ?? []);
      },
    }),
    resolve: t.field({
      type: ResolutionType,
      description: 'Where a request ends up by the rules of this Ingress alone, served or not.',
      args: {
        host: t.arg.string({ required: true, description: 'The name that the client asks for.' }),
        path: t.arg.string({ defaultValue: '/', description: 'The path of the request.' }),
      },
      resolve: ({ scope, view, object }, { host, path }) => ({
        scope,
        host,
        resolution: resolveRequest(view, [object], host, path ?? '/'),
      }),
    }),
  }),
});

builder.objectField(kubeRef(Service), 'ingresses', (t) =>
  t.field({
    type: [kubeRef(Ingress)],
    description: 'The Ingresses that route to it, oldest first.',
    extensions: { listSize: INGRESSES_LIMIT },
    resolve: (handle) =>
      handle.toAll(handle.view.by(ingressesByService, keyOf(handle.object)).slice(0, INGRESSES_LIMIT)),
  }),
);
