import { attachableSource } from '../../kinds/csidriver/queries.ts';
import { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import { claimsByVolume, PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';
import { Pod, podsByClaim, type PodSpec } from '../../kinds/pod/types.ts';
import { isAttached } from '../../kinds/volumeattachment/queries.ts';
import { VolumeAttachment } from '../../kinds/volumeattachment/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Change, type Watch } from '../../machinery/controller.ts';
import { keyOf } from '../../machinery/object.ts';

/**
 * The volumes behind a pod's claims: what keeps a kubelet from mounting them, in its words. A volume that is merely not
 * attached yet is waited for without a word: what the wait ends with is no event in the modelled version. Sources:
 * pkg/kubelet/volumemanager/populator (createVolumeSpec), volume_manager.go (WaitForAttachAndMount),
 * pkg/volume/util/operationexecutor (GenerateMountVolumeFunc).
 */

type Volume = NonNullable<PodSpec['volumes']>[number];

/** `problem` is undefined while the volumes are being attached. */
export interface ClaimWait {
  readonly problem?: string;
}

/** What a pod's claims wait for; undefined when all their volumes can be mounted. */
export function claimWait(view: ClusterView, pod: Pod): ClaimWait | undefined {
  let wait: ClaimWait | undefined;
  const failed: string[] = [];
  const errors: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined || !isMounted(pod, volume)) continue;
    const found = findVolume(view, pod, name);
    const problem = typeof found === 'string' ? found : modeProblem(pod, volume, found);
    if (problem !== undefined) {
      failed.push(volume.name);
      errors.push(problem);
    } else if (typeof found !== 'string') wait ??= volumeWait(view, pod, found);
  }
  if (errors.length === 0) return wait;
  const names = failed.sort().join(' ');
  const volumes = `unmounted volumes=[${names}], unattached volumes=[], failed to process volumes=[${names}]`;
  return { problem: `Unable to attach or mount volumes: ${volumes}: ${errors.join('; ')}` };
}

function claimNameOf({ metadata }: Pod, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined);
}

/** A volume that no container mounts is left alone. */
function isMounted({ spec }: Pod, { name }: Volume): boolean {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])].some(
    ({ volumeMounts, volumeDevices }) =>
      volumeMounts?.some((mount) => mount.name === name) || volumeDevices?.some((device) => device.name === name),
  );
}

/** The volume that a claim is bound to, or why there is none. */
function findVolume(view: ClusterView, pod: Pod, name: string): PersistentVolume | string {
  const { namespace } = pod.metadata;
  const failure = (why: string) => `error processing PVC ${namespace}/${name}: ${why}`;
  const claim = view.get(PersistentVolumeClaim, namespace, name);
  if (!claim) {
    return failure(`failed to fetch PVC from API server: persistentvolumeclaims ${JSON.stringify(name)} not found`);
  }
  if (claim.metadata.deletionTimestamp !== undefined) return failure('PVC is being deleted');
  if (claim.status.phase !== 'Bound') return failure('PVC is not bound');
  const { volumeName } = claim.spec;
  if (!volumeName) return failure('PVC has empty pvc.Spec.VolumeName');
  const volume = view.get(PersistentVolume, undefined, volumeName);
  if (!volume) {
    const missing = `persistentvolumes ${JSON.stringify(volumeName)} not found`;
    return failure(`failed to fetch PV ${volumeName} from API server: ${missing}`);
  }
  const { claimRef } = volume.spec;
  const found = `found PV object ${volumeName} but`;
  if (!claimRef) return failure(`${found} it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`);
  if (claimRef.uid === claim.metadata.uid) return volume;
  const { uid } = claim.metadata;
  return failure(`${found} its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ''} does not point to claim.UID ${uid}`);
}

