import type { ControllerApi } from '../../machinery/controller.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { FINISHED_PODS, finishedPods, type Pod } from '../../kinds/pod/types.ts';

export const TERMINATED_KEY = 'terminated\n';

/** Removes the oldest finished pods beyond --terminated-pod-gc-threshold, evicted ones first. */
export function collectTerminated(
  api: ControllerApi,
  nextRound: (api: ControllerApi) => boolean,
  remove: (pod: Pod, api: ControllerApi) => void,
): void {
  const threshold = api.settings.terminatedPodGcThreshold;
  if (threshold <= 0) return;
  const surplus = api.countBy(finishedPods, FINISHED_PODS) - threshold;
  if (surplus <= 0 || !nextRound(api)) return;
  const pods = api.by(finishedPods, FINISHED_PODS).slice().sort(byEvictionAndCreation);
  for (const pod of pods.slice(0, surplus)) remove(pod, api);
}

function byEvictionAndCreation(left: Pod, right: Pod): number {
  const evicted = Number(isEvicted(right)) - Number(isEvicted(left));
  if (evicted !== 0) return evicted;
  const age = fromTimestamp(left.metadata.creationTimestamp) - fromTimestamp(right.metadata.creationTimestamp);
  return age || (left.metadata.name < right.metadata.name ? -1 : 1);
}

function isEvicted(pod: Pod): boolean {
  return pod.status.phase === 'Failed' && pod.status.reason === 'Evicted';
}
