import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IContainerStatus } from 'kubernetes-models/v1/ContainerStatus';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { IPodStatus } from 'kubernetes-models/v1/PodStatus';
import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import { indexOrphans } from '../../machinery/selector-index.ts';
import type { KubeObject, ObjectMeta, StringMap } from '../../machinery/object.ts';
import { referenceKeys } from './references.ts';
import type { PodRuntime } from './runtime.ts';

export { referenceKey } from './references.ts';

export type Container = IContainer;
export type ContainerStatus = IContainerStatus;
export type Probe = NonNullable<IContainer['readinessProbe']>;

export interface PodCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastProbeTime?: null;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

export type PodSpec = IPodSpec;

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export type PodStatus = Omit<IPodStatus, 'conditions' | 'phase'> & {
  phase: PodPhase;
  conditions?: PodCondition[];
};

export interface Pod extends KubeObject {
  spec: PodSpec;
  status: PodStatus;
  runtime?: PodRuntime;
}

/** `spec.template` of every workload. */
export interface PodTemplateSpec {
  metadata?: Partial<ObjectMeta>;
  spec: PodSpec;
}

export const Pod = defineKind<Pod>({
  apiVersion: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  namespaced: true,
});

/** Pods by spec.nodeName; those that are bound to no node are under ''. */
export const podsByNode: Index<Pod> = {
  name: 'pods by node',
  kind: Pod,
  keys: (pod) => pod.spec.nodeName ?? '',
};

/** Pods with a resize that waits for room, by spec.nodeName. */
export const podsAwaitingResize: Index<Pod> = {
  name: 'pods awaiting a resize by node',
  kind: Pod,
  keys: (pod) => (pod.runtime?.resizePending?.reason === 'Deferred' ? pod.spec.nodeName : undefined),
};

/** Pods by each of their labels: see `labelIndexKey`. Use `selectPods` of queries.ts for selectors. */
export const podsByLabel: Index<Pod> = {
  name: 'pods by label',
  kind: Pod,
  keys: (pod) => labelIndexKeys(pod.metadata.namespace, pod.metadata.labels),
};

/** Pods that no controller owns, for adoption. */
export const orphanPods = indexOrphans('pods without controller', Pod);

export const FINISHED_PODS = 'finished';

/** Pods whose phase is Succeeded or Failed, all under `FINISHED_PODS`. */
export const finishedPods: Index<Pod> = {
  name: 'finished pods',
  kind: Pod,
  keys: (pod) => (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? FINISHED_PODS : undefined),
};

/** Pods by `namespace/name` of the claims they mount. */
export const podsByClaim: Index<Pod> = {
  name: 'pods by claim',
  kind: Pod,
  keys: (pod) => pod.spec.volumes && claimKeys(pod),
};

/** Pods by the PriorityClass and the RuntimeClass that they name: see `podClassKey`. */
export const podsByClass: Index<Pod> = {
  name: 'pods by class',
  kind: Pod,
  keys: ({ spec: { priorityClassName: priority, runtimeClassName: runtime } }) => {
    if (!runtime) return priority ? podClassKey('PriorityClass', priority) : undefined;
    const key = podClassKey('RuntimeClass', runtime);
    return priority ? [podClassKey('PriorityClass', priority), key] : key;
  },
};

export function podClassKey(kind: 'PriorityClass' | 'RuntimeClass', name: string): string {
  return `${kind}\n${name}`;
}

/** Pods by the address of their network while they hold it; those on their node's own address are not there. */
export const podsByAddress: Index<Pod> = {
  name: 'pods by address',
  kind: Pod,
  keys: (pod) => {
    const { runtime, spec, status } = pod;
    const over = status.phase === 'Succeeded' || status.phase === 'Failed';
    return over || spec.hostNetwork ? undefined : runtime?.sandbox?.ip;
  },
};

/** Pods by the ConfigMaps and Secrets that they name in any way: see `referenceKey`. */
export const podsByReference: Index<Pod> = {
  name: 'pods by ConfigMap and Secret',
  kind: Pod,
  keys: (pod) => referenceKeys(pod.metadata.namespace, pod.spec),
};

function claimKeys(pod: Pod): string[] | undefined {
  const keys: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.persistentVolumeClaim) keys.push(`${pod.metadata.namespace}/${volume.persistentVolumeClaim.claimName}`);
    else if (volume.ephemeral) keys.push(`${pod.metadata.namespace}/${pod.metadata.name}-${volume.name}`);
  }
  return keys.length > 0 ? keys : undefined;
}

export function labelIndexKey(namespace: string | undefined, key: string, value: string): string {
  return `${namespace ?? ''}\n${key}=${value}`;
}

const labelKeyCache = new WeakMap<object, { namespace: string | undefined; keys: readonly string[] }>();

function labelIndexKeys(namespace: string | undefined, labels: StringMap | undefined): readonly string[] | undefined {
  if (!labels) return undefined;
  const cached = labelKeyCache.get(labels);
  // Objects of two namespaces may share their labels.
  if (cached && cached.namespace === namespace) return cached.keys;
  const keys = Object.keys(labels).map((key) => labelIndexKey(namespace, key, labels[key] ?? ''));
  labelKeyCache.set(labels, { namespace, keys });
  return keys;
}