/** A block device is no directory, and a directory no block device. */
function modeProblem({ spec }: Pod, { name }: Volume, volume: PersistentVolume): string | undefined {
  const mode = volume.spec.volumeMode ?? 'Filesystem';
  const field = mode === 'Filesystem' ? 'volumeDevices' : 'volumeMounts';
  const isWrong = [...(spec.initContainers ?? []), ...spec.containers].some((container) =>
    container[field]?.some((use: { name: string }) => use.name === name),
  );
  return isWrong ? `volume ${name} has volumeMode ${mode}, but is specified in ${field}` : undefined;
}

function volumeWait(view: ClusterView, pod: Pod, volume: PersistentVolume): ClaimWait | undefined {
  const source = attachableSource(view, volume);
  if (source && !isAttached(view, source, pod.spec.nodeName ?? '')) return {};
  const modes: readonly string[] = volume.spec.accessModes ?? [];
  if (modes.length !== 1 || modes[0] !== 'ReadWriteOncePod') return undefined;
  const { claimRef } = volume.spec;
  const users = view.by(podsByClaim, `${claimRef?.namespace}/${claimRef?.name}`);
  if (!users.some((other) => other.metadata.uid !== pod.metadata.uid && hasMounted(other))) return undefined;
  const why = 'volume uses the ReadWriteOncePod access mode and is already in use by another pod';
  return { problem: `MountVolume.SetUp failed for volume ${JSON.stringify(volume.metadata.name)} : ${why}` };
}

function hasMounted({ runtime }: Pod): boolean {
  return runtime?.sandbox !== undefined && !runtime.done;
}

// --- what wakes a kubelet that waits -----------------------------------------------------------------------------------

/** Waiting pods are looked at again when their claims, volumes or attachments change, or another pod lets go. */
export const claimWatches: readonly Watch[] = [
  watch(VolumeAttachment, ({ old, new: current }, view) => {
    const attachment = current ?? old;
    if (!attachment || (old && current && old.status?.attached === current.status?.attached)) return undefined;
    const { nodeName, source } = attachment.spec;
    const volume = view.get(PersistentVolume, undefined, source?.persistentVolumeName ?? '');
    const { claimRef } = volume?.spec ?? {};
    if (!claimRef) return undefined;
    return waiting(view, `${claimRef.namespace}/${claimRef.name}`, (pod) => pod.spec.nodeName === nodeName);
  }),
  watch(PersistentVolumeClaim, ({ old, new: current }, view) => {
    const claim = current ?? old;
    return !claim || (old && current && !movesPods(old, current)) ? undefined : waiting(view, keyOf(claim));
  }),
  watch(PersistentVolume, ({ old, new: current }, view) => {
    if (old && current && old.spec.claimRef === current.spec.claimRef) return undefined;
    const claims = [...view.by(claimsByVolume, (current ?? old)?.metadata.name ?? '')];
    const keys = claims.flatMap((claim) => waiting(view, keyOf(claim)) ?? []);
    return keys.length > 0 ? keys : undefined;
  }),
  watch(Pod, letsGo),
];

function movesPods(old: PersistentVolumeClaim, claim: PersistentVolumeClaim): boolean {
  return (
    old.status.phase !== claim.status.phase ||
    old.spec.volumeName !== claim.spec.volumeName ||
    old.metadata.deletionTimestamp !== claim.metadata.deletionTimestamp
  );
}

function letsGo({ old, new: pod }: Change<Pod>, view: ClusterView): string[] | undefined {
  if (!old?.spec.volumes || !hasMounted(old) || (pod && hasMounted(pod))) return undefined;
  const keys = podsByClaim.keys(old);
  if (!keys) return undefined;
  return (typeof keys === 'string' ? [keys] : keys).flatMap((key) => waiting(view, key) ?? []);
}

function waiting(view: ClusterView, claim: string, condition?: (pod: Pod) => boolean): string[] | undefined {
  const pods = view
    .by(podsByClaim, claim)
    .filter(({ runtime }) => runtime?.since !== undefined && !runtime.sandbox && !runtime.done)
    .filter((pod) => condition?.(pod) ?? true);
  return pods.length > 0 ? pods.map(keyOf) : undefined;
}
