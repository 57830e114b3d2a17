import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { bucketArgs, bucketsOf, TrafficBucketType } from '../../api/traffic.ts';
import { Node } from '../node/types.ts';
import { Service } from '../service/types.ts';
import { isSending, serviceKeyOf, TrafficSource } from './types.ts';
import { windowOf } from './window.ts';

defineKubeType(TrafficSource, {
  description:
    'Sends requests to a Service. They are counted, never sent one by one: how many were answered, how many failed and why.',
  fields: (t) => ({
    service: t.field({
      type: kubeRef(Service),
      nullable: true,
      description: 'Where the requests go; null while there is no Service of that name.',
      resolve: (handle) => handle.toMaybe(handle.view.getByKey(Service, serviceKeyOf(handle.object))),
    }),
    requestsPerSecond: t.float({ resolve: ({ object }) => object.spec.requestsPerSecond }),
    port: t.string({
      nullable: true,
      description: "A port's name or number; null for the first port.",
      resolve: ({ object: { spec } }) => (spec.port === undefined ? null : String(spec.port)),
    }),
    clientIP: t.string({
      nullable: true,
      description: 'The one address that all requests come from.',
      resolve: ({ object }) => object.spec.clientIP,
    }),
    clients: t.int({
      description: 'How many clients the requests come from, evenly.',
      resolve: ({ object }) => object.spec.clients ?? 1,
    }),
    zone: t.string({
      nullable: true,
      description: 'The zone that the clients are in; null for everywhere.',
      resolve: ({ object }) => object.spec.zone,
    }),
    node: t.field({
      type: kubeRef(Node),
      nullable: true,
      description: 'The node that the clients are on; null for everywhere.',
      resolve: (handle) => handle.find(Node, undefined, handle.object.spec.node),
    }),
    external: t.boolean({
      description: 'Whether the clients are outside of the cluster.',
      resolve: ({ object }) => object.spec.external ?? false,
    }),
    startsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it begins to send.',
      resolve: ({ object }) => (object.runtime ? windowOf(object, object.runtime.since).start : null),
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ceases to send; null for never.',
      resolve: ({ object }) => {
        const end = object.runtime ? windowOf(object, object.runtime.since).end : Number.POSITIVE_INFINITY;
        return end === Number.POSITIVE_INFINITY ? null : end;
      },
    }),
    active: t.boolean({
      description: 'Whether it sends now.',
      resolve: ({ object }) => isSending(object),
    }),
    total: t.field({
      type: TrafficBucketType,
      nullable: true,
      description: 'All that it has sent so far; null for one that has just come to be.',
      resolve: ({ object, view }) => bucketsOf([object], view, { buckets: 1 })[0] ?? null,
    }),
    traffic: t.field({
      type: [TrafficBucketType],
      description: 'What became of its requests, in equal parts of a stretch of time.',
      extensions: { listSize: 1000 },
      args: bucketArgs(),
      resolve: ({ object, view }, args) => bucketsOf([object], view, args),
    }),
  }),
});
