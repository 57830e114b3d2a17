import { calculateRolloutStatus, progressCheckAt } from './progress.ts';
import { allOf, type ReplicaSetFamily } from './replica-sets.ts';
import { calculateStatus } from './status.ts';
import { writeStatus, type Sync } from './sync.ts';

/** syncRolloutStatus: reports a rollout, and asks to be woken when its deadline will have passed. */
export function syncRolloutStatus(sync: Sync, family: ReplicaSetFamily): void {
  const { deployment, api } = sync;
  writeStatus(sync, calculateRolloutStatus(deployment, allOf(family), family.newest, api.now));
  const checkAt = progressCheckAt(sync.deployment);
  if (checkAt !== undefined) api.requeueAt(checkAt, { background: true });
}

/** syncDeploymentStatus: reports counts and availability without judging progress. */
export function syncStatus(sync: Sync, family: ReplicaSetFamily): void {
  writeStatus(sync, calculateStatus(sync.deployment, allOf(family), family.newest, sync.api.now));
}
