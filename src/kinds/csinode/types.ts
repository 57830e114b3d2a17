import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** storage.k8s.io/v1 CSINode: the drivers of a node, and how many volumes of each can be attached to it. */
export interface CsiNode extends KubeObject {
  spec: {
    drivers?: readonly {
      name: string;
      nodeID?: string;
      topologyKeys?: readonly string[] | null;
      allocatable?: { count?: number };
    }[];
  };
}

export const CsiNode = defineKind<CsiNode>({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
});
