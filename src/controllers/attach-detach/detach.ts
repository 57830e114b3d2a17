import { storageDisturbance } from '../../kinds/fault/queries.ts';
import { isNodeReady } from '../../kinds/node/queries.ts';
import { Node, OUT_OF_SERVICE_TAINT } from '../../kinds/node/types.ts';
import type { VolumeAttachment } from '../../kinds/volumeattachment/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { MINUTE_MS, SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import { retryDelay } from './attach.ts';

/**
 * Detaching a volume from a node where no pod wants it: when the node no longer has it mounted; six minutes later, ready
 * or not, from a node that is not healthy; at once from a node out of service.
 * Source: pkg/controller/volume/attachdetach/reconciler/reconciler.go (reconcile).
 */

/** maxWaitForUnmountDuration */
const UNMOUNT_WAIT_MS = 6 * MINUTE_MS;
/** How long a simulated driver takes to detach a volume. */
const DETACH_MS = SECOND_MS;

/** A volume that is not wanted where it is. `uniqueName` is its name in the node's status, if it is still known. */
export function detachWhenSafe(api: ControllerApi, attachment: VolumeAttachment, uniqueName: string | undefined): void {
  const requested = attachment.runtime?.detachRequestedMs ?? api.now;
  if (!isSafe(api, attachment.spec.nodeName, uniqueName, requested)) {
    const runtime = { ...attachment.runtime, detachRequestedMs: requested };
    if (attachment.runtime?.detachRequestedMs === undefined) api.updateStatus({ ...attachment, runtime });
    if (api.now <= requested + UNMOUNT_WAIT_MS) api.requeueAt(requested + UNMOUNT_WAIT_MS + 1);
    return;
  }
  const deleted = api.delete(attachment);
  if (deleted.ok && api.byUid(attachment.metadata.uid)) continueDetach(api, deleted.value as VolumeAttachment);
}

function isSafe(api: ControllerApi, nodeName: string, uniqueName: string | undefined, requested: number): boolean {
  const node = api.get(Node, undefined, nodeName);
  // Nobody can say of a node that is gone that it has unmounted the volume.
  const isMounted = !node || (uniqueName !== undefined && (node.status.volumesInUse?.includes(uniqueName) ?? false));
  if (!isMounted) return true;
  if (node?.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE_TAINT)) return true;
  const isHealthy = node !== undefined && isNodeReady(node);
  return !isHealthy && api.now > requested + UNMOUNT_WAIT_MS;
}

/** Forgets that a detachment was asked for: the volume is wanted again. */
export function keepAttached(api: ControllerApi, attachment: VolumeAttachment): VolumeAttachment {
  if (attachment.runtime?.detachRequestedMs === undefined) return attachment;
  const { detachRequestedMs: _, ...runtime } = attachment.runtime;
  const kept = api.updateStatus({ ...attachment, runtime });
  return kept.ok ? kept.value : attachment;
}

/** The driver's part: an attachment that is being deleted goes when its volume is detached. */
export function continueDetach(api: ControllerApi, attachment: VolumeAttachment): void {
  const { attacher } = attachment.spec;
  const { detachUntilMs, retryAtMs, failures = 0 } = attachment.runtime ?? {};
  if (detachUntilMs === undefined) {
    if (retryAtMs !== undefined && failures > 0 && attachment.status.detachError && api.now < retryAtMs) {
      return api.requeueAt(retryAtMs, { background: true });
    }
    const until = api.now + DETACH_MS + storageDisturbance(api, attacher, 'DETACH').delayMs;
    api.updateStatus({ ...attachment, runtime: { failures, detachUntilMs: until } });
    return api.requeueAt(until);
  }
  if (api.now < detachUntilMs) return api.requeueAt(detachUntilMs);
  const { error } = storageDisturbance(api, attacher, 'DETACH');
  if (error === undefined) {
    const { finalizers: _, ...metadata } = attachment.metadata;
    api.update({ ...attachment, metadata });
    return;
  }
  const next = { failures: failures + 1, retryAtMs: api.now + retryDelay(failures + 1) };
  const status = { ...attachment.status, detachError: { time: toTimestamp(api.now), message: error } };
  api.updateStatus({ ...attachment, status, runtime: next });
  api.requeueAt(next.retryAtMs, { background: true });
}
