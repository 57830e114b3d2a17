import { csiSourceOf, isSimulated, needsNodeExpansion } from '../../kinds/csidriver/queries.ts';
import { silentSince, storageDisturbance } from '../../kinds/fault/queries.ts';
import { PersistentVolume } from '../../kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim, type ClaimCondition } from '../../kinds/persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { podsByClaim, type Pod } from '../../kinds/pod/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import { MINUTE_MS, SECOND_MS, toTimestamp } from '../../machinery/time.ts';
import { requestedSize } from './matching.ts';

/**
 * A bound claim that asks for more grows: the volume first, then, for disks, the file system on the node of a pod that
 * mounts it. Sources: pkg/controller/volume/expand/expand_controller.go, external-resizer pkg/controller
 * (expand_and_recover.go), pkg/volume/util/operationexecutor/node_expander.go.
 */

/** How long a simulated driver takes to grow a volume. */
const RESIZE_MS = 2 * SECOND_MS;
const FIRST_RETRY_MS = SECOND_MS;
const LAST_RETRY_MS = 5 * MINUTE_MS;

const RESIZING = 'Resizing';
const FILE_SYSTEM_PENDING = 'FileSystemResizePending';

/** Looks at a bound claim anew. */
export function expandClaim(api: ControllerApi, key: string): void {
  const claim = api.getByKey(PersistentVolumeClaim, key);
  const volume = claim?.spec.volumeName ? api.get(PersistentVolume, undefined, claim.spec.volumeName) : undefined;
  if (claim?.status.phase !== 'Bound' || !volume) return;
  const size = wholeValue(claim.status.capacity?.['storage']);
  if (wholeValue(volume.spec.capacity['storage']) > size && isPending(claim)) growFileSystem(api, claim, volume);
  else if (requestedSize(claim) > size) growVolume(api, claim, volume);
}

function isPending({ status }: PersistentVolumeClaim): boolean {
  return status.allocatedResourceStatuses?.['storage'] === 'NodeResizePending';
}

function growVolume(api: ControllerApi, claim: PersistentVolumeClaim, volume: PersistentVolume): void {
  const driver = csiSourceOf(volume)?.driver;
  const { resizingUntilMs: until, resizeRetryAtMs: retryAt } = claim.runtime ?? {};
  if (until !== undefined) {
    if (api.now < until) return api.requeueAt(until);
    if (driver !== undefined) finishAttempt(api, claim, volume, driver);
    return;
  }
  if (retryAt !== undefined && api.now < retryAt) return api.requeueAt(retryAt, { background: true });
  const asked = claim.spec.resources.requests?.['storage'] ?? '0';
  const handed = sayExternal(api, claim, asked);
  if (driver === undefined || !isSimulated(driver)) return;
  const message = `External resizer is resizing volume ${volume.metadata.name}`;
  api.event(handed, 'Normal', 'Resizing', message, { source: `external-resizer ${driver}` });
  const end = api.now + RESIZE_MS + storageDisturbance(api, driver, 'EXPAND').delayMs;
  const { resizeRetryAtMs: _, ...runtime } = handed.runtime ?? {};
  api.updateStatus({
    ...handed,
    status: {
      ...handed.status,
      conditions: withCondition(handed, RESIZING, api.now),
      allocatedResources: { ...handed.status.allocatedResources, storage: asked },
      allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' },
    },
    runtime: { ...runtime, resizingUntilMs: end },
  });
  api.requeueAt(end);
}

/** Kubernetes' own controller leaves it to the driver's, and says so once for each size that is asked for. */
function sayExternal(api: ControllerApi, claim: PersistentVolumeClaim, asked: string): PersistentVolumeClaim {
  if (claim.runtime?.saidExpanding === asked) return claim;
  const message = 'waiting for an external controller to expand this PVC';
  api.event(claim, 'Normal', 'ExternalExpanding', message, { source: 'volume_expand' });
  const said = api.updateStatus({ ...claim, runtime: { ...claim.runtime, saidExpanding: asked } });
  return said.ok ? said.value : claim;
}

