import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { PersistentVolume } from '../persistentvolume/types.ts';
import { Node } from '../node/types.ts';
import { Pod, podsByClaim } from '../pod/types.ts';
import { StorageClass } from '../storageclass/types.ts';
import { classOfClaim, PersistentVolumeClaim, SELECTED_NODE } from './types.ts';

defineKubeType(PersistentVolumeClaim, {
  description: 'Asks for storage of a size and an access mode.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'The namespace it lies in.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    phase: t.string({ description: '"Pending", "Bound" or "Lost".', resolve: ({ object }) => object.status.phase }),
    requested: t.field({
      type: 'Quantity',
      description: 'How much it asks for.',
      resolve: ({ object }) => object.spec.resources.requests?.['storage'] ?? '0',
    }),
    capacity: t.field({
      type: 'Quantity',
      nullable: true,
      description: 'How much it has: less than its volume while a file system has not grown yet.',
      resolve: ({ object }) => object.status.capacity?.['storage'] ?? null,
    }),
    accessModes: t.stringList({
      description: 'How it is to be mounted: "ReadWriteOnce" and the like.',
      resolve: ({ object }) => object.spec.accessModes,
    }),
    volumeMode: t.string({
      description: '"Filesystem" or "Block".',
      resolve: ({ object }) => object.spec.volumeMode ?? 'Filesystem',
    }),
    selectedNode: t.field({
      type: kubeRef(Node),
      nullable: true,
      description: 'The node that the scheduler chose for its first consumer.',
      resolve: (handle) => handle.find(Node, undefined, handle.object.metadata.annotations?.[SELECTED_NODE]),
    }),
    volume: t.field({
      type: kubeRef(PersistentVolume),
      nullable: true,
      description: 'The volume it is bound to or asks for.',
      resolve: (handle) => handle.find(PersistentVolume, undefined, handle.object.spec.volumeName),
    }),
    storageClass: t.field({
      type: kubeRef(StorageClass),
      nullable: true,
      description: 'The class it asks for.',
      resolve: (handle) => handle.find(StorageClass, undefined, classOfClaim(handle.object)),
    }),
    usedBy: t.field({
      type: connectionOf(Pod),
      description: 'The pods that mount it.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.by(podsByClaim, `${object.metadata.namespace}/${object.metadata.name}`), args),
    }),
  }),
});
