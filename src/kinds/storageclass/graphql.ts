import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf } from '../../api/refs.ts';
import { PersistentVolume, volumesByClass } from '../persistentvolume/types.ts';
import { claimsByClass, PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { isDefaultClass, StorageClass } from './types.ts';

defineKubeType(StorageClass, {
  description: 'How volumes are made for claims that name it.',
  fields: (t) => ({
    provisioner: t.string({ resolve: ({ object }) => object.provisioner }),
    reclaimPolicy: t.string({ resolve: ({ object }) => object.reclaimPolicy }),
    volumeBindingMode: t.string({ resolve: ({ object }) => object.volumeBindingMode }),
    allowVolumeExpansion: t.boolean({ resolve: ({ object }) => object.allowVolumeExpansion ?? false }),
    isDefault: t.boolean({ resolve: ({ object }) => isDefaultClass(object) }),
    volumes: t.field({
      type: connectionOf(PersistentVolume),
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, view.by(volumesByClass, object.metadata.name), args),
    }),
    claims: t.field({
      type: connectionOf(PersistentVolumeClaim),
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, view.by(claimsByClass, object.metadata.name), args),
    }),
  }),
});
