import type { Node } from '../node/types.ts';
import { isPodAvailable, isPodReady } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { eligibility } from './eligibility.ts';
import { byAge, isUpdated } from './pods.ts';
import type { DaemonSet, DaemonSetStatus } from './types.ts';

/** What a DaemonSet reports. Source: daemon_controller.go (updateDaemonSetStatus). */
export function calculateStatus(
  set: DaemonSet,
  nodes: Iterable<Node>,
  groups: ReadonlyMap<string, readonly Pod[]>,
  hash: string,
  now: number,
): DaemonSetStatus {
  const status = {
    currentNumberScheduled: 0,
    desiredNumberScheduled: 0,
    numberAvailable: 0,
    numberMisscheduled: 0,
    numberReady: 0,
    updatedNumberScheduled: 0,
  };
  for (const node of nodes) {
    const pods = groups.get(node.metadata.name);
    if (!eligibility(set.spec.template, node).shouldRun) {
      if (pods) status.numberMisscheduled++;
      continue;
    }
    status.desiredNumberScheduled++;
    const pod = pods && (pods.length > 1 ? [...pods].sort(byAge)[0] : pods[0]);
    if (!pod) continue;
    status.currentNumberScheduled++;
    if (isPodReady(pod)) {
      status.numberReady++;
      if (isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)) status.numberAvailable++;
    }
    if (isUpdated(pod, hash)) status.updatedNumberScheduled++;
  }
  const { collisionCount, conditions } = set.status;
  const numberUnavailable = status.desiredNumberScheduled - status.numberAvailable;
  return {
    ...status,
    numberUnavailable,
    observedGeneration: set.metadata.generation ?? 0,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions ? { conditions } : {}),
  };
}
