import type { IStorageClass } from 'kubernetes-models/storage.k8s.io/v1/StorageClass';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** storage.k8s.io/v1 StorageClass after defaulting: it has no spec. */
export interface StorageClass extends KubeObject {
  provisioner: string;
  reclaimPolicy: 'Delete' | 'Retain' | 'Recycle';
  volumeBindingMode: 'Immediate' | 'WaitForFirstConsumer';
  allowVolumeExpansion?: boolean;
  parameters?: IStorageClass['parameters'];
  mountOptions?: string[];
  allowedTopologies?: IStorageClass['allowedTopologies'];
}

export const StorageClass = defineKind<StorageClass>({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
});

const DEFAULT_CLASS_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export function isDefaultClass({ metadata }: StorageClass): boolean {
  return DEFAULT_CLASS_ANNOTATIONS.some((annotation) => metadata.annotations?.[annotation] === 'true');
}

/** The default class: of several the newest, and of those the first by name (pkg/volume/util/storageclass.go). */
export function defaultClass(view: ClusterView): StorageClass | undefined {
  const classes = view.list(StorageClass).filter(isDefaultClass);
  return [...classes].sort((left, right) => {
    const age = fromTimestamp(right.metadata.creationTimestamp) - fromTimestamp(left.metadata.creationTimestamp);
    return age || (left.metadata.name < right.metadata.name ? -1 : 1);
  })[0];
}
