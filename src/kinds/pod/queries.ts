import type { ClusterView } from '../../machinery/cluster-view.ts';
import { sizeOf } from '../../machinery/file-tree.ts';
import { anchorPair, matches, type Selector } from '../../machinery/selector.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { Pod, labelIndexKey, podsByLabel, type PodCondition } from './types.ts';

/** Questions asked of pods all over the model. Source: pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go. */

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  const { conditions } = pod.status;
  if (!conditions) return undefined;
  for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

/** podutil.IsPodReady */
export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** podutil.IsPodAvailable: ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const at = podAvailableAt(pod, minReadySeconds);
  return at !== undefined && at <= now;
}

/** When a ready pod becomes available, in milliseconds; undefined while it is not ready. */
export function podAvailableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  const since = fromTimestamp(ready.lastTransitionTime);
  return since === undefined ? undefined : since + minReadySeconds * 1000;
}

/** podutil.IsPodTerminal: phase Succeeded or Failed. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded';
}

/** controller.IsPodActive: neither terminal nor being deleted. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** The pods of a namespace that a selector matches, oldest first; looks only at those that carry one of its labels. */
export function selectPods(view: ClusterView, namespace: string, selector: Selector): readonly Pod[] {
  if (selector.matchesNothing) return [];
  const anchor = anchorPair(selector);
  const candidates = anchor
    ? view.by(podsByLabel, labelIndexKey(namespace, anchor.key, anchor.value))
    : view.list(Pod, namespace);
  if (anchor && selector.requirements.length === 1) return candidates;
  return candidates.filter((pod) => matches(selector, pod.metadata.labels));
}

/** What was written into a pod's file systems in memory, in bytes: it counts as memory that the pod uses. */
export function memoryVolumeBytes({ runtime, spec }: Pod): number {
  if (!runtime?.volumes || runtime.done) return 0;
  let bytes = 0;
  for (const { name, emptyDir } of spec.volumes ?? []) {
    if (emptyDir?.medium === 'Memory') bytes += sizeOf(runtime.volumes[name]);
  }
  return bytes;
}

/** scheduling.SystemCriticalPriority */
export const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

/** kubelettypes.IsCriticalPod: a mirror of a static pod, or a pod of a system priority. */
export function isCriticalPod({ metadata, spec }: Pod): boolean {
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return true;
  return (spec.priority ?? 0) >= SYSTEM_CRITICAL_PRIORITY;
}
