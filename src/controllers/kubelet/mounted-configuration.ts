import type { IVolume } from 'kubernetes-models/v1/Volume';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { Change, ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { isBelow, pathBelow } from '../../machinery/file-tree.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { RemembersData } from '../../machinery/past-data.ts';
import { hash32 } from '../../machinery/random.ts';
import { mountsOf, type VolumeMount } from '../../kinds/pod/mounts.ts';
import { mapsOf } from '../../kinds/pod/projected-files.ts';
import type { ContainerRuntime, KeptFiles, PodRuntime, ProjectedFile } from '../../kinds/pod/runtime.ts';
import { Pod, podsByReference, referenceKey } from '../../kinds/pod/types.ts';
import {
  filesAtStart,
  lastSyncMs,
  seenFiles,
  syncPeriodMs,
  type LostConfiguration,
} from '../../kinds/pod/volume-sync.ts';
import { containersOf, type PodSync } from './pod-sync.ts';
import { volumeProblem } from './volumes.ts';

/**
 * What pods go on seeing of a ConfigMap or a Secret that changed. Whole volumes follow (kinds/pod/volume-sync.ts); two
 * things do not: a mount with a subPath shows what was there when its container was started, and a volume whose object
 * no longer gives what it needs keeps what was written last. Both are written down in the instant of the change.
 */

type Configuration = KubeObject & RemembersData;
type ReferenceKind = LostConfiguration['kind'];

const PREFIX = 'configuration\n';

/** The most bytes of one volume that are kept for a pod; of larger ones only the names and sizes are. */
export const MAX_KEPT_BYTES = 64 * 1024;

/** Objects that went in this instant, by their uid. Nothing of it outlives the instant. */
const lostObjects = new WeakMap<object, Map<string, Configuration>>();

/** The key under which a change of a ConfigMap or Secret is looked at; undefined where it concerns no pod. */
export function configurationKey(
  kind: ReferenceKind,
  { old, new: object }: Change<Configuration>,
  view: ClusterView,
): string | undefined {
  if (!old || (object && object.data === old.data && object.binaryData === old.binaryData)) return undefined;
  const { namespace, name, uid } = old.metadata;
  if (!view.by(podsByReference, referenceKey(kind, namespace, name)).some(isMounted)) return undefined;
  if (!object) {
    const lost = lostObjects.get(view) ?? new Map<string, Configuration>();
    lostObjects.set(view, lost.set(uid, old));
  }
  return `${PREFIX}${kind}\n${namespace ?? ''}\n${name}\n${uid}`;
}

export function isConfigurationKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

function isMounted({ metadata, runtime, spec }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined || !runtime?.sandbox || runtime.done) return false;
  return spec.volumes?.some((volume) => mapsOf(volume).length > 0) ?? false;
}

/** Writes down what the pods that use an object go on seeing of it. */
export function keepWhatPodsSee(key: string, api: ControllerApi): void {
  const [, word, namespace = '', name = '', uid = ''] = key.split('\n');
  const kind = word as ReferenceKind;
  const object = lostObjects.get(api)?.get(uid);
  lostObjects.get(api)?.delete(uid);
  // What was only tried, and taken back, is there still.
  const lost = object && !api.byUid(uid) ? { kind, object } : undefined;
  for (const pod of api.by(podsByReference, referenceKey(kind, namespace, name))) {
    if (!isMounted(pod)) continue;
    const runtime = keptBy(api, pod, { kind, name }, lost);
    if (runtime !== pod.runtime) api.updateStatus<Pod>({ ...pod, runtime });
  }
}

interface Changed {
  kind: ReferenceKind;
  name: string;
}

function keptBy(
  view: ClusterView,
  pod: Pod,
  changed: Changed,
  lost: LostConfiguration | undefined,
): PodRuntime | undefined {
  let runtime = pod.runtime;
  for (const volume of pod.spec.volumes ?? []) {
    if (!mapsOf(volume).some(({ kind, name }) => kind === changed.kind && name === changed.name)) continue;
    const isBroken = volumeProblem(view, pod, volume) !== undefined;
    if (lost || isBroken) {
      const kept = { atMs: view.now, files: bounded(seenFiles(view, pod, volume, lost)) };
      runtime = { ...runtime, keptVolumes: { ...runtime?.keptVolumes, [volume.name]: kept } };
    }
    // The kubelet notices at its next sync, and then tries in vain.
    if (isBroken && !runtime?.mountRetry) {
      const nextMs = lastSyncMs(pod, view.now) + syncPeriodMs(pod);
      runtime = { ...runtime, mountRetry: { attempts: 0, triedMs: view.now, nextMs } };
    }
    runtime = withSubPaths(view, pod, volume, runtime, lost);
  }
  return runtime;
}

/** Keeps the files of mounts with a subPath, for each container that runs and has none kept yet. */
function withSubPaths(
  view: ClusterView,
  pod: Pod,
  volume: IVolume,
  runtime: PodRuntime | undefined,
  lost: LostConfiguration | undefined,
): PodRuntime | undefined {
  let containers = runtime?.containers;
  for (const { container } of containersOf(pod)) {
    const state = containers?.[container.name];
    if (state?.step.step !== 'running' || !container.volumeMounts?.some(hasSubPath)) continue;
    let next: ContainerRuntime = state;
    for (const mount of mountsOf(pod, container)) {
      if (mount.volume !== volume || mount.subPath === '/' || next.subPaths?.[mount.path]) continue;
      const files = below(filesAtStart(view, pod, volume, state.step.since, lost), mount.subPath);
      if (!lost && deepEqual(files, below(filesAtStart(view, pod, volume, view.now), mount.subPath))) continue;
      const kept: KeptFiles = { atMs: view.now, files: bounded(files) };
      next = { ...next, subPaths: { ...next.subPaths, [mount.path]: kept } };
    }
    if (next !== state) containers = { ...containers, [container.name]: next };
  }
  return containers === runtime?.containers || !containers ? runtime : { ...runtime, containers };
}

function hasSubPath({ subPath, subPathExpr }: VolumeMount): boolean {
  return Boolean(subPath ?? subPathExpr);
}

function below(files: readonly ProjectedFile[], subPath: string): ProjectedFile[] {
  return files.flatMap((file) =>
    isBelow(file.path, subPath) ? [{ ...file, path: pathBelow(file.path, subPath) }] : [],
  );
}

function bounded(files: readonly ProjectedFile[]): readonly ProjectedFile[] {
  let bytes = 0;
  for (const { content } of files) bytes += content?.length ?? 0;
  return bytes <= MAX_KEPT_BYTES ? files : files.map(({ content: _content, ...file }) => file);
}

/** Whether a change of the pod itself makes its kubelet look at a ConfigMap or a Secret again. */
export function followsConfiguration({ spec }: Pod): boolean {
  return (
    spec.volumes?.some((volume) => !volume.name.startsWith('kube-api-access-') && mapsOf(volume).length > 0) ?? false
  );
}

/** Notes that the kubelet syncs a pod because its labels, annotations or spec have changed. */
export function notePodChange(sync: PodSync): void {
  const { pod, runtime } = sync;
  if (!runtime.sandbox || runtime.done || !followsConfiguration(pod)) return;
  const { annotations, generation, labels } = pod.metadata;
  const of = hash32(JSON.stringify([labels, annotations, generation]));
  if (runtime.synced?.of !== of) sync.change({ synced: { atMs: sync.now, of } });
}
