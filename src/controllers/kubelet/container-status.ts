import { toTimestamp } from '../../machinery/time.ts';
import type { ContainerExit, ContainerRuntime } from '../../kinds/pod/runtime.ts';
import type { Container, ContainerStatus } from '../../kinds/pod/types.ts';
import { hexDigest, imageId } from './images.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
import { isReady, isStarted } from './readiness.ts';

/** The status of one container. Source: pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses). */

type State = NonNullable<ContainerStatus['state']>;

export function containerStatus(sync: PodSync, about: PodContainer): ContainerStatus {
  const { container, role } = about;
  const state = sync.container(container.name);
  const starts = state?.starts ?? 0;
  const image = (starts > 0 ? state?.image : undefined) ?? container.image ?? '';
  const status: ContainerStatus = {
    name: container.name,
    state: stateOf(sync, container, state),
    lastState: lastStateOf(sync, container, state),
    ready: readyOf(sync, about, state),
    restartCount: Math.max(0, starts - 1),
    image,
    imageID: starts > 0 ? imageId(image) : '',
    started: startedOf(sync, container, state),
  };
  if (starts > 0) {
    status.containerID = containerId(sync, container, starts);
    addDetails(status, container, state, (role !== 'init' && role !== 'ephemeral') || state?.step.step === 'running');
  }
  return status;
}

function containerId(sync: PodSync, container: Container, starts: number): string {
  return `containerd://${hexDigest(sync.pod.metadata.uid, container.name, starts)}`;
}

const mountStatuses = new WeakMap<object, ContainerStatus['volumeMounts']>();

function addDetails(
  status: ContainerStatus,
  container: Container,
  state: ContainerRuntime | undefined,
  hasResources: boolean,
): void {
  const { volumeMounts: mounts, resources } = container;
  const allocated = state?.allocated ?? resources;
  if (hasResources && allocated) {
    if (allocated.requests) status.allocatedResources = allocated.requests;
    status.resources = state?.actual ?? allocated;
  }
  if (!mounts?.length) return;
  let list = mountStatuses.get(mounts);
  if (!list) {
    list = mounts.map(({ name, mountPath, readOnly }) =>
      readOnly ? { name, mountPath, readOnly, recursiveReadOnly: 'Disabled' } : { name, mountPath },
    );
    mountStatuses.set(mounts, list);
  }
  status.volumeMounts = list;
}

function stateOf(sync: PodSync, container: Container, state: ContainerRuntime | undefined): State {
  const step = state?.step;
  if (!state || !step) return defaultWaiting(sync);
  switch (step.step) {
    case 'running':
      if ((step.hookUntil ?? 0) > sync.now) return defaultWaiting(sync);
      return { running: { startedAt: toTimestamp(step.since) } };
    case 'exited':
      return terminated(sync, container, step, state.starts);
    case 'waiting':
      if (step.reason === '') break;
      return { waiting: step.message ? { reason: step.reason, message: step.message } : { reason: step.reason } };
    default:
      if (step.shown) return { waiting: step.shown };
  }
  return state.last ? terminated(sync, container, state.last, state.starts) : defaultWaiting(sync);
}

function defaultWaiting(sync: PodSync): State {
  return { waiting: { reason: sync.pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating' } };
}

function terminated(sync: PodSync, container: Container, exit: ContainerExit, starts: number): State {
  return {
    terminated: {
      exitCode: exit.exitCode,
      reason: exit.reason,
      ...(exit.message === undefined ? {} : { message: exit.message }),
      startedAt: toTimestamp(exit.since),
      finishedAt: toTimestamp(exit.at),
      containerID: containerId(sync, container, starts),
    },
  };
}

function lastStateOf(sync: PodSync, container: Container, state: ContainerRuntime | undefined): State {
  const last = state?.last;
  if (!last) return {};
  const { step, starts } = state;
  if (step.step === 'running' || step.step === 'exited') return terminated(sync, container, last, starts - 1);
  const shown = step.step === 'waiting' ? step.reason !== '' : step.shown !== undefined;
  return shown ? terminated(sync, container, last, starts) : {};
}

function readyOf(sync: PodSync, { container, role }: PodContainer, state: ContainerRuntime | undefined): boolean {
  const step = state?.step;
  if (role === 'init') return step?.step === 'exited' && step.exitCode === 0;
  return step?.step === 'running' && isReady(container, step, sync.now);
}

function startedOf(sync: PodSync, container: Container, state: ContainerRuntime | undefined): boolean {
  const step = state?.step;
  return step?.step === 'running' && isStarted(container, step, sync.now);
}
