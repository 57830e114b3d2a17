import type { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import type { WantedNode } from './wanted.ts';

/**
 * A volume that one node alone may have, wanted on another: said once to the pods there.
 * Source: pkg/controller/volume/attachdetach/reconciler/reconciler.go (reportMultiAttachError).
 */

/** util.IsMultiAttachAllowed: a volume without access modes says nothing about it. */
export function isMultiAttachAllowed({ spec }: PersistentVolume): boolean {
  const modes: readonly string[] = spec.accessModes ?? [];
  return modes.length === 0 || modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany');
}

/** Tells the pods of `wanted` who has the volume; `elsewhere` are the pods that want it where it is attached. */
export function reportMultiAttach(
  api: ControllerApi,
  volume: string,
  wanted: WantedNode,
  elsewhere: readonly Pod[],
): void {
  for (const pod of wanted.pods) {
    const message = `Multi-Attach error for volume ${JSON.stringify(volume)} ${whoHasIt(pod, elsewhere)}`;
    api.event(pod, 'Warning', 'FailedAttachVolume', message);
  }
}

/** Pods of other namespaces are counted, not named. */
function whoHasIt({ metadata }: Pod, pods: readonly Pod[]): string {
  if (pods.length === 0) return "Volume is already exclusively attached to one node and can't be attached to another";
  const local = pods.filter((pod) => pod.metadata.namespace === metadata.namespace).map((pod) => pod.metadata.name);
  const others = `${pods.length - local.length} pod(s) in different namespaces`;
  if (local.length === 0) return `Volume is already used by ${others}`;
  const names = `Volume is already used by pod(s) ${local.join(', ')}`;
  return local.length === pods.length ? names : `${names} and ${others}`;
}

/** Remembers the nodes that were told, so that none is told twice for the same wish. */
export function withReported(volume: PersistentVolume, nodes: readonly string[]): PersistentVolume {
  const { multiAttachReported: before, ...runtime } = volume.runtime ?? {};
  if ((before ?? []).join('\n') === nodes.join('\n')) return volume;
  return { ...volume, runtime: nodes.length > 0 ? { ...runtime, multiAttachReported: nodes } : runtime };
}
