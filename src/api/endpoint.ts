import type { Endpoint, EndpointSlice } from '../kinds/endpointslice/types.ts';
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

export const EndpointType = builder.objectRef<EndpointSource>('Endpoint').implement({
  description: 'An address that may get the requests of a Service.',
  fields: (t) => ({
    addresses: t.stringList({ resolve: ({ endpoint }) => endpoint.addresses }),
    ready: t.boolean({ description: 'Gets new requests.', resolve: isReady }),
    serving: t.boolean({
      description: 'Ready, whether it is terminating or not.',
      resolve: ({ endpoint }) => endpoint.conditions.serving ?? endpoint.conditions.ready ?? true,
    }),
    terminating: t.boolean({ resolve: ({ endpoint }) => endpoint.conditions.terminating ?? false }),
    pod: t.field({
      type: kubeRef(Pod),
      nullable: true,
      resolve: ({ slice, endpoint: { targetRef } }) =>
        targetRef?.kind === 'Pod' ? slice.find(Pod, targetRef.namespace, targetRef.name) : null,
    }),
    node: t.field({
      type: kubeRef(Node),
      nullable: true,
      resolve: ({ slice, endpoint }) => slice.find(Node, undefined, endpoint.nodeName),
    }),
    zone: t.string({ nullable: true, resolve: ({ endpoint }) => endpoint.zone }),
  }),
});
