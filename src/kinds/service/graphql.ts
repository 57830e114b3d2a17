import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { endpointsOf, EndpointType, isReady } from '../../api/endpoint.ts';
import type { Handle } from '../../api/handle.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { bucketArgs, bucketsOf, TrafficBucketType } from '../../api/traffic.ts';
import { DEFAULT_SETTINGS } from '../../machinery/settings.ts';
import { EndpointSlice, slicesByService } from '../endpointslice/types.ts';
import { Namespace } from '../namespace/types.ts';
import { selectPods } from '../pod/queries.ts';
import { Pod } from '../pod/types.ts';
import { keyOf } from '../../machinery/object.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { sourcesOf } from '../trafficsource/queries.ts';
import { TrafficSource } from '../trafficsource/types.ts';
import './graphql-dns.ts';
import { routeRequests, type Routing, type RoutingShare } from './routing.ts';
import { selectorOf, Service, type ServicePort } from './types.ts';

const ServicePortType = builder.objectRef<ServicePort>('ServicePort').implement({
  description: 'A port of a Service.',
  fields: (t) => ({
    name: t.exposeString('name', {
      nullable: true,
      description: 'Tells it from the other ports; null where it is the only one.',
    }),
    port: t.exposeInt('port', { description: 'The number at the cluster IP.' }),
    targetPort: t.string({
      description: "The number in the pods, or the name of a container's port.",
      resolve: ({ targetPort, port }) => String(targetPort ?? port),
    }),
    protocol: t.exposeString('protocol', { description: 'TCP, UDP or SCTP.' }),
    nodePort: t.exposeInt('nodePort', { nullable: true, description: 'The number at every node.' }),
  }),
});

interface ShareSource {
  service: Handle<Service>;
  share: RoutingShare;
}

const RoutingShareType = builder.objectRef<ShareSource>('RoutingShare').implement({
  description: 'What one endpoint gets of the requests to a Service.',
  fields: (t) => ({
    endpoint: t.field({
      type: EndpointType,
      description: 'Where they go.',
      resolve: ({ service, share: { endpoint } }) => ({ ...endpoint, slice: service.to(endpoint.slice) }),
    }),
    requests: t.int({ description: 'How many it gets.', resolve: ({ share }) => share.requests }),
    failed: t.int({ description: 'How many of them it does not answer.', resolve: ({ share }) => share.failed }),
    reason: t.string({ nullable: true, description: 'Why they fail.', resolve: ({ share }) => share.reason }),
  }),
});

const RoutingType = builder.objectRef<{ service: Handle<Service>; routing: Routing }>('Routing').implement({
  description: 'How requests to a Service spread over its endpoints, as kube-proxy would spread them now.',
  fields: (t) => ({
    requests: t.int({ description: 'How many were asked about.', resolve: ({ routing }) => routing.requests }),
    answered: t.int({ description: 'How many would be answered.', resolve: ({ routing }) => routing.answered }),
    failed: t.int({ description: 'How many would fail.', resolve: ({ routing }) => routing.failed }),
    reason: t.string({
      nullable: true,
      description: 'Why requests reach no endpoint at all.',
      resolve: ({ routing }) => routing.reason,
    }),
    shares: t.field({
      type: [RoutingShareType],
      description: 'What each endpoint gets.',
      extensions: { listSize: 1000 },
      resolve: ({ service, routing }) => routing.shares.map((share) => ({ service, share })),
    }),
  }),
});

