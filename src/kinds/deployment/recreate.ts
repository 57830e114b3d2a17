import { isPodTerminal } from '../pod/queries.ts';
import { podsOf } from '../replicaset/queries.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { desiredReplicas } from './fenceposts.ts';
import { forgetHistory } from './history.ts';
import { syncFamily } from './new-replica-set.ts';
import { activeOf, actualCount, type ReplicaSetFamily } from './replica-sets.ts';
import { syncRolloutStatus } from './rollout-status.ts';
import { scaleIfNeeded } from './scale.ts';
import { isComplete } from './status.ts';
import type { Sync } from './sync.ts';

/** The Recreate strategy: all old pods end before a new one begins. Source: pkg/controller/deployment/recreate.go. */
export function recreate(sync: Sync): void {
  let family = syncFamily(sync, false);
  const scaledDown = activeOf(family.old).filter((replicaSet) => scaleIfNeeded(sync, { replicaSet, replicas: 0 }));
  if (scaledDown.length > 0 || oldPodsRun(sync.api, family)) {
    syncRolloutStatus(sync, family);
    return;
  }
  if (!family.newest) family = syncFamily(sync, true);
  if (!family.newest) return;
  scaleIfNeeded(sync, { replicaSet: family.newest, replicas: desiredReplicas(sync.deployment) });
  if (isComplete(sync.deployment, sync.deployment.status)) forgetHistory(sync, family.old);
  syncRolloutStatus(sync, family);
}

/** oldPodsRunning: whether any old pod has not ended yet, those on their way out included. */
function oldPodsRun(view: ClusterView, { old }: ReplicaSetFamily): boolean {
  if (actualCount(old) > 0) return true;
  return old.some((replicaSet) => podsOf(view, replicaSet).some((pod) => !isPodTerminal(pod)));
}
