import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { accessModesText } from '../persistentvolume/queries.ts';
import {
  applyClaimDefaults,
  claimResizePlugin,
  defaultStorageClassPlugin,
  PROTECTION_FINALIZER,
  validateClaim,
  validateClaimUpdate,
} from './admission.ts';
import { claimsByClass, classOfClaim, claimsByVolume, pendingClaimsByClass, PersistentVolumeClaim } from './types.ts';

const bound = (claim: PersistentVolumeClaim) => claim.spec.volumeName !== undefined;

export const persistentVolumeClaim: KindDefinition<PersistentVolumeClaim> = {
  kind: PersistentVolumeClaim,
  hasGeneration: false,
  indexes: [pendingClaimsByClass, claimsByClass, claimsByVolume],
  applyDefaults: applyClaimDefaults,
  prepareCreate(claim) {
    const finalizers = claim.metadata.finalizers ?? [];
    if (!finalizers.includes(PROTECTION_FINALIZER)) claim.metadata.finalizers = [...finalizers, PROTECTION_FINALIZER];
    claim.status = { phase: 'Pending' };
    return undefined;
  },
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  plugins: [defaultStorageClassPlugin, claimResizePlugin],
  columns: [
    { name: 'STATUS', cell: ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : status.phase) },
    { name: 'VOLUME', cell: ({ spec }) => spec.volumeName ?? '' },
    { name: 'CAPACITY', cell: (claim) => (bound(claim) ? (claim.status.capacity?.['storage'] ?? '') : '') },
    {
      name: 'ACCESS MODES',
      cell: (claim) => (bound(claim) ? accessModesText(claim.status.accessModes) : ''),
    },
    { name: 'STORAGECLASS', cell: (claim) => classOfClaim(claim) },
    { name: 'VOLUMEATTRIBUTESCLASS', cell: ({ spec }) => spec.volumeAttributesClassName ?? '<unset>' },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
    { name: 'VOLUMEMODE', wide: true, cell: ({ spec }) => spec.volumeMode ?? '<unset>' },
  ],
  health: ({ status }) => {
    if (status.phase === 'Bound') return 'HEALTHY';
    return status.phase === 'Lost' ? 'DEGRADED' : 'PROGRESSING';
  },
};
