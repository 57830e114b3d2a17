import type { Node } from '../../kinds/node/types.ts';
import { Pod, type PodCondition } from '../../kinds/pod/types.ts';
import { withCondition } from '../../machinery/conditions.ts';
import type { ControllerApi } from '../../machinery/controller.ts';
import { findFeasibleNodes, scoreNodes, selectNode } from './evaluation.ts';
import { fitErrorMessage, rejectingPlugins } from './fit-error.ts';
import type { Failure } from './failure-memo.ts';
import type { Cycle } from './framework.ts';
import { NO_NODES } from './hints.ts';
import { PodInfo } from './pod-info.ts';
import { PREEMPTION_REASON, runPostFilters } from './preemption.ts';
import { SCHEDULER_NAME, schedulingRecord, withRecord } from './queued-pod.ts';
import { VOLUME_BINDING } from './plugins/volume-binding.ts';
import type { SchedulerMemory } from './scheduler-memory.ts';
import { VOLUME_TIMEOUT_MS } from './scheduling-queue.ts';
import type { Candidate } from './victims.ts';
import { bindVolumes } from './volumes/bind-volumes.ts';

/** validation.NoteLengthLimit: how long the text of an event may be. */
const NOTE_LIMIT = 1024;

/** One attempt to place one pod: bind it, or say why not. Source: pkg/scheduler/schedule_one.go. */
export function attemptPod(api: ControllerApi, memory: SchedulerMemory, pod: Pod): void {
  const { snapshot } = memory;
  if (snapshot.nodes.size === 0) {
    fail(api, pod, { message: 'no nodes available to schedule pods', plugins: [NO_NODES], nominated: '' });
    return;
  }
  const cycle = cycleFor(api, memory, pod);
  const placement = memory.placements.find(cycle);
  if (placement?.node) {
    bind(api, memory, cycle, placement.node.node);
    return;
  }
  const key = placement && `${pod.spec.priority} ${pod.spec.preemptionPolicy} ${placement.signature}`;
  const known = key === undefined ? undefined : memory.failures.get(key);
  if (known) fail(api, pod, known);
  else attemptPlainly(api, memory, cycle, key);
}

export function cycleFor(api: ControllerApi, { snapshot, context }: SchedulerMemory, pod: Pod): Cycle {
  return {
    pod: new PodInfo(pod),
    snapshot,
    view: api,
    settings: api.settings,
    namespaceLabels: context.namespaceLabels,
  };
}

/** The attempt without shortcuts; `key` is what the failure is remembered by. */
function attemptPlainly(api: ControllerApi, memory: SchedulerMemory, cycle: Cycle, key: string | undefined): void {
  const { pod } = cycle.pod;
  const { feasible, diagnosis, states } = findFeasibleNodes(cycle);
  const node = feasible.length > 1 ? selectNode(cycle, scoreNodes(cycle, feasible)) : feasible[0];
  if (node) {
    bind(api, memory, cycle, node.node);
    return;
  }
  const { message, nominated, candidate } = runPostFilters(cycle, states, diagnosis);
  const failure = { message: fitErrorMessage(diagnosis, message), plugins: rejectingPlugins(diagnosis), nominated };
  if (key !== undefined && !candidate) memory.failures.set(key, failure);
  fail(api, pod, failure);
  if (candidate) makeRoom(api, cycle, candidate);
}

/** The pod keeps its place on the node as a nomination until its claims are bound. */
function waitForVolumes(api: ControllerApi, { queue }: SchedulerMemory, pod: Pod, node: Node): void {
  const record = schedulingRecord(pod);
  if (record?.bindingSince === undefined) {
    const status = { ...pod.status, nominatedNodeName: node.metadata.name };
    const waiting = { attempts: record?.attempts ?? 0, at: api.now, plugins: [VOLUME_BINDING], bindingSince: api.now };
    api.updateStatus<Pod>(withRecord({ ...pod, status }, waiting));
  } else if (api.now - record.bindingSince < VOLUME_TIMEOUT_MS) {
    queue.add(pod, api.createdRevision(pod.metadata.uid) ?? 0);
  } else {
    const message = 'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded';
    fail(api, pod, { message, plugins: [VOLUME_BINDING], nominated: '' }, 'SchedulerError');
  }
}

