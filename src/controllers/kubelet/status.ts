import { toTimestamp } from '../../machinery/time.ts';
import { internalAddress } from '../../kinds/node/types.ts';
import type { ContainerStatus, PodStatus } from '../../kinds/pod/types.ts';
import { conditionsOf } from './conditions.ts';
import { containerStatus } from './container-status.ts';
import { podIpsOf } from './network.ts';
import { phaseOf } from './phase.ts';
import type { PodSync } from './pod-sync.ts';

/** The status of a pod as its kubelet reports it. Source: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus). */
export function generateStatus(sync: PodSync): PodStatus {
  const { pod, runtime } = sync;
  const initStatuses: ContainerStatus[] = [];
  const statuses: ContainerStatus[] = [];
  const ephemeralStatuses: ContainerStatus[] = [];
  for (const about of sync.containers) {
    const list = about.role === 'main' ? statuses : about.role === 'ephemeral' ? ephemeralStatuses : initStatuses;
    list.push(containerStatus(sync, about));
  }
  const exceeded = runtime.ending?.kind === 'deadline' && runtime.done === true;
  const phase = exceeded ? 'Failed' : phaseOf(sync, initStatuses, statuses);
  const status: PodStatus = {
    ...pod.status,
    phase,
    conditions: conditionsOf(sync, initStatuses, statuses, phase),
    containerStatuses: statuses,
    startTime: pod.status.startTime ?? toTimestamp(runtime.since),
  };
  if (pod.metadata.generation !== undefined) status.observedGeneration = pod.metadata.generation;
  if (initStatuses.length > 0) status.initContainerStatuses = initStatuses;
  if (ephemeralStatuses.length > 0) status.ephemeralContainerStatuses = ephemeralStatuses;
  const hostIP = internalAddress(sync.node);
  if (hostIP !== undefined && status.hostIP !== hostIP) {
    status.hostIP = hostIP;
    status.hostIPs = [{ ip: hostIP }];
  }
  const podIP = runtime.sandbox?.ip;
  if (podIP && status.podIP !== podIP) {
    status.podIP = podIP;
    status.podIPs = podIpsOf(sync.node, sync.pod, podIP);
  }
  if (exceeded) {
    status.reason = 'DeadlineExceeded';
    status.message = 'Pod was active on the node longer than the specified deadline';
  }
  return status;
}
