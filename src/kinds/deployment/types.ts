import type { Retry } from '../../controllers/replicas/retry.ts';
import type { PodTemplateSpec } from '../pod/types.ts';
import type { IntOrPercent } from '../../machinery/int-or-percent.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { indexBySelector } from '../../machinery/selector-index.ts';
import { fromLabelSelector, type LabelSelector, type Selector } from '../../machinery/selector.ts';

export interface DeploymentStrategy {
  type?: 'RollingUpdate' | 'Recreate';
  rollingUpdate?: { maxSurge?: IntOrPercent; maxUnavailable?: IntOrPercent };
}

export interface DeploymentSpec {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplateSpec;
  strategy?: DeploymentStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  paused?: boolean;
  progressDeadlineSeconds?: number;
}

export interface DeploymentCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastUpdateTime: string;
  lastTransitionTime: string;
}

/** Counts of zero are left out, as the API leaves them out. */
export interface DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  terminatingReplicas?: number;
  collisionCount?: number;
  conditions?: DeploymentCondition[];
}

export interface Deployment extends KubeObject {
  spec: DeploymentSpec;
  status: DeploymentStatus;
  /** Set while the creation of a ReplicaSet is refused. */
  runtime?: { retry: Retry };
}

export const Deployment = defineKind<Deployment>({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  namespaced: true,
});

export function deploymentSelector(deployment: Deployment): Selector {
  return fromLabelSelector(deployment.spec.selector);
}

/** Deployments by what they select, to find those that might adopt a ReplicaSet. */
export const deploymentsBySelector = indexBySelector('deployments by selector', Deployment, deploymentSelector);
