import { toTimestamp } from '../../machinery/time.ts';
import type { PodCondition, PodStatus } from '../../kinds/pod/types.ts';
import { conditionsOf } from './conditions.ts';
import type { PodSync } from './pod-sync.ts';
import { beginEnding } from './worker.ts';

/**
 * Pods that the kubelet itself ends for its node's sake: evicted, or ended because the machine is about to be turned
 * off. What the status says of it is told only when nothing of the pod runs any more. Source: pkg/kubelet/pod_workers.go
 * (killPodNow), pkg/kubelet/status/status_manager.go (mergePodStatus).
 */

export function takeTermination(sync: PodSync): void {
  const { terminate } = sync.runtime;
  if (!terminate || sync.runtime.done) return;
  if (sync.ending && sync.ending.graceSeconds <= terminate.graceSeconds) return;
  beginEnding(sync, 'terminated', terminate.graceSeconds);
}

export function withTermination(sync: PodSync, status: PodStatus): PodStatus {
  const { terminate, done } = sync.runtime;
  if (!terminate || !done) return status;
  const { reason, message } = terminate;
  // A pod that had done its work when the machine went off has done its work.
  const phase = reason === 'Terminated' && status.phase === 'Succeeded' ? 'Succeeded' : 'Failed';
  const disruption: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: toTimestamp(sync.now),
    reason: 'TerminationByKubelet',
    message,
  };
  const { generation } = sync.pod.metadata;
  if (generation !== undefined) disruption.observedGeneration = generation;
  const conditions = conditionsOf(sync, status.initContainerStatuses ?? [], status.containerStatuses ?? [], phase);
  if (terminate.condition === false) return { ...status, phase, reason, message, conditions };
  const others = conditions.filter(({ type }) => type !== 'DisruptionTarget');
  return { ...status, phase, reason, message, conditions: [disruption, ...others] };
}
