import type { IPersistentVolumeSpec } from 'kubernetes-models/v1/PersistentVolumeSpec';
import type { Index } from '../../machinery/cluster-view.ts';
import type { FileTree } from '../../machinery/file-tree.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { ObjectReference } from '../event/types.ts';

export type PersistentVolumeSpec = Omit<IPersistentVolumeSpec, 'claimRef' | 'capacity'> & {
  claimRef?: ObjectReference;
  capacity: Record<string, string>;
};

export interface PersistentVolume extends KubeObject {
  spec: PersistentVolumeSpec;
  status: {
    phase: 'Pending' | 'Available' | 'Bound' | 'Released' | 'Failed';
    message?: string;
    reason?: string;
    lastPhaseTransitionTime?: string;
  };
  runtime?: VolumeRuntime;
}

/** What simulated drivers keep of a volume. Times are milliseconds. Whoever changes a part keeps the others. */
export interface VolumeRuntime {
  /** The deletion, or recycling, under way is done then. */
  reclaimUntilMs?: number;
  /** How many attempts to delete it have failed, and when the next one begins. */
  reclaimFailures?: number;
  reclaimRetryAtMs?: number;
  /** Nodes that were told that the volume is attached elsewhere. */
  multiAttachReported?: readonly string[];
  /** What was written into it. */
  files?: FileTree;
}

export const PersistentVolume = defineKind<PersistentVolume>({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
});

/** The class of a volume; '' for none (component-helpers/storage/volume, GetPersistentVolumeClass). */
export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '';
}

/** Volumes that no claim has, by the name of their class ('' for none). */
export const unclaimedVolumesByClass: Index<PersistentVolume> = {
  name: 'unclaimed volumes by class',
  kind: PersistentVolume,
  keys: (volume) => (volume.spec.claimRef ? undefined : classOfVolume(volume)),
};

/** Volumes by the class they name. */
export const volumesByClass: Index<PersistentVolume> = {
  name: 'volumes by class',
  kind: PersistentVolume,
  keys: (volume) => classOfVolume(volume),
};

/** Volumes by `namespace/name` of the claim they are kept for. */
export const volumesByClaim: Index<PersistentVolume> = {
  name: 'volumes by claim',
  kind: PersistentVolume,
  keys: ({ spec }) => (spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : undefined),
};
