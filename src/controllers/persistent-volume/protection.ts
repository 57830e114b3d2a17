import type { PersistentVolumeClaim } from '../../kinds/persistentvolumeclaim/types.ts';
import { podsByClaim, type Pod } from '../../kinds/pod/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { controllerRef, type KubeObject } from '../../machinery/object.ts';
import { claimKey } from './matching.ts';

/**
 * What is in use is not let go. Sources: pkg/controller/volume/pvcprotection/pvc_protection_controller.go (podUsesPVC),
 * pvprotection/pv_protection_controller.go.
 */

/** Whether a pod that has a node mounts the claim: even one that has ended, as long as its object is there. */
export function isInUse(api: ControllerApi, claim: PersistentVolumeClaim): boolean {
  return api.by(podsByClaim, claimKey(claim)).some((pod) => pod.spec.nodeName !== undefined && uses(pod, claim));
}

function uses({ metadata, spec }: Pod, claim: PersistentVolumeClaim): boolean {
  const { name } = claim.metadata;
  if (spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === name)) return true;
  const isShutDown = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  return !isShutDown && controllerRef(claim)?.uid === metadata.uid;
}

/** Takes a finalizer from an object; the object as it is then, undefined when it is gone. */
export function letGo<T extends KubeObject>(api: ControllerApi, object: T, finalizer: string): T | undefined {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) return object;
  const left = finalizers.filter((name) => name !== finalizer);
  const { finalizers: _dropped, ...metadata } = object.metadata;
  api.update({ ...object, metadata: left.length > 0 ? { ...metadata, finalizers: left } : metadata });
  return api.byUid(object.metadata.uid) as T | undefined;
}
