import type { ClusterView } from '../../machinery/cluster-view.ts';
import { scaledValue } from '../../machinery/int-or-percent.ts';
import { controllerRef, groupOf, type KubeObject, type OwnerReference } from '../../machinery/object.ts';
import type { Pod } from '../pod/types.ts';
import type { PodDisruptionBudgetSpec } from './types.ts';

/** How many pods a budget expects and how many must stay. Source: pkg/controller/disruption (getExpectedPodCount). */

export interface Expectation {
  expectedPods: number;
  desiredHealthy: number;
  /** Names of the pods that no controller owns; they are not counted where a scale is needed. */
  unmanaged: readonly string[];
}

/** The expectation, or the sentence that says why there is none. */
export function expectation(
  view: ClusterView,
  spec: PodDisruptionBudgetSpec,
  pods: readonly Pod[],
): Expectation | { error: string } {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable !== undefined) {
    const scale = expectedScale(view, pods);
    if ('error' in scale) return scale;
    const unavailable = scaledValue(maxUnavailable, scale.expectedPods, 'up');
    return { ...scale, desiredHealthy: Math.max(0, scale.expectedPods - unavailable) };
  }
  if (typeof minAvailable === 'number') {
    return { expectedPods: pods.length, desiredHealthy: minAvailable, unmanaged: [] };
  }
  if (minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0, unmanaged: [] };
  const scale = expectedScale(view, pods);
  if ('error' in scale) return scale;
  return { ...scale, desiredHealthy: scaledValue(minAvailable, scale.expectedPods, 'up') };
}

/** The sum of the scales of the pods' controllers, each counted once. */
function expectedScale(
  view: ClusterView,
  pods: readonly Pod[],
): { expectedPods: number; unmanaged: string[] } | { error: string } {
  const scales = new Map<string, number>();
  const seen = new Set<string>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const reference = controllerRef(pod);
    if (!reference) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (seen.has(reference.uid)) continue;
    seen.add(reference.uid);
    const found = controllerScale(view, reference);
    if (!found) return { error: `found no controllers for pod ${JSON.stringify(pod.metadata.name)}` };
    if ('error' in found) return found;
    scales.set(found.uid, found.replicas);
  }
  let expectedPods = 0;
  for (const replicas of scales.values()) expectedPods += replicas;
  return { expectedPods, unmanaged };
}

/** Kubernetes' own kinds that own pods and have no scale. */
const WITHOUT_SCALE: Record<string, string> = {
  Job: 'jobs.batch',
  DaemonSet: 'daemonsets.apps',
  Node: 'nodes',
};

/** The object whose scale counts: the Deployment for a ReplicaSet that belongs to one. */
function controllerScale(
  view: ClusterView,
  reference: OwnerReference,
): { uid: string; replicas: number } | { error: string } | undefined {
  const without = WITHOUT_SCALE[reference.kind];
  if (without !== undefined) return { error: `${without} does not implement the scale subresource` };
  const owner = view.byUid(reference.uid);
  if (!owner) return undefined;
  const above = owner.kind === 'ReplicaSet' ? controllerRef(owner) : undefined;
  const deployment = above?.kind === 'Deployment' ? view.byUid(above.uid) : undefined;
  const scaled = deployment ?? owner;
  const replicas = replicasOf(scaled);
  if (replicas !== undefined) return { uid: scaled.metadata.uid, replicas };
  const group = groupOf(owner.apiVersion);
  const plural = `${owner.kind.toLowerCase()}s${group ? `.${group}` : ''}`;
  return { error: `${plural} does not implement the scale subresource` };
}

function replicasOf(object: KubeObject): number | undefined {
  const replicas = (object.spec as { replicas?: unknown } | undefined)?.replicas;
  return typeof replicas === 'number' ? replicas : undefined;
}
