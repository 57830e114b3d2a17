import type { ReplicaSet } from '../replicaset/types.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { NO_LIMIT } from './progress.ts';
import { isSpent, lowestRevisionFirst } from './replica-sets.ts';
import type { Sync } from './sync.ts';
import type { Deployment } from './types.ts';

/**
 * The old ReplicaSets beyond the revision history limit, lowest revision first, as far as they have no pods.
 * Source: pkg/controller/deployment/sync.go (cleanupDeployment).
 */
export function planForgetting({ spec }: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = spec.revisionHistoryLimit;
  if (limit === undefined || limit === NO_LIMIT) return [];
  const alive = old.filter((replicaSet) => !isBeingDeleted(replicaSet)).sort(lowestRevisionFirst);
  return alive.slice(0, Math.max(0, alive.length - limit)).filter(isSpent);
}

export function forgetHistory(sync: Sync, old: readonly ReplicaSet[]): void {
  for (const replicaSet of planForgetting(sync.deployment, old)) sync.api.delete(replicaSet);
}
