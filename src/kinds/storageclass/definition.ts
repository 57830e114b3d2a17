import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { applyStorageClassDefaults, validateStorageClass, validateStorageClassUpdate } from './admission.ts';
import { isDefaultClass, StorageClass } from './types.ts';

export const storageClass: KindDefinition<StorageClass> = {
  kind: StorageClass,
  statusSubresource: false,
  hasGeneration: false,
  applyDefaults: applyStorageClassDefaults,
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  columns: [
    {
      name: 'NAME',
      cell: (object) => (isDefaultClass(object) ? `${object.metadata.name} (default)` : object.metadata.name),
    },
    { name: 'PROVISIONER', cell: ({ provisioner }) => provisioner },
    { name: 'RECLAIMPOLICY', cell: ({ reclaimPolicy }) => reclaimPolicy },
    { name: 'VOLUMEBINDINGMODE', cell: ({ volumeBindingMode }) => volumeBindingMode },
    { name: 'ALLOWVOLUMEEXPANSION', cell: ({ allowVolumeExpansion }) => String(allowVolumeExpansion ?? false) },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
};