defineKubeType(Service, {
  description: 'One access point for the pods that its selector matches.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'The namespace that it is in.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    type: t.string({
      description: 'ClusterIP, NodePort, LoadBalancer or ExternalName.',
      resolve: ({ object }) => object.spec.type,
    }),
    clusterIP: t.string({
      nullable: true,
      description: '"None" for a headless Service.',
      resolve: ({ object }) => object.spec.clusterIP,
    }),
    clusterIPs: t.stringList({
      description: 'One for each IP family.',
      resolve: ({ object }) => object.spec.clusterIPs ?? [],
    }),
    ipFamilies: t.stringList({
      description: 'IPv4, IPv6 or both, the main one first.',
      resolve: ({ object }) => object.spec.ipFamilies ?? [],
    }),
    ipFamilyPolicy: t.string({
      nullable: true,
      description: 'SingleStack, PreferDualStack or RequireDualStack.',
      resolve: ({ object }) => object.spec.ipFamilyPolicy,
    }),
    externalName: t.string({
      nullable: true,
      description: 'The name elsewhere that it stands for.',
      resolve: ({ object }) => object.spec.externalName,
    }),
    loadBalancerIPs: t.stringList({
      description: 'The addresses that its load balancer has by now.',
      resolve: ({ object: { status } }) =>
        (status.loadBalancer.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []),
    }),
    sessionAffinity: t.string({
      description: 'None, or ClientIP: a client stays at one endpoint.',
      resolve: ({ object }) => object.spec.sessionAffinity,
    }),
    sessionAffinityTimeout: t.field({
      type: 'Duration',
      nullable: true,
      description: 'How long after its last request a client still stays.',
      resolve: ({ object }) => {
        const seconds = object.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
        return seconds === undefined ? null : seconds * SECOND_MS;
      },
    }),
    internalTrafficPolicy: t.string({
      nullable: true,
      description: 'Cluster, or Local: requests of a pod stay on its node.',
      resolve: ({ object }) => object.spec.internalTrafficPolicy,
    }),
    externalTrafficPolicy: t.string({
      nullable: true,
      description: 'Cluster, or Local: requests from outside stay on the node that they come to.',
      resolve: ({ object }) => object.spec.externalTrafficPolicy,
    }),
    healthCheckNodePort: t.int({
      nullable: true,
      description: 'Where nodes tell a load balancer whether they have endpoints of their own.',
      resolve: ({ object }) => object.spec.healthCheckNodePort,
    }),
    publishNotReadyAddresses: t.boolean({
      description: 'Whether pods count as ready endpoints whatever their readiness.',
      resolve: ({ object }) => object.spec.publishNotReadyAddresses ?? false,
    }),
    trafficDistribution: t.string({
      nullable: true,
      description: 'PreferSameZone, PreferSameNode or PreferClose.',
      resolve: ({ object }) => object.spec.trafficDistribution,
    }),
    ports: t.field({
      type: [ServicePortType],
      description: 'The ports it is reached at.',
      resolve: ({ object }) => object.spec.ports ?? [],
    }),
    selector: t.field({
      type: 'StringMap',
      nullable: true,
      description: 'The labels of its pods; null where its endpoints are kept by others.',
      resolve: ({ object }) => object.spec.selector,
    }),
    dnsName: t.string({
      description: '"web.default.svc.cluster.local"',
      resolve: ({ scope, object: { metadata } }) => {
        const domain = scope.replica?.record.settings.clusterDomain ?? DEFAULT_SETTINGS.clusterDomain;
        return `${metadata.name}.${metadata.namespace}.svc.${domain}`;
      },
    }),
    endpoints: t.field({
      type: [EndpointType],
      description: 'The endpoints of all its slices.',
      extensions: { listSize: 1000 },
      args: { ready: t.arg.boolean({ description: 'Only those that are ready, or that are not.' }) },
      resolve: (handle, { ready }) => {
        const slices = handle.toAll(handle.view.by(slicesByService, keyOf(handle.object)));
        const endpoints = slices.flatMap((slice) => endpointsOf(slice));
        return typeof ready === 'boolean' ? endpoints.filter((endpoint) => isReady(endpoint) === ready) : endpoints;
      },
    }),
    route: t.field({
      type: RoutingType,
      description: 'Where so many requests would go now, and which fail and why.',
      args: {
        requests: t.arg.int({ defaultValue: 100, description: 'How many.' }),
        clientIP: t.arg.string({ description: 'Decides for a Service with session affinity, and of which IP family.' }),
        port: t.arg.string({ description: 'A name or number; the first port when there is none.' }),
        node: t.arg.string({ description: 'The node that the client is on: decides where a traffic policy is Local.' }),
        zone: t.arg.string({
          description: "The client's zone: decides where endpoints have hints. Default: its node's.",
        }),
        external: t.arg.boolean({
          description:
            'The client is outside of the cluster: externalTrafficPolicy applies, not internalTrafficPolicy.',
        }),
      },
      resolve: (handle, { requests, clientIP, port, node, zone, external }) => {
        const question = {
          requests: Math.max(0, requests ?? 100),
          ip: clientIP ?? undefined,
          port: port ?? undefined,
          node: node ?? undefined,
          zone: zone ?? undefined,
          external: external ?? undefined,
        };
        return { service: handle, routing: routeRequests(handle.view, handle.object, question) };
      },
    }),
    traffic: t.field({
      type: [TrafficBucketType],
      description: 'What became of the requests of its TrafficSources, in equal parts of a stretch of time.',
      extensions: { listSize: 1000 },
      args: bucketArgs(),
      resolve: ({ object, view }, args) => bucketsOf(sourcesOf(view, object), view, args),
    }),
    trafficSources: t.field({
      type: connectionOf(TrafficSource),
      description: 'Who sends requests to it.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, sourcesOf(view, object), args),
    }),
    endpointSlices: t.field({
      type: [kubeRef(EndpointSlice)],
      description: 'The slices that list its endpoints, oldest first.',
      resolve: (handle) => handle.toAll(handle.view.by(slicesByService, keyOf(handle.object))),
    }),
    pods: t.field({
      type: connectionOf(Pod),
      description: 'The pods that its selector matches, ready or not.',
      args: { filter: t.arg({ type: PodFilter }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) =>
        paginate(scope, selectPods(view, object.metadata.namespace ?? '', selectorOf(object)), args, {
          matches: podPredicate(args.filter, scope, catalog),
        }),
    }),
  }),
});
