import { toTimestamp } from '../../machinery/time.ts';
import type { ContainerStatus, PodCondition, PodPhase } from '../../kinds/pod/types.ts';
import type { PodSync } from './pod-sync.ts';
import { isResizeInProgress } from './resize.ts';

/** The conditions that a kubelet reports. Source: pkg/kubelet/status/generate.go, status_manager.go. */

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const TRUE: Verdict = { status: 'True' };
const RESIZE = ['PodResizePending', 'PodResizeInProgress'];
const OWN = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

/** All conditions of the pod: those of others first, as they are, then the kubelet's. */
export function conditionsOf(
  sync: PodSync,
  initStatuses: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
  phase: PodPhase,
): PodCondition[] {
  const old = sync.pod.status.conditions ?? [];
  const containersReady = containersReadyOf(sync, initStatuses, statuses, phase);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: sync.runtime.sandbox && !sync.runtime.done ? 'True' : 'False' },
    Initialized: initializedOf(sync, initStatuses, phase),
    Ready: readyOf(sync, containersReady),
    ContainersReady: containersReady,
    PodScheduled: TRUE,
  };
  const conditions = old.filter(({ type }) => !OWN.includes(type) && !RESIZE.includes(type));
  if (sync.runtime.resizes !== undefined) conditions.push(...resizeConditions(sync, old));
  for (const type of OWN) {
    const before = old.find((condition) => condition.type === type);
    conditions.push(conditionOf(sync, type, verdicts[type] ?? TRUE, before));
  }
  return conditions;
}

/** PodResizePending and PodResizeInProgress are there only while they are true. */
function resizeConditions(sync: PodSync, old: readonly PodCondition[]): PodCondition[] {
  const conditions: PodCondition[] = [];
  const add = (type: string, verdict: Verdict) => {
    const before = old.find((condition) => condition.type === type);
    conditions.push(conditionOf(sync, type, verdict, before));
  };
  const pending = sync.runtime.resizePending;
  if (pending) add('PodResizePending', { status: 'True', reason: pending.reason, message: pending.message });
  if (isResizeInProgress(sync)) add('PodResizeInProgress', TRUE);
  return conditions;
}

function conditionOf(sync: PodSync, type: string, verdict: Verdict, old: PodCondition | undefined): PodCondition {
  const { status, reason, message } = verdict;
  const observedGeneration = sync.pod.metadata.generation;
  const unchanged =
    old?.status === status &&
    old.reason === reason &&
    old.message === message &&
    old.observedGeneration === observedGeneration &&
    old.lastProbeTime === null;
  if (unchanged) return old;
  const since = old?.status === status ? old.lastTransitionTime : undefined;
  return {
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: since ?? toTimestamp(sync.now),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

/** Go's %s of a list of names: "[a b]". */
function listText(names: readonly string[]): string {
  return `[${names.join(' ')}]`;
}

/** GenerateContainersReadyCondition */
function containersReadyOf(
  sync: PodSync,
  initStatuses: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
  phase: PodPhase,
): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready: string[] = [];
  let position = 0;
  for (const { container, role } of sync.containers) {
    if (role === 'main') break;
    if (role === 'sidecar' && !initStatuses[position]?.ready) unready.push(container.name);
    position++;
  }
  for (const { name, ready } of statuses) if (!ready) unready.push(name);
  if (unready.length === 0) return TRUE;
  const message = `containers with unready status: ${listText(unready)}`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

/** GeneratePodReadyCondition: all containers are ready, and all readiness gates are open. */
function readyOf(sync: PodSync, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const messages: string[] = [];
  for (const { conditionType } of sync.pod.spec.readinessGates ?? []) {
    const gate = sync.pod.status.conditions?.find(({ type }) => type === conditionType);
    if (!gate) messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== 'True') {
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
    }
  }
  if (messages.length === 0) return TRUE;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

/** GeneratePodInitializedCondition */
function initializedOf(sync: PodSync, initStatuses: readonly ContainerStatus[], phase: PodPhase): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (
    sync.runtime.initialized &&
    sync.containers.some(({ container, role }) => role === 'main' && wasStarted(sync, container.name))
  ) {
    return TRUE;
  }
  const incomplete: string[] = [];
  for (const [position, status] of initStatuses.entries()) {
    const role = sync.containers[position]?.role;
    if (role === 'sidecar' ? !status.started : !status.ready) incomplete.push(status.name);
  }
  if (incomplete.length === 0) return TRUE;
  const message = `containers with incomplete status: ${listText(incomplete)}`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function wasStarted(sync: PodSync, name: string): boolean {
  return (sync.container(name)?.starts ?? 0) > 0;
}
