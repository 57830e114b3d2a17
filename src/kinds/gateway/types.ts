import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { LabelSelector } from '../../machinery/selector.ts';
import type { GatewayCondition } from '../gatewayclass/types.ts';

export interface Listener {
  name: string;
  hostname?: string;
  port: number;
  protocol: string;
  tls?: { mode?: string; certificateRefs?: { group?: string; kind?: string; name: string; namespace?: string }[] };
  allowedRoutes?: {
    namespaces?: { from?: 'Same' | 'All' | 'Selector' | 'None'; selector?: LabelSelector };
    kinds?: { group?: string; kind: string }[];
  };
}

export interface ListenerStatus {
  name: string;
  supportedKinds: { group: string; kind: string }[];
  attachedRoutes: number;
  conditions: GatewayCondition[];
}

export interface Gateway extends KubeObject {
  spec: { gatewayClassName: string; listeners: Listener[]; addresses?: { type?: string; value?: string }[] };
  status: {
    addresses?: { type: string; value: string }[];
    conditions?: GatewayCondition[];
    listeners?: ListenerStatus[];
  };
}

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';

export const Gateway = defineKind<Gateway>({
  apiVersion: `${GATEWAY_GROUP}/v1`,
  kind: 'Gateway',
  plural: 'gateways',
  shortNames: ['gtw'],
  namespaced: true,
});

/** Gateways by the name of their class. */
export const gatewaysByClass: Index<Gateway> = {
  name: 'gateways by class',
  kind: Gateway,
  keys: ({ spec }) => spec.gatewayClassName,
};

/** Gateways by each address they have. */
export const gatewaysByAddress: Index<Gateway> = {
  name: 'gateways by address',
  kind: Gateway,
  keys: ({ status }) => status?.addresses?.map(({ value }) => value),
};
