import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** Allows objects of other namespaces to refer to objects of this one. */
export interface ReferenceGrant extends KubeObject {
  spec: {
    from?: { group?: string; kind: string; namespace: string }[];
    to?: { group?: string; kind: string; name?: string }[];
  };
}

export const ReferenceGrant = defineKind<ReferenceGrant>({
  apiVersion: 'gateway.networking.k8s.io/v1beta1',
  kind: 'ReferenceGrant',
  plural: 'referencegrants',
  shortNames: ['refgrant'],
  namespaced: true,
});
