import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import { objectKey, type KubeObject } from '../../machinery/object.ts';

export interface EndpointConditions {
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
}

export interface EndpointHints {
  forZones?: { name: string }[];
  forNodes?: { name: string }[];
}

export interface EndpointTarget {
  kind: string;
  namespace?: string;
  name: string;
  uid?: string;
}

export interface Endpoint {
  addresses: string[];
  conditions: EndpointConditions;
  hostname?: string;
  nodeName?: string;
  zone?: string;
  targetRef?: EndpointTarget;
  hints?: EndpointHints;
  deprecatedTopology?: Record<string, string>;
}

export interface EndpointPort {
  name?: string;
  /** None in a slice that lists addresses without ports. */
  port?: number;
  protocol: string;
  appProtocol?: string;
}

export type AddressType = 'IPv4' | 'IPv6' | 'FQDN';

export interface EndpointSlice extends KubeObject {
  addressType: AddressType;
  endpoints: Endpoint[];
  ports: EndpointPort[];
}

export const EndpointSlice = defineKind<EndpointSlice>({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
});

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/** `namespace/name` of the Service a slice belongs to, by its label. */
export function serviceKeyOf(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name ? objectKey(slice.metadata.namespace, name) : undefined;
}

/** Slices by `namespace/name` of their Service. */
export const slicesByService: Index<EndpointSlice> = {
  name: 'endpoint slices by service',
  kind: EndpointSlice,
  keys: serviceKeyOf,
};

const targetKeys = new WeakMap<object, readonly string[]>();

/** Slices by `namespace/name` of each pod they list. */
export const slicesByTarget: Index<EndpointSlice> = {
  name: 'endpoint slices by target',
  kind: EndpointSlice,
  keys({ endpoints }) {
    if (!endpoints?.length) return undefined;
    const known = targetKeys.get(endpoints);
    if (known) return known;
    const keys = new Set<string>();
    for (const { targetRef } of endpoints) if (targetRef) keys.add(objectKey(targetRef.namespace, targetRef.name));
    const list = [...keys];
    targetKeys.set(endpoints, list);
    return list;
  },
};
