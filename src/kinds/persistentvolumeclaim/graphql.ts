import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { PersistentVolume } from '../persistentvolume/types.ts';
import { Pod, podsByClaim } from '../pod/types.ts';
import { StorageClass } from '../storageclass/types.ts';
import { PersistentVolumeClaim } from './types.ts';

defineKubeType(PersistentVolumeClaim, {
  description: 'Asks for storage of a size and an access mode.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    phase: t.string({ description: '"Pending", "Bound" or "Lost".', resolve: ({ object }) => object.status.phase }),
    requested: t.field({
      type: 'Quantity',
      resolve: ({ object }) => object.spec.resources.requests?.['storage'] ?? '0',
    }),
    capacity: t.field({
      type: 'Quantity',
      nullable: true,
      resolve: ({ object }) => object.status.capacity?.['storage'] ?? null,
    }),
    accessModes: t.stringList({ resolve: ({ object }) => object.spec.accessModes }),
    volume: t.field({
      type: kubeRef(PersistentVolume),
      nullable: true,
      resolve: (handle) => handle.find(PersistentVolume, undefined, handle.object.spec.volumeName),
    }),
    storageClass: t.field({
      type: kubeRef(StorageClass),
      nullable: true,
      resolve: (handle) => handle.find(StorageClass, undefined, handle.object.spec.storageClassName),
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
