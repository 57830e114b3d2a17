import type { IPersistentVolumeClaimSpec } from 'kubernetes-models/v1/PersistentVolumeClaimSpec';
import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { LabelSelector } from '../../machinery/selector.ts';

export type PersistentVolumeClaimSpec = Omit<IPersistentVolumeClaimSpec, 'selector' | 'resources'> & {
  selector?: LabelSelector;
  accessModes: string[];
  resources: { requests?: Record<string, string>; limits?: Record<string, string> };
};

export interface ClaimCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastProbeTime?: null;
  lastTransitionTime?: string;
}

export interface PersistentVolumeClaim extends KubeObject {
  spec: PersistentVolumeClaimSpec;
  status: {
    phase: 'Pending' | 'Bound' | 'Lost';
    accessModes?: string[];
    capacity?: Record<string, string>;
    conditions?: ClaimCondition[];
    /** What was asked for last of a volume that grows, and how far that is. */
    allocatedResources?: Record<string, string>;
    allocatedResourceStatuses?: Record<string, string>;
  };
  runtime?: ClaimRuntime;
}

/** What simulated provisioners and resizers keep of a claim. Times are milliseconds. */
export interface ClaimRuntime {
  /** The attempt under way is done then. */
  provisioningUntilMs?: number;
  /** How many attempts have failed, and when the next one begins. */
  provisioningFailures?: number;
  provisioningRetryAtMs?: number;
  resizingUntilMs?: number;
  resizeFailures?: number;
  resizeRetryAtMs?: number;
  /** What was said last while it waits. */
  said?: string;
  /** The size that an expansion was announced for. */
  saidExpanding?: string;
}

export const PersistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
});

/** The class of a claim or a volume before `storageClassName` was a field; it goes before the field still. */
export const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The class a claim asks for; '' for none (component-helpers/storage/volume, GetPersistentVolumeClaimClass). */
export function classOfClaim({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? '';
}

/** Claims that wait for a volume, by the name of their class ('' for none). */
export const pendingClaimsByClass: Index<PersistentVolumeClaim> = {
  name: 'pending claims by class',
  kind: PersistentVolumeClaim,
  keys: (claim) => (claim.status.phase === 'Pending' ? classOfClaim(claim) : undefined),
};

/** Claims by the class they name. */
export const claimsByClass: Index<PersistentVolumeClaim> = {
  name: 'claims by class',
  kind: PersistentVolumeClaim,
  keys: (claim) => classOfClaim(claim),
};

/** Claims by the volume they name. */
export const claimsByVolume: Index<PersistentVolumeClaim> = {
  name: 'claims by volume',
  kind: PersistentVolumeClaim,
  keys: ({ spec }) => spec.volumeName,
};

/** The scheduler's choice for a claim that waits for its first consumer. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** Holds a volume until its provisioner has deleted what lies behind it. */
export const PROVISIONER_FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';
export const PROVISIONERS = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
] as const;
