import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { StorageClass } from '../storageclass/types.ts';
import { CsiStorageCapacity } from './types.ts';

defineKubeType(CsiStorageCapacity, {
  description: 'How much storage of a class there is for a set of nodes.',
  fields: (t) => ({
    storageClass: t.field({
      type: kubeRef(StorageClass),
      nullable: true,
      description: 'The class.',
      resolve: (handle) => handle.find(StorageClass, undefined, handle.object.storageClassName),
    }),
    capacity: t.field({
      type: 'Quantity',
      nullable: true,
      description: 'How much there is.',
      resolve: ({ object }) => (object.capacity === undefined ? null : String(object.capacity)),
    }),
    maximumVolumeSize: t.field({
      type: 'Quantity',
      nullable: true,
      description: 'How large one volume may be.',
      resolve: ({ object }) => (object.maximumVolumeSize === undefined ? null : String(object.maximumVolumeSize)),
    }),
    nodeTopology: t.string({
      nullable: true,
      description: 'The nodes, by their labels; null: none of them.',
      resolve: ({ object }) => (object.nodeTopology ? formatLabelSelector(object.nodeTopology) : null),
    }),
  }),
});
