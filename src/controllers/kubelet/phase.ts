import type { ContainerStatus, PodPhase } from '../../kinds/pod/types.ts';
import type { PodSync } from './pod-sync.ts';

/** The phase that the statuses of a pod's containers add up to. Source: pkg/kubelet/kubelet_pods.go (getPhase). */
export function phaseOf(
  sync: PodSync,
  initStatuses: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
): PodPhase {
  const { restartPolicy } = sync.pod.spec;
  const init = countInit(sync, initStatuses);
  if (init.failed > 0 && restartPolicy === 'Never') return 'Failed';
  const main = countMain(statuses);
  const running = main.running + init.runningSidecars;
  if (init.pending > 0 || (init.pendingSidecars > 0 && !sync.runtime.initialized)) return 'Pending';
  if (main.waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (main.stopped === 0) return 'Pending';
  if (sync.runtime.done) return main.stopped === main.succeeded ? 'Succeeded' : 'Failed';
  if (restartPolicy === 'Always' || isAnyRestarting(sync)) return 'Running';
  if (main.stopped === main.succeeded) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function countInit(sync: PodSync, statuses: readonly ContainerStatus[]) {
  const counts = { pending: 0, failed: 0, pendingSidecars: 0, runningSidecars: 0 };
  for (const { container, role } of sync.containers) {
    if (role === 'main') break;
    const status = statuses.find(({ name }) => name === container.name);
    const { waiting, running, terminated } = status?.state ?? {};
    const last = status?.lastState?.terminated;
    if (role === 'sidecar') {
      if (running) {
        counts.runningSidecars++;
        if (!status?.started) counts.pendingSidecars++;
      } else if (!terminated && !(waiting && last)) {
        counts.pendingSidecars++;
      }
    } else if (terminated) {
      if (terminated.exitCode !== 0) counts.failed++;
    } else if (waiting && last) {
      if (last.exitCode !== 0) counts.failed++;
    } else {
      counts.pending++;
    }
  }
  return counts;
}

function countMain(statuses: readonly ContainerStatus[]) {
  const counts = { running: 0, waiting: 0, stopped: 0, succeeded: 0 };
  for (const { state, lastState } of statuses) {
    if (state?.running) counts.running++;
    else if (state?.terminated) {
      counts.stopped++;
      if (state.terminated.exitCode === 0) counts.succeeded++;
    } else if (lastState?.terminated) counts.stopped++;
    else counts.waiting++;
  }
  return counts;
}

/** Whether a container has a restart policy of its own that will start it again. */
function isAnyRestarting(sync: PodSync): boolean {
  return sync.containers.some(({ container, role }) => {
    if (role !== 'main') return false;
    const step = sync.container(container.name)?.step;
    return (step?.step === 'exited' && step.checkAt !== undefined) || (step?.step === 'waiting' && step.reason !== '');
  });
}