function finishAttempt(
  api: ControllerApi,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  driver: string,
): void {
  const source = `external-resizer ${driver}`;
  const { resizingUntilMs: _, resizeFailures: failures = 0, ...runtime } = claim.runtime ?? {};
  const { error } = storageDisturbance(api, driver, 'EXPAND');
  if (error !== undefined) {
    const { name } = volume.metadata;
    const message = `resize volume ${JSON.stringify(name)} by resizer ${JSON.stringify(driver)} failed: ${error}`;
    api.event(claim, 'Warning', 'VolumeResizeFailed', message, { source });
    const retryAt = api.now + Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 20), LAST_RETRY_MS);
    api.updateStatus({ ...claim, runtime: { ...runtime, resizeFailures: failures + 1, resizeRetryAtMs: retryAt } });
    return api.requeueAt(retryAt, { background: true });
  }
  const storage = claim.status.allocatedResources?.['storage'] ?? claim.spec.resources.requests?.['storage'] ?? '0';
  const grown = api.update({ ...volume, spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage } } });
  if (!grown.ok) return;
  if (!needsNodeExpansion(driver) || volume.spec.volumeMode === 'Block') {
    api.event(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded', { source });
    return finish(api, { ...claim, runtime }, storage);
  }
  api.event(claim, 'Normal', 'FileSystemResizeRequired', 'Require file system resize of volume on node', { source });
  const waiting = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';
  const pending = api.updateStatus({
    ...claim,
    status: {
      ...claim.status,
      conditions: withCondition(claim, FILE_SYSTEM_PENDING, api.now, waiting),
      allocatedResourceStatuses: { storage: 'NodeResizePending' },
    },
    runtime,
  });
  if (pending.ok) growFileSystem(api, pending.value, grown.value);
}

/** The kubelet of a pod that mounts the volume grows its file system; until there is one, it waits. */
function growFileSystem(api: ControllerApi, claim: PersistentVolumeClaim, volume: PersistentVolume): void {
  const { namespace, name } = claim.metadata;
  const pod = api.by(podsByClaim, `${namespace}/${name}`).find((candidate) => mountsForWriting(api, candidate, name));
  if (!pod) return;
  const host = pod.spec.nodeName ?? '';
  const quoted = JSON.stringify(volume.metadata.name);
  const message = `MountVolume.NodeExpandVolume succeeded for volume ${quoted} ${host}`;
  for (const object of [pod, claim]) {
    api.event(object, 'Normal', 'FileSystemResizeSuccessful', message, { source: 'kubelet', host });
  }
  finish(api, claim, volume.spec.capacity['storage'] ?? '0');
}

/** Whether a pod's volumes are mounted on a node whose kubelet works, and this one not merely to be read. */
function mountsForWriting(api: ControllerApi, pod: Pod, claimName: string): boolean {
  const { runtime, spec } = pod;
  if (!spec.nodeName || !runtime?.sandbox || runtime.done || isPodTerminal(pod)) return false;
  if (silentSince(api, spec.nodeName) !== undefined) return false;
  return !spec.volumes?.some(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claimName && persistentVolumeClaim.readOnly,
  );
}

function finish(api: ControllerApi, claim: PersistentVolumeClaim, storage: string): void {
  const { conditions, allocatedResourceStatuses: _, ...status } = claim.status;
  const left = (conditions ?? []).filter(({ type }) => type !== RESIZING && type !== FILE_SYSTEM_PENDING);
  const { resizeFailures: __, resizeRetryAtMs: ___, ...runtime } = claim.runtime ?? {};
  api.updateStatus({
    ...claim,
    status: {
      ...status,
      ...(left.length > 0 ? { conditions: left } : {}),
      capacity: { ...status.capacity, storage },
    },
    runtime,
  });
}

/** The claim's conditions with one of the two of an expansion, which take turns. */
function withCondition(
  { status }: PersistentVolumeClaim,
  type: string,
  now: number,
  message?: string,
): ClaimCondition[] {
  const others = (status.conditions ?? []).filter(
    (condition) => ![RESIZING, FILE_SYSTEM_PENDING].includes(condition.type),
  );
  const condition: ClaimCondition = {
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: toTimestamp(now),
    ...(message === undefined ? {} : { message }),
  };
  return [...others, condition];
}
