import type { Node } from '../../kinds/node/types.ts';
import { Namespace } from '../../kinds/namespace/types.ts';
import type { Pod, PodCondition } from '../../kinds/pod/types.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { withCondition } from '../../machinery/conditions.ts';
import { findFeasibleNodes, scoreNodes, selectNode } from './evaluation.ts';
import { fitErrorMessage, rejectingPlugins, type Diagnosis } from './fit-error.ts';
import type { Cycle } from './framework.ts';
import { PodInfo } from './pod-info.ts';
import { schedulingRecord, withRecord } from './queued-pod.ts';
import type { SchedulerMemory } from './scheduler-memory.ts';

/** One attempt to place one pod: bind it, or say why not. Source: pkg/scheduler/schedule_one.go. */
export function attemptPod(api: ControllerApi, memory: SchedulerMemory, pod: Pod): void {
  const { snapshot } = memory;
  if (snapshot.nodes.size === 0) {
    fail(api, pod, 'no nodes available to schedule pods', []);
    return;
  }
  const cycle: Cycle = {
    pod: new PodInfo(pod),
    snapshot,
    view: api,
    settings: api.settings,
    namespaceLabels: (name) => api.get(Namespace, undefined, name)?.metadata.labels,
  };
  const { feasible, diagnosis } = findFeasibleNodes(cycle);
  const node = feasible.length > 1 ? selectNode(cycle, scoreNodes(cycle, feasible)) : feasible[0];
  if (node) bind(api, pod, node.node);
  else fail(api, pod, fitErrorMessage(diagnosis, ''), rejectors(diagnosis));
}

function rejectors(diagnosis: Diagnosis): readonly string[] {
  return rejectingPlugins(diagnosis);
}

/** pods/binding: the node, and the condition that says so. */
function bind(api: ControllerApi, pod: Pod, node: Node): void {
  const name = node.metadata.name;
  const { nominatedNodeName: _nominated, ...status } = pod.status;
  const condition = podScheduled(pod, { status: 'True' });
  const { runtime: _record, ...rest } = pod;
  const result = api.writeSubresource<Pod>({
    ...rest,
    spec: { ...pod.spec, nodeName: name },
    status: { ...status, conditions: withCondition(pod.status.conditions, condition, api.now) },
  });
  if (!result.ok) return;
  const { namespace } = pod.metadata;
  api.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${pod.metadata.name} to ${name}`);
}

function fail(api: ControllerApi, pod: Pod, message: string, plugins: readonly string[]): void {
  const attempts = (schedulingRecord(pod)?.attempts ?? 0) + 1;
  const condition = podScheduled(pod, { status: 'False', reason: 'Unschedulable', message });
  const status = { ...pod.status, conditions: withCondition(pod.status.conditions, condition, api.now) };
  api.updateStatus<Pod>(withRecord({ ...pod, status }, { attempts, at: api.now, plugins }));
  api.event(pod, 'Warning', 'FailedScheduling', message);
}

function podScheduled(pod: Pod, rest: Pick<PodCondition, 'status' | 'reason' | 'message'>): PodCondition {
  const { generation } = pod.metadata;
  return {
    type: 'PodScheduled',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastProbeTime: null,
    ...rest,
  };
}
