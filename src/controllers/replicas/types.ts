import type { KubeObject } from '../../machinery/object.ts';
import type { PodTemplateSpec } from '../../kinds/pod/types.ts';
import type { Retry } from './retry.ts';

/** What ReplicaSet and ReplicationController have in common: a number of pods of one template. */

export interface ReplicaCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface ReplicaStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: ReplicaCondition[];
}

export interface ReplicaSpec {
  replicas?: number;
  minReadySeconds?: number;
  template: PodTemplateSpec;
}

/** The controller's own memory: its rate-limited queue's, where a create or delete was refused. */
export interface ReplicaRuntime {
  retry?: Retry;
}

export interface ReplicaOwner extends KubeObject {
  spec: ReplicaSpec;
  status: ReplicaStatus;
  runtime?: ReplicaRuntime;
}

export const REPLICA_FAILURE = 'ReplicaFailure';
