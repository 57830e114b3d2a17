import { driverProblem, hasAttacher, type AttachableSource } from '../../kinds/csidriver/queries.ts';
import { storageDisturbance } from '../../kinds/fault/queries.ts';
import { Node } from '../../kinds/node/types.ts';
import { VolumeAttachment, type AttachmentRuntime } from '../../kinds/volumeattachment/types.ts';
import { attachmentName } from '../../kinds/volumeattachment/queries.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { MINUTE_MS, SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import type { WantedNode } from './wanted.ts';

/**
 * Attaching a volume to a node: the object that asks for it, the driver's attempts, and what is said of them.
 * Sources: pkg/volume/csi/csi_attacher.go (Attach), pkg/volume/util/operationexecutor (GenerateAttachVolumeFunc),
 * pkg/util/goroutinemap/exponentialbackoff.
 */

/** How long a simulated driver takes to attach a volume. */
const ATTACH_MS = SECOND_MS;
/** How long somebody is waited for who never answers (csiTimeout). */
const ATTACHER_TIMEOUT_MS = 2 * MINUTE_MS;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 2 * MINUTE_MS + 2 * SECOND_MS;

/** The name of a volume's PersistentVolume, and the volume as its driver knows it. */
export interface NamedSource extends AttachableSource {
  readonly volume: string;
}

/** Asks for a volume to be attached to a node. */
export function requestAttachment(api: ControllerApi, source: NamedSource, wanted: WantedNode): void {
  if (!api.get(Node, undefined, wanted.node)) return;
  const { driver, volume } = source;
  const created = api.create<VolumeAttachment>({
    apiVersion: VolumeAttachment.apiVersion,
    kind: VolumeAttachment.kind,
    metadata: { name: attachmentName(source, wanted.node), finalizers: [finalizerOf(driver)] },
    spec: { attacher: driver, nodeName: wanted.node, source: { persistentVolumeName: volume } },
    status: { attached: false },
    runtime: { attachUntilMs: attemptEnd(api, driver) },
  });
  if (created.ok) continueAttach(api, source, created.value, wanted.pods);
}

/** external-attacher pkg/controller/util.go (GetFinalizerName) */
function finalizerOf(driver: string): string {
  const name = driver.replace(/[^a-zA-Z0-9-]/g, '-');
  return `external-attacher/${name.endsWith('-') ? `${name}X` : name}`;
}

function attemptEnd(api: ControllerApi, driver: string): number {
  if (!hasAttacher(api, driver)) return api.now + ATTACHER_TIMEOUT_MS;
  return api.now + ATTACH_MS + storageDisturbance(api, driver, 'ATTACH').delayMs;
}

/** Goes on with an attachment that is not complete yet. */
export function continueAttach(
  api: ControllerApi,
  source: NamedSource,
  attachment: VolumeAttachment,
  pods: readonly Pod[],
): void {
  const { attachUntilMs, retryAtMs } = attachment.runtime ?? {};
  if (attachUntilMs !== undefined && api.now < attachUntilMs) return api.requeueAt(attachUntilMs);
  if (attachUntilMs !== undefined) return finishAttempt(api, source, attachment, pods);
  if (retryAtMs !== undefined && api.now < retryAtMs) return api.requeueAt(retryAtMs, { background: true });
  const { retryAtMs: _, ...runtime } = attachment.runtime ?? {};
  const until = attemptEnd(api, source.driver);
  api.updateStatus<VolumeAttachment>({ ...attachment, runtime: { ...runtime, attachUntilMs: until } });
  api.requeueAt(until);
}

function finishAttempt(
  api: ControllerApi,
  source: NamedSource,
  attachment: VolumeAttachment,
  pods: readonly Pod[],
): void {
  const { driver, handle, volume } = source;
  const isHeard = hasAttacher(api, driver);
  const error = isHeard
    ? (driverProblem(api, driver, attachment.spec.nodeName) ?? storageDisturbance(api, driver, 'ATTACH').error)
    : `timed out waiting for external-attacher of ${driver} CSI driver to attach volume ${handle}`;
  const name = JSON.stringify(volume);
  if (error === undefined) {
    api.updateStatus<VolumeAttachment>({ ...attachment, status: { attached: true }, runtime: {} });
    const message = `AttachVolume.Attach succeeded for volume ${name} `;
    for (const pod of pods) api.event(pod, 'Normal', 'SuccessfulAttachVolume', message);
    return;
  }
  const failures = (attachment.runtime?.failures ?? 0) + 1;
  const retryAtMs = api.now + retryDelay(failures);
  const runtime: AttachmentRuntime = { failures, retryAtMs };
  const status = isHeard
    ? { attached: false, attachError: { time: toTimestamp(api.now), message: error } }
    : attachment.status;
  api.updateStatus<VolumeAttachment>({ ...attachment, status, runtime });
  const message = `AttachVolume.Attach failed for volume ${name} : ${error}`;
  for (const pod of pods) api.event(pod, 'Warning', 'FailedAttachVolume', message);
  api.requeueAt(retryAtMs, { background: true });
}

/** How long to wait after so many failures in a row. */
export function retryDelay(failures: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20), LAST_RETRY_MS);
}
