import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { StorageClass } from '../storageclass/types.ts';
import { PersistentVolume } from './types.ts';

defineKubeType(PersistentVolume, {
  description: 'A piece of storage of the cluster.',
  fields: (t) => ({
    phase: t.string({
      description: '"Pending", "Available", "Bound", "Released" or "Failed".',
      resolve: ({ object }) => object.status.phase,
    }),
    capacity: t.field({ type: 'Quantity', resolve: ({ object }) => object.spec.capacity['storage'] ?? '0' }),
    accessModes: t.stringList({ resolve: ({ object }) => object.spec.accessModes ?? [] }),
    reclaimPolicy: t.string({ resolve: ({ object }) => object.spec.persistentVolumeReclaimPolicy ?? 'Retain' }),
    claim: t.field({
      type: kubeRef(PersistentVolumeClaim),
      nullable: true,
      resolve: (handle) => {
        const { claimRef } = handle.object.spec;
        const claim = handle.find(PersistentVolumeClaim, claimRef?.namespace, claimRef?.name);
        return claim?.object.metadata.uid === claimRef?.uid ? claim : null;
      },
    }),
    storageClass: t.field({
      type: kubeRef(StorageClass),
      nullable: true,
      resolve: (handle) => handle.find(StorageClass, undefined, handle.object.spec.storageClassName),
    }),
  }),
});
