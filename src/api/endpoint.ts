import type { Endpoint, EndpointHints, EndpointSlice } from '../kinds/endpointslice/types.ts';
import { Node } from '../kinds/node/types.ts';
import { Pod } from '../kinds/pod/types.ts';
import { builder } from './builder.ts';
import type { Handle } from './handle.ts';
import { kubeRef } from './refs.ts';

/** The source of `Endpoint`: one entry of a slice. */
export interface EndpointSource {
  slice: Handle<EndpointSlice>;
  endpoint: Endpoint;
}

export function endpointsOf(slice: Handle<EndpointSlice>): EndpointSource[] {
  return (slice.object.endpoints ?? []).map((endpoint) => ({ slice, endpoint }));
}

/** Consumers take an endpoint of which nothing is said for ready (discovery/v1 EndpointConditions). */
export function isReady({ endpoint }: EndpointSource): boolean {
  return endpoint.conditions.ready ?? true;
}

const EndpointHintsType = builder.objectRef<EndpointHints>('EndpointHints').implement({
  description: 'The clients that an endpoint is meant for, by where they are.',
  fields: (t) => ({
    zones: t.stringList({
      description: 'Clients in these zones.',
      resolve: ({ forZones = [] }) => forZones.map(({ name }) => name),
    }),
    nodes: t.stringList({
      description: 'Clients on these nodes.',
      resolve: ({ forNodes = [] }) => forNodes.map(({ name }) => name),
    }),
  }),
});

export const EndpointType = builder.objectRef<EndpointSource>('Endpoint').implement({
  description: 'An address that may get the requests of a Service.',
  fields: (t) => ({
    addresses: t.stringList({ description: 'Consumers use the first.', resolve: ({ endpoint }) => endpoint.addresses }),
    ready: t.boolean({ description: 'Gets new requests.', resolve: isReady }),
    serving: t.boolean({
      description: 'Ready, whether it is terminating or not.',
      resolve: ({ endpoint }) => endpoint.conditions.serving ?? endpoint.conditions.ready ?? true,
    }),
    terminating: t.boolean({
      description: 'Its pod is being deleted.',
      resolve: ({ endpoint }) => endpoint.conditions.terminating ?? false,
    }),
    pod: t.field({
      type: kubeRef(Pod),
      nullable: true,
      description: 'The pod that has the address.',
      resolve: ({ slice, endpoint: { targetRef } }) =>
        targetRef?.kind === 'Pod' ? slice.find(Pod, targetRef.namespace, targetRef.name) : null,
    }),
    node: t.field({
      type: kubeRef(Node),
      nullable: true,
      description: 'The node that it is on.',
      resolve: ({ slice, endpoint }) => slice.find(Node, undefined, endpoint.nodeName),
    }),
    zone: t.string({
      nullable: true,
      description: 'The zone that it is in.',
      resolve: ({ endpoint }) => endpoint.zone,
    }),
    hints: t.field({
      type: EndpointHintsType,
      nullable: true,
      description: 'Whose requests it is meant for; null for everybody.',
      resolve: ({ endpoint }) => endpoint.hints,
    }),
  }),
});
