import type { PodSync } from './pod-sync.ts';
import { volumeProblems } from './volumes.ts';

/**
 * Mounting the volumes that the kubelet writes itself. Where something is missing it tries again after 0.5 s, and then
 * after twice as long each time; that what was missing has appeared wakes it no sooner. Source:
 * pkg/volume/util/operationexecutor, pkg/util/goroutinemap/exponentialbackoff.
 */

const INITIAL_DELAY_MS = 500;
const MAX_DELAY_MS = 122_000;
/**
 * After so many complaints the event recorder of the kubelet lets no more about the pod pass (client-go's filter allows
 * 25 at once): nothing is to be seen of further attempts before one succeeds.
 */
const VISIBLE_ATTEMPTS = 25;

/** Mounts the volumes if it is time to, and says what is missing; false while they are not mounted. */
export function mountVolumes(sync: PodSync): boolean {
  if (!sync.pod.spec.volumes) return true;
  const { mountRetry: before } = sync.runtime;
  if (before?.nextMs !== undefined && before.nextMs > sync.now) return false;
  const problems = volumeProblems(sync.api, sync.pod);
  if (before && before.nextMs === undefined) {
    if (problems.length === 0) sync.change({ mountRetry: { ...before, nextMs: nextAttemptMs(before, sync.now) } });
    return false;
  }
  if (problems.length === 0) return true;
  const attempts = (before?.attempts ?? 0) + 1;
  for (const problem of problems) sync.event('Warning', 'FailedMount', problem);
  const tried = { attempts, triedMs: sync.now };
  const isSeen = attempts * problems.length < VISIBLE_ATTEMPTS;
  sync.change({ mountRetry: isSeen ? { ...tried, nextMs: sync.now + delayMs(attempts) } : tried });
  return false;
}

/** The same for volumes that could not be written again; a pod that runs goes on with what was there before. */
export function remountVolumes(sync: PodSync): void {
  if (!mountVolumes(sync)) return;
  const { mountRetry: _, keptVolumes: __, ...runtime } = sync.runtime;
  sync.runtime = runtime;
  sync.change({ synced: { atMs: sync.now, of: runtime.synced?.of ?? 0 } });
}

/** When the kubelet tries next; undefined when it need not. */
export function mountRetryMs({ now, runtime }: PodSync): number | undefined {
  const nextMs = runtime.ending || runtime.done ? undefined : runtime.mountRetry?.nextMs;
  return nextMs !== undefined && nextMs > now ? nextMs : undefined;
}

/** Whether its next attempt will fail again. */
export function isMountHopeless({ api, pod, runtime }: PodSync): boolean {
  return runtime.mountRetry === undefined || volumeProblems(api, pod).length > 0;
}

function delayMs(attempts: number): number {
  return Math.min(INITIAL_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS);
}

/** The first attempt after `now`, of those that went on without being seen. */
function nextAttemptMs({ attempts, triedMs }: { attempts: number; triedMs: number }, now: number): number {
  let at = triedMs;
  for (let count = attempts; at <= now; count++) at += delayMs(count);
  return at;
}
