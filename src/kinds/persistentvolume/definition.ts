import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { applyVolumeDefaults, PROTECTION_FINALIZER, validateVolume, validateVolumeUpdate } from './admission.ts';
import { accessModesText } from './queries.ts';
import { classOfVolume, PersistentVolume, unclaimedVolumesByClass, volumesByClaim, volumesByClass } from './types.ts';

export const persistentVolume: KindDefinition<PersistentVolume> = {
  kind: PersistentVolume,
  hasGeneration: false,
  indexes: [unclaimedVolumesByClass, volumesByClass, volumesByClaim],
  applyDefaults: applyVolumeDefaults,
  prepareCreate(volume) {
    const finalizers = volume.metadata.finalizers ?? [];
    if (!finalizers.includes(PROTECTION_FINALIZER)) volume.metadata.finalizers = [...finalizers, PROTECTION_FINALIZER];
    volume.status = { phase: 'Pending' };
    return undefined;
  },
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  columns: [
    { name: 'CAPACITY', cell: ({ spec }) => spec.capacity['storage'] ?? '' },
    { name: 'ACCESS MODES', cell: ({ spec }) => accessModesText(spec.accessModes) },
    { name: 'RECLAIM POLICY', cell: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '' },
    { name: 'STATUS', cell: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : status.phase) },
    { name: 'CLAIM', cell: ({ spec }) => (spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '') },
    { name: 'STORAGECLASS', cell: (volume) => classOfVolume(volume) },
    { name: 'VOLUMEATTRIBUTESCLASS', cell: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>' },
    { name: 'REASON', cell: ({ status }) => status.reason ?? '' },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
    { name: 'VOLUMEMODE', wide: true, cell: ({ spec }) => spec.volumeMode ?? '<unset>' },
  ],
  health: ({ status }) =>
    status.phase === 'Failed' ? 'DEGRADED' : status.phase === 'Pending' ? 'PROGRESSING' : 'HEALTHY',
};
