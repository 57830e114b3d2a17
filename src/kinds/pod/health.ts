import type { HealthWord } from '../../machinery/definition.ts';
import { isPodReady } from './queries.ts';
import type { Pod } from './types.ts';

const FAILURES = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
]);

/** How a pod is doing, in one word. */
export function podHealth(pod: Pod): HealthWord {
  const { phase, containerStatuses = [], initContainerStatuses = [] } = pod.status;
  if (phase === 'Succeeded') return 'HEALTHY';
  if (phase === 'Failed') return 'DEGRADED';
  if (pod.metadata.deletionTimestamp !== undefined) return 'PROGRESSING';
  if ((pod.spec.schedulingGates ?? []).length > 0) return 'SUSPENDED';
  const failing = [...initContainerStatuses, ...containerStatuses].some(({ state }) =>
    FAILURES.has(state?.waiting?.reason ?? ''),
  );
  if (failing) return 'DEGRADED';
  return isPodReady(pod) ? 'HEALTHY' : 'PROGRESSING';
}
