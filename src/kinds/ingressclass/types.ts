import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

export interface IngressClassParameters {
  apiGroup?: string;
  kind: string;
  name: string;
  scope?: string;
  namespace?: string;
}

export interface IngressClass extends KubeObject {
  spec: { controller?: string; parameters?: IngressClassParameters };
  /** The address under which the class's simulated controller answers. */
  runtime?: { address: string };
}

export const IngressClass = defineKind<IngressClass>({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
});

/** Classes by the address of their controller. */
export const classesByAddress: Index<IngressClass> = {
  name: 'ingress classes by address',
  kind: IngressClass,
  keys: ({ runtime }) => runtime?.address,
};
