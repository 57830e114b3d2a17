import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { keyOf } from '../../machinery/object.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { silentSince } from '../../kinds/fault/queries.ts';
import { isCriticalPod, isPodTerminal } from '../../kinds/pod/queries.ts';
import type { PodRuntime } from '../../kinds/pod/runtime.ts';
import { Pod } from '../../kinds/pod/types.ts';
import { storageExcess } from './excess.ts';

/** Volumes of a pod are measured this often at least, and up to twice as long apart (volumeStatsAggPeriod). */
const MEASURING_PERIOD_MS = 60 * SECOND_MS;
/** The eviction manager looks at the measures this often. */
const MONITORING_INTERVAL_MS = 10 * SECOND_MS;
/** immediateEvictionGracePeriodSeconds */
const EVICTION_GRACE_SECONDS = 1;

/**
 * Evicts pods that write more than their emptyDirs or their containers may hold, at the first look of their kubelet
 * after that was measured. Keys are pods; one that writes nothing is never looked at.
 * Source: pkg/kubelet/eviction/eviction_manager.go (localStorageEviction), pkg/kubelet/server/stats (startOnce).
 */
export const localStorageEviction: Controller = {
  name: 'local-storage-eviction',
  watches: [watch(Pod, writtenKey)],
  reconcile(key, api) {
    const pod = api.getByKey(Pod, key);
    if (!pod || !isActive(pod) || silentSince(api, pod.spec.nodeName ?? '') !== undefined) return;
    const message = isCriticalPod(pod) ? undefined : storageExcess(pod);
    const { storageExceededMs, ...runtime } = pod.runtime ?? {};
    if (message === undefined) {
      if (storageExceededMs !== undefined) api.updateStatus<Pod>({ ...pod, runtime });
      return;
    }
    const sinceMs = storageExceededMs ?? api.now;
    const dueMs = nextLookMs(pod, sinceMs, api);
    if (api.now >= dueMs) evict(pod, message, api);
    else {
      if (storageExceededMs === undefined) {
        api.updateStatus<Pod>({ ...pod, runtime: { ...pod.runtime, storageExceededMs: sinceMs } });
      }
      api.requeueAt(dueMs);
    }
  },
};

function evict(pod: Pod, message: string, api: ControllerApi): void {
  api.event(pod, 'Warning', 'Evicted', message, { source: 'kubelet', host: pod.spec.nodeName ?? '' });
  const terminate = { reason: 'Evicted', message, graceSeconds: EVICTION_GRACE_SECONDS, condition: false } as const;
  api.updateStatus<Pod>({ ...pod, runtime: { ...pod.runtime, terminate } });
}

/** When what was written at `writtenMs` has been measured and looked at. */
function nextLookMs(pod: Pod, writtenMs: number, api: ControllerApi): number {
  const periodMs = MEASURING_PERIOD_MS * (1 + api.random(pod.metadata.uid, 'volume stats'));
  const begunMs = pod.runtime?.since ?? writtenMs;
  const measuredMs = begunMs + Math.ceil((writtenMs - begunMs) / periodMs) * periodMs;
  return Math.ceil(measuredMs / MONITORING_INTERVAL_MS) * MONITORING_INTERVAL_MS;
}

/** Whether the kubelet runs the pod and is not ending it. */
function isActive(pod: Pod): boolean {
  const { runtime, metadata } = pod;
  if (metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return false;
  return runtime?.since !== undefined && !runtime.done && runtime.terminate === undefined;
}

function writtenKey({ old, new: pod }: Change<Pod>): string | undefined {
  if (!pod || !hasWritten(pod.runtime)) return old && pod && hasWritten(old.runtime) ? keyOf(pod) : undefined;
  return old && old.runtime === pod.runtime ? undefined : keyOf(pod);
}

function hasWritten(runtime: PodRuntime | undefined): boolean {
  if (!runtime) return false;
  if (runtime.volumes || runtime.storageExceededMs !== undefined) return true;
  for (const name in runtime.containers) if (runtime.containers[name]?.files) return true;
  return false;
}
