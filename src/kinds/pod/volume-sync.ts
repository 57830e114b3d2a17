import type { IVolume } from 'kubernetes-models/v1/Volume';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { AdmissionContext } from '../../machinery/definition.ts';
import { defineKind, type Kind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import {
  dataAt,
  MAX_SYNC_PERIOD_MS,
  rememberData,
  SYNC_PERIOD_MS,
  type Data,
  type RemembersData,
} from '../../machinery/past-data.ts';
import { hash32 } from '../../machinery/random.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { Node } from '../node/types.ts';
import { mapsOf, projectVolume, type ProjectionSources } from './projected-files.ts';
import type { ContainerRuntime, ProjectedFile } from './runtime.ts';
import { podsByReference, referenceKey, type Pod } from './types.ts';

/**
 * When a pod's volumes follow a change of their ConfigMap or Secret. A kubelet watches both, and writes what it knows
 * into the volumes of a pod whenever it syncs the pod: when the pod itself changes, when one of its containers does,
 * and every 60 to 90 s. So what a pod sees is a function of the object's changes and of the time of the last sync; no
 * timer is set for it. Source: pkg/kubelet/pod_workers.go (completeWork), pkg/kubelet/volumemanager/populator
 * (ReprocessPod), pkg/kubelet/util/manager/watch_based_manager.go.
 */

type Configuration = KubeObject & RemembersData;

const KINDS: Record<'ConfigMap' | 'Secret', Kind<Configuration>> = {
  ConfigMap: defineKind({ apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }),
  Secret: defineKind({ apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }),
};

/** Admission of a ConfigMap or a Secret that pods name: it remembers what it held, for as long as they may see it. */
export function rememberForPods(
  kind: 'ConfigMap' | 'Secret',
  object: Configuration,
  old: Configuration,
  { view }: AdmissionContext,
): void {
  const { namespace, name } = old.metadata;
  if (view.countBy(podsByReference, referenceKey(kind, namespace, name)) === 0) return;
  rememberData(object, old, view.now);
}

/** How long a pod's kubelet waits from one sync to the next, in milliseconds: one draw for each pod. */
export function syncPeriodMs({ metadata }: Pod): number {
  return SYNC_PERIOD_MS + (hash32(metadata.uid) % (MAX_SYNC_PERIOD_MS - SYNC_PERIOD_MS + 1));
}

/** When the kubelet synced a pod last, in simulated milliseconds. */
export function lastSyncMs(pod: Pod, now: number): number {
  let anchor = Math.max(pod.runtime?.since ?? 0, pod.runtime?.synced?.atMs ?? 0);
  for (const state of Object.values(pod.runtime?.containers ?? {})) {
    const changed = changedAt(state);
    if (changed > anchor && changed <= now) anchor = changed;
  }
  const period = syncPeriodMs(pod);
  return anchor + Math.floor((now - anchor) / period) * period;
}

function changedAt({ step, last }: ContainerRuntime): number {
  if (step.step === 'running') return Math.max(step.since, step.stop?.since ?? 0);
  if (step.step === 'exited') return step.at;
  return step.step === 'pulling' ? step.since : (last?.at ?? 0);
}

/** An object that is gone, in the instant in which it went. */
export interface LostConfiguration {
  kind: 'ConfigMap' | 'Secret';
  object: Configuration;
}

/** What the volumes of a pod were made from when its kubelet looked at `timeMs`. */
export function sourcesAt(view: ClusterView, pod: Pod, timeMs: number, lost?: LostConfiguration): ProjectionSources {
  return {
    pod,
    node: view.get(Node, undefined, pod.spec.nodeName ?? ''),
    data(kind, name): Data | undefined {
      const stored = view.get(KINDS[kind], pod.metadata.namespace, name);
      const object = stored ?? (lost?.kind === kind && lost.object.metadata.name === name ? lost.object : undefined);
      if (!object) return undefined;
      const created = fromTimestamp(object.metadata.creationTimestamp) ?? 0;
      return created > timeMs ? undefined : dataAt(object, timeMs);
    },
  };
}

/** The files that a pod sees in a volume that its kubelet writes. */
export function seenFiles(
  view: ClusterView,
  pod: Pod,
  volume: IVolume,
  lost?: LostConfiguration,
): readonly ProjectedFile[] {
  if (mapsOf(volume).length === 0) {
    const made = projectVolume(volume, sourcesAt(view, pod, view.now));
    return made.ok ? made.files : [];
  }
  const synced = lastSyncMs(pod, view.now);
  const kept = pod.runtime?.keptVolumes?.[volume.name];
  if (kept && (synced < kept.atMs || pod.runtime?.mountRetry)) return kept.files;
  const seen = projectVolume(volume, sourcesAt(view, pod, synced, lost));
  return seen.ok ? seen.files : (kept?.files ?? []);
}

/** The files that a mount with a subPath shows: those of the time when its container was started. */
export function filesAtStart(
  view: ClusterView,
  pod: Pod,
  volume: IVolume,
  startedMs: number,
  lost?: LostConfiguration,
): readonly ProjectedFile[] {
  const made = projectVolume(volume, sourcesAt(view, pod, startedMs, lost));
  return made.ok ? made.files : (pod.runtime?.keptVolumes?.[volume.name]?.files ?? []);
}
