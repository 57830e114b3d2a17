import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

export type PreemptionPolicy = 'PreemptLowerPriority' | 'Never';

/** scheduling.k8s.io/v1 PriorityClass. */
export interface PriorityClass extends KubeObject {
  value: number;
  globalDefault?: boolean;
  description?: string;
  preemptionPolicy?: PreemptionPolicy;
}

export const PriorityClass = defineKind<PriorityClass>({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
});

/** Names that begin so are the system's. */
export const SYSTEM_PREFIX = 'system-';

/** The highest value a user may give. */
export const HIGHEST_USER_PRIORITY = 1_000_000_000;

export interface SystemPriorityClass {
  name: string;
  value: number;
  description: string;
}

/** The classes every cluster has. Source: pkg/apis/scheduling/v1/helpers.go. */
export const SYSTEM_PRIORITY_CLASSES: readonly SystemPriorityClass[] = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
];
