import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { EndpointTarget } from '../endpointslice/types.ts';

export interface EndpointAddress {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: EndpointTarget;
}

export interface EndpointsPort {
  name?: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

export interface EndpointSubset {
  addresses?: EndpointAddress[];
  notReadyAddresses?: EndpointAddress[];
  ports?: EndpointsPort[];
}

/** The older form of what EndpointSlices say: everything about a Service in one object. */
export interface Endpoints extends KubeObject {
  subsets?: EndpointSubset[];
  /** When the controller wrote it last, in milliseconds. */
  runtime?: { writtenAt: number };
}

export const Endpoints = defineKind<Endpoints>({
  apiVersion: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
});
