import { conditionsOf, ConditionType } from '../../api/condition.ts';
import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import type { Handle } from '../../api/handle.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { keyOf } from '../../machinery/object.ts';
import { GatewayClass } from '../gatewayclass/types.ts';
import { HttpRoute, routesByGateway } from '../httproute/types.ts';
import { Namespace } from '../namespace/types.ts';
import { Gateway, type Listener } from './types.ts';

interface ListenerSource {
  gateway: Handle<Gateway>;
  listener: Listener;
}

function statusOf({ gateway, listener }: ListenerSource) {
  return gateway.object.status.listeners?.find(({ name }) => name === listener.name);
}

const ListenerType = builder.objectRef<ListenerSource>('GatewayListener').implement({
  description: 'A port of a Gateway, for some hosts.',
  fields: (t) => ({
    name: t.string({ description: 'Its name.', resolve: ({ listener }) => listener.name }),
    hostname: t.string({
      nullable: true,
      description: 'Null for every host. "*.foo.com" is for names with any number of labels more.',
      resolve: ({ listener }) => listener.hostname,
    }),
    port: t.int({ description: 'Its port.', resolve: ({ listener }) => listener.port }),
    protocol: t.string({ description: 'HTTP, HTTPS, TLS, TCP or UDP.', resolve: ({ listener }) => listener.protocol }),
    attachedRoutes: t.int({
      description: 'How many routes it takes.',
      resolve: (source) => statusOf(source)?.attachedRoutes ?? 0,
    }),
    conditions: t.field({
      type: [ConditionType],
      description: 'Accepted, Programmed, ResolvedRefs.',
      resolve: (source) => {
        const object = source.gateway.object;
        return conditionsOf({ ...object, status: { conditions: statusOf(source)?.conditions ?? [] } });
      },
    }),
  }),
});

defineKubeType(Gateway, {
  description: 'Brings requests from outside to the routes that attach to its listeners.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'Where it is.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    gatewayClassName: t.string({
      description: 'As it is written.',
      resolve: ({ object }) => object.spec.gatewayClassName,
    }),
    gatewayClass: t.field({
      type: kubeRef(GatewayClass),
      nullable: true,
      description: 'Null where there is none of that name.',
      resolve: (handle) => handle.find(GatewayClass, undefined, handle.object.spec.gatewayClassName),
    }),
    addresses: t.stringList({
      description: 'Where it answers.',
      resolve: ({ object }) => (object.status.addresses ?? []).map(({ value }) => value),
    }),
    listeners: t.field({
      type: [ListenerType],
      description: 'Its ports, 64 at most.',
      resolve: (gateway) => gateway.object.spec.listeners.map((listener) => ({ gateway, listener })),
    }),
    routes: t.field({
      type: connectionOf(HttpRoute),
      description: 'The routes that name it, whether it takes them or not.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, view.by(routesByGateway, keyOf(object)), args),
    }),
  }),
});
