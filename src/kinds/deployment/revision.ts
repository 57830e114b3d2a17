import type { StringMap } from '../../machinery/object.ts';
import { DESIRED_REPLICAS, isCopied, MAX_REPLICAS, REVISION, REVISION_HISTORY } from './annotations.ts';
import { desiredReplicas, maxSurge } from './fenceposts.ts';
import type { Deployment } from './types.ts';

/** The annotations that a Deployment keeps on its ReplicaSets. Source: deployment_util.go (SetNewReplicaSetAnnotations). */

/** The longest `revision-history` in characters: the oldest revisions are dropped beyond it. */
const REVISION_HISTORY_LIMIT = 2000;

/** The sizes of a Deployment as its ReplicaSets are told them, to tell a scaling from a rollout. */
export function sizeAnnotations(deployment: Deployment): StringMap {
  const desired = desiredReplicas(deployment);
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(desired + maxSurge(deployment)) };
}

/**
 * The annotations of the newest ReplicaSet: the Deployment's own, copied, and its revision. One that had a lower revision
 * before (a rollback) remembers it in its history. Annotations that went from the Deployment stay, as upstream has it.
 */
export function newestAnnotations(
  deployment: Deployment,
  annotations: StringMap | undefined,
  revision: number,
): StringMap {
  const result: StringMap = { ...annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (isCopied(key)) result[key] = value;
  }
  const oldText = annotations?.[REVISION];
  const oldRevision = oldText ? Number(oldText) : 0;
  if (!Number.isInteger(oldRevision) || oldRevision >= revision) return result;
  result[REVISION] = String(revision);
  if (oldText !== undefined) {
    const history = extendHistory(annotations?.[REVISION_HISTORY], oldText, REVISION_HISTORY_LIMIT);
    if (history !== undefined) result[REVISION_HISTORY] = history;
  }
  return result;
}

/** The history with one more revision, cut at its old end to `limit` characters; undefined when not even that fits. */
export function extendHistory(history: string | undefined, revision: string, limit: number): string | undefined {
  if (!history) return revision;
  const revisions = history.split(',');
  let length = history.length + revision.length + 1;
  let start = 0;
  while (length > limit && start < revisions.length) {
    length -= (revisions[start] ?? '').length + 1;
    start++;
  }
  return length <= limit ? [...revisions.slice(start), revision].join(',') : undefined;
}