/** pods/binding: the node, and the condition that says so. */
function bind(api: ControllerApi, memory: SchedulerMemory, { pod: info }: Cycle, node: Node): void {
  const { pod } = info;
  const { snapshot } = memory;
  if (!bindVolumes(api, pod, node)) {
    waitForVolumes(api, memory, pod, node);
    return;
  }
  const name = node.metadata.name;
  const { nominatedNodeName: _nominated, ...status } = pod.status;
  const condition = podScheduled(pod, { status: 'True' });
  const { runtime: _record, ...rest } = pod;
  snapshot.expected = info;
  const result = api.writeSubresource<Pod>({
    ...rest,
    spec: { ...pod.spec, nodeName: name },
    status: { ...status, conditions: withCondition(pod.status.conditions, condition, api.now) },
  });
  snapshot.expected = undefined;
  if (!result.ok) return;
  const { namespace } = pod.metadata;
  api.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${pod.metadata.name} to ${name}`);
}

function fail(
  api: ControllerApi,
  pod: Pod,
  { message, plugins, nominated }: Failure,
  reason: 'Unschedulable' | 'SchedulerError' = 'Unschedulable',
): void {
  const attempts = (schedulingRecord(pod)?.attempts ?? 0) + 1;
  const condition = podScheduled(pod, { status: 'False', reason, message });
  const { nominatedNodeName, ...rest } = pod.status;
  const wanted = nominated ?? nominatedNodeName;
  const status: Pod['status'] = {
    ...rest,
    ...(wanted ? { nominatedNodeName: wanted } : {}),
    conditions: withCondition(pod.status.conditions, condition, api.now),
  };
  api.updateStatus<Pod>(withRecord({ ...pod, status }, { attempts, at: api.now, plugins }));
  api.event(pod, 'Warning', 'FailedScheduling', truncate(message));
}

function truncate(message: string): string {
  return message.length <= NOTE_LIMIT ? message : `${message.slice(0, NOTE_LIMIT - 4)} ...`;
}

/** Ends the victims, and takes back the nominations of less important pods for the same room. */
function makeRoom(api: ControllerApi, { pod, snapshot }: Cycle, { node, victims }: Candidate): void {
  for (const other of snapshot.nominatedTo(node.name)) {
    if (other.priority >= pod.priority || other.uid === pod.uid) continue;
    const { nominatedNodeName: _nominated, ...status } = other.pod.status;
    api.updateStatus<Pod>({ ...other.pod, status });
  }
  for (const victim of victims) {
    if (victim.pod.metadata.deletionTimestamp !== undefined) continue;
    const condition = disruptionTarget(victim.pod, pod.pod);
    const conditions = withCondition(victim.pod.status.conditions, condition, api.now);
    api.updateStatus<Pod>({ ...victim.pod, status: { ...victim.pod.status, conditions } });
    api.delete(victim.pod);
    api.event(victim.pod, 'Normal', 'Preempted', `Preempted by pod ${pod.uid} on node ${node.name}`);
  }
}

function disruptionTarget(victim: Pod, preemptor: Pod): PodCondition {
  const name = preemptor.spec.schedulerName ?? SCHEDULER_NAME;
  return {
    type: 'DisruptionTarget',
    ...observed(victim),
    lastProbeTime: null,
    status: 'True',
    reason: PREEMPTION_REASON,
    message: `${name}: preempting to accommodate a higher priority pod`,
  };
}

function podScheduled(pod: Pod, rest: Pick<PodCondition, 'status' | 'reason' | 'message'>): PodCondition {
  return { type: 'PodScheduled', ...observed(pod), lastProbeTime: null, ...rest };
}

function observed({ metadata }: Pod): { observedGeneration?: number } {
  return metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
}
