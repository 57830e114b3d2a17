import { fail, ok, type Result } from '../../machinery/api-error.ts';
import type { ReplicaSet } from '../replicaset/types.ts';
import { CHANGE_CAUSE, revisionOf } from './annotations.ts';
import type { Deployment } from './types.ts';

/** One line of `kubectl rollout history`. */
export interface RolloutRevision {
  revision: number;
  replicaSet: ReplicaSet;
  changeCause: string | undefined;
}

/** The revisions there are, lowest first. Source: kubectl pkg/polymorphichelpers/history.go. */
export function revisionsOf(replicaSets: readonly ReplicaSet[]): RolloutRevision[] {
  const byRevision = new Map<number, RolloutRevision>();
  for (const replicaSet of replicaSets) {
    const revision = revisionOf(replicaSet);
    const changeCause = replicaSet.metadata.annotations?.[CHANGE_CAUSE];
    byRevision.set(revision, { revision, replicaSet, changeCause });
  }
  return [...byRevision.values()].sort((left, right) => left.revision - right.revision);
}

export interface Rollback {
  replicaSet: ReplicaSet;
  /** The revision that was asked for: 0 for "the one before". */
  asked: number;
}

/** The ReplicaSet `kubectl rollout undo` goes back to. Source: kubectl pkg/polymorphichelpers/rollback.go (deploymentRevision). */
export function revisionToRollBackTo(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  asked: number,
): Result<Rollback> {
  if (asked !== 0) {
    const replicaSet = asked > 0 ? replicaSets.find((candidate) => revisionOf(candidate) === asked) : undefined;
    if (replicaSet) return ok({ replicaSet, asked });
    return fail('BadRequest', `unable to find specified revision ${asked} in history`);
  }
  const [, previous] = [...replicaSets].sort((left, right) => revisionOf(right) - revisionOf(left));
  if (previous) return ok({ replicaSet: previous, asked });
  return fail('BadRequest', `no rollout history found for deployment "${deployment.metadata.name}"`);
}
