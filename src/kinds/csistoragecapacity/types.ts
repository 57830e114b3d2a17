import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { LabelSelector } from '../../machinery/selector.ts';

/** storage.k8s.io/v1 CSIStorageCapacity: how much storage of a class there is for a set of nodes. It has no spec. */
export interface CsiStorageCapacity extends KubeObject {
  storageClassName: string;
  nodeTopology?: LabelSelector | null;
  capacity?: string | number;
  maximumVolumeSize?: string | number;
}

export const CsiStorageCapacity = defineKind<CsiStorageCapacity>({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  namespaced: true,
});

/** Capacities by the name of their class. */
export const capacitiesByClass: Index<CsiStorageCapacity> = {
  name: 'capacities by class',
  kind: CsiStorageCapacity,
  keys: ({ storageClassName }) => storageClassName,
};
