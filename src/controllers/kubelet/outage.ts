import type { ContainerRuntime, PodRuntime } from '../../kinds/pod/runtime.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import { assignPodIp } from './network.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
import { shouldRestart } from './restart.ts';
import { withLastExit } from './start.ts';

/**
 * What becomes of a pod whose machine was off: its containers are gone with exit code 255, its network is set up anew
 * with another address, and it starts again from its init containers, unless it is never to be restarted.
 * Source: kuberuntime_manager.go (computePodActions on a changed sandbox).
 */

const LOST_CODE = 255;

export function comeBack(sync: PodSync): void {
  const { downSince, ...runtime } = sync.runtime;
  if (downSince === undefined) return;
  sync.runtime = runtime;
  const { sandbox } = runtime;
  if (!sandbox) return;
  const restarts = sync.pod.spec.restartPolicy !== 'Never';
  if (restarts) sync.event('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
  for (const about of sync.containers) {
    const state = sync.container(about.container.name);
    if (state) loseContainer(sync, about, state, downSince, restarts);
  }
  if (!restarts) return;
  const { initialized: _, sandbox: __, ...rest } = withoutMemoryVolumes(sync.pod, sync.runtime);
  const ip = assignPodIp(sync.api, sync.node, sync.pod);
  sync.runtime = { ...rest, sandbox: { attempt: sandbox.attempt + 1, ip } };
}

/** What was kept in memory is gone with the machine; what was on its disk is still there. */
function withoutMemoryVolumes<T extends PodRuntime>({ spec }: Pod, runtime: T): T {
  if (!runtime.volumes) return runtime;
  const inMemory = new Set(spec.volumes?.flatMap(({ name, emptyDir }) => (emptyDir?.medium === 'Memory' ? name : [])));
  const volumes = Object.fromEntries(Object.entries(runtime.volumes).filter(([name]) => !inMemory.has(name)));
  return { ...runtime, volumes };
}

function loseContainer(
  sync: PodSync,
  about: PodContainer,
  state: ContainerRuntime,
  downSince: number,
  restarts: boolean,
): void {
  const { name } = about.container;
  const { step } = state;
  if (step.step === 'pulling' && state.starts === 0) {
    sync.dropContainer(name);
    return;
  }
  if (step.step === 'running') {
    const exited = {
      step: 'exited' as const,
      since: step.since,
      at: downSince,
      exitCode: LOST_CODE,
      reason: 'Unknown',
    };
    const again = restarts && shouldRestart(sync, about, LOST_CODE);
    sync.setContainer(name, { ...state, step: again ? { ...exited, checkAt: sync.now } : exited });
    return;
  }
  if (step.step !== 'exited' || !restarts) return;
  if (about.role === 'init') {
    // Init containers run again in the new network.
    sync.setContainer(name, { ...withLastExit(state), step: { step: 'waiting', reason: '' } });
  } else if (shouldRestart(sync, about, step.exitCode)) {
    sync.setContainer(name, { ...state, step: { ...step, checkAt: sync.now } });
  }
}
