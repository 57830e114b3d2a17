import type { Retry } from '../../controllers/replicas/retry.ts';
import type { Condition } from '../../machinery/conditions.ts';
import type { IntOrPercent } from '../../machinery/int-or-percent.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { Index } from '../../machinery/cluster-view.ts';
import { controllerRef, type KubeObject } from '../../machinery/object.ts';
import { indexBySelector } from '../../machinery/selector-index.ts';
import { fromLabelSelector, type LabelSelector, type Selector } from '../../machinery/selector.ts';
import { Pod, type PodTemplateSpec } from '../pod/types.ts';

export interface DaemonSetSpec {
  selector: LabelSelector;
  template: PodTemplateSpec;
  updateStrategy?: {
    type?: string;
    rollingUpdate?: { maxUnavailable?: IntOrPercent; maxSurge?: IntOrPercent };
  };
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
}

export interface DaemonSetStatus {
  currentNumberScheduled: number;
  numberMisscheduled: number;
  desiredNumberScheduled: number;
  numberReady: number;
  observedGeneration?: number;
  updatedNumberScheduled?: number;
  numberAvailable?: number;
  numberUnavailable?: number;
  collisionCount?: number;
  conditions?: Condition[];
}

/** When the failed pod of a node was removed last, and how long the next one is left. Milliseconds. */
export interface FailedPodBackOff {
  at: number;
  delayMs: number;
  generation: number;
}

export interface DaemonSetRuntime {
  retry?: Retry;
  /** By the name of the node. */
  failedPods?: Record<string, FailedPodBackOff>;
}

export interface DaemonSet extends KubeObject {
  spec: DaemonSetSpec;
  status: DaemonSetStatus;
  runtime?: DaemonSetRuntime;
}

export const DaemonSet = defineKind<DaemonSet>({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  namespaced: true,
});

export function daemonSetSelector(set: DaemonSet): Selector {
  return fromLabelSelector(set.spec.selector);
}

/** DaemonSets by what they select, to find those that might adopt a pod. */
export const daemonSetsBySelector = indexBySelector('daemon sets by selector', DaemonSet, daemonSetSelector);

/** How often the template has changed, from 1 on; its pods carry it as the label below. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';
export const TEMPLATE_GENERATION_LABEL = 'pod-template-generation';

/** The key of `daemonPods` for the ready pods of a set, given its uid. */
export function readyDaemonsKey(uid: string): string {
  return `${uid} ready`;
}

/** The pods of DaemonSets by the uid of their set, and the ready ones of them by `readyDaemonsKey`: for counting. */
export const daemonPods: Index<Pod> = {
  name: 'daemon pods',
  kind: Pod,
  keys(pod) {
    if (pod.metadata.ownerReferences === undefined) return undefined;
    const owner = controllerRef(pod);
    if (owner?.kind !== 'DaemonSet') return undefined;
    const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return isReady ? [owner.uid, readyDaemonsKey(owner.uid)] : owner.uid;
  },
};
