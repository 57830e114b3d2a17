import { fromTimestamp } from '../../machinery/time.ts';
import type { ContainerStatus, Pod } from './types.ts';

/** What kubectl says of a pod. Source: pkg/printers/internalversion/printers.go (printPod). */
export interface PodDisplay {
  /** The STATUS column: "Running", "CrashLoopBackOff", "Init:0/1", "Terminating". */
  status: string;
  readyContainers: number;
  containerCount: number;
  restarts: number;
  /** When a container that was restarted ended last, in milliseconds. */
  lastRestartAt: number | undefined;
}

interface Restarts {
  count: number;
  lastAt: number | undefined;
}

function addRestarts(restarts: Restarts, { restartCount, lastState }: ContainerStatus): void {
  restarts.count += restartCount;
  const finished = fromTimestamp(lastState?.terminated?.finishedAt);
  if (finished !== undefined && (restarts.lastAt === undefined || restarts.lastAt < finished)) {
    restarts.lastAt = finished;
  }
}

export function displayPod(pod: Pod): PodDisplay {
  const { status, spec, metadata } = pod;
  const display: PodDisplay = {
    status: status.reason || status.phase,
    readyContainers: 0,
    containerCount: spec.containers.length,
    restarts: 0,
    lastRestartAt: undefined,
  };
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') display.status = 'SchedulingGated';
  const sidecars: Restarts = { count: 0, lastAt: undefined };
  const all: Restarts = { count: 0, lastAt: undefined };
  const initializing = displayInit(pod, display, sidecars, all);
  if (!initializing || status.conditions?.some(({ type, status: is }) => type === 'Initialized' && is === 'True')) {
    displayMain(pod, display, sidecars);
    all.count = sidecars.count;
    all.lastAt = sidecars.lastAt;
  }
  if (metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') display.status = 'Unknown';
    else if (status.phase !== 'Failed' && status.phase !== 'Succeeded') display.status = 'Terminating';
  }
  display.restarts = all.count;
  display.lastRestartAt = all.lastAt;
  return display;
}

/** Whether an init container is still to be done; what it waits for becomes the status. */
function displayInit({ spec, status }: Pod, display: PodDisplay, sidecars: Restarts, all: Restarts): boolean {
  const init = spec.initContainers ?? [];
  const isSidecar = (name: string) => init.some((one) => one.name === name && one.restartPolicy === 'Always');
  display.containerCount += init.filter(({ restartPolicy }) => restartPolicy === 'Always').length;
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = container.state ?? {};
    addRestarts(all, container);
    if (isSidecar(container.name)) addRestarts(sidecars, container);
    if (terminated?.exitCode === 0) continue;
    if (isSidecar(container.name) && container.started) {
      if (container.ready) display.readyContainers++;
      continue;
    }
    if (terminated) display.status = `Init:${terminatedText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') display.status = `Init:${waiting.reason}`;
    else display.status = `Init:${index}/${init.length}`;
    return true;
  }
  return false;
}

function terminatedText({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function displayMain({ status }: Pod, display: PodDisplay, restarts: Restarts): void {
  let hasRunning = false;
  for (const container of [...(status.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated, running } = container.state ?? {};
    addRestarts(restarts, container);
    if (waiting?.reason) display.status = waiting.reason;
    else if (terminated) display.status = terminatedText(terminated);
    else if (container.ready && running) {
      hasRunning = true;
      display.readyContainers++;
    }
  }
  if (display.status !== 'Completed' || !hasRunning) return;
  const ready = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  display.status = ready ? 'Running' : 'NotReady';
}
