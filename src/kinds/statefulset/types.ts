import type { Retry } from '../../controllers/replicas/retry.ts';
import type { Condition } from '../../machinery/conditions.ts';
import type { IntOrPercent } from '../../machinery/int-or-percent.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, ObjectMeta } from '../../machinery/object.ts';
import { indexBySelector } from '../../machinery/selector-index.ts';
import { fromLabelSelector, type LabelSelector, type Selector } from '../../machinery/selector.ts';
import type { PersistentVolumeClaimSpec } from '../persistentvolumeclaim/types.ts';
import type { PodTemplateSpec } from '../pod/types.ts';

export interface VolumeClaimTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: Partial<ObjectMeta>;
  spec: PersistentVolumeClaimSpec;
  status?: unknown;
}

export interface StatefulSetSpec {
  replicas?: number;
  serviceName?: string;
  selector: LabelSelector;
  template: PodTemplateSpec;
  volumeClaimTemplates?: VolumeClaimTemplate[];
  podManagementPolicy?: string;
  updateStrategy?: {
    type?: string;
    rollingUpdate?: { partition?: number; maxUnavailable?: IntOrPercent };
  };
  revisionHistoryLimit?: number;
  minReadySeconds?: number;
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
  ordinals?: { start?: number };
}

export interface StatefulSetStatus {
  observedGeneration?: number;
  replicas: number;
  readyReplicas?: number;
  availableReplicas: number;
  currentReplicas?: number;
  updatedReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  collisionCount?: number;
  conditions?: Condition[];
}

export interface StatefulSet extends KubeObject {
  spec: StatefulSetSpec;
  status: StatefulSetStatus;
  runtime?: { retry?: Retry };
}

export const StatefulSet = defineKind<StatefulSet>({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  namespaced: true,
});

export function statefulSetSelector(set: StatefulSet): Selector {
  return fromLabelSelector(set.spec.selector);
}

/** StatefulSets by what they select, to find those that might adopt a pod. */
export const statefulSetsBySelector = indexBySelector('stateful sets by selector', StatefulSet, statefulSetSelector);
