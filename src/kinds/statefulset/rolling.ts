import type { ApiError } from '../../machinery/api-error.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { scaledValue } from '../../machinery/int-or-percent.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { podRevision } from './identity.ts';
import { deletePod, isUnavailable, type Replica } from './pods.ts';
import type { StatefulSet } from './types.ts';

/**
 * Replaces pods of an older revision, the highest ordinal first, down to the partition. Without `maxUnavailable` one at a
 * time, waiting for each to become available; with it as many at once as it allows. Broken pods of an older revision do
 * not hold up an update. Source: stateful_set_control.go (updateStatefulSet, updateStatefulSetAfterInvariantEstablished).
 */
export function rollPods(
  api: ObjectApi,
  set: StatefulSet,
  replicas: readonly Replica[],
  updateRevision: string,
): ApiError | undefined {
  const { partition = 0, maxUnavailable } = set.spec.updateStrategy?.rollingUpdate ?? {};
  if (maxUnavailable === undefined) return rollOne(api, set, replicas, updateRevision, partition);
  const limit = Math.max(1, scaledValue(maxUnavailable, set.spec.replicas ?? 1, 'up'));
  const budget = limit - unavailableUpdated(api, set, replicas, updateRevision);
  let deleted = 0;
  for (let target = replicas.length - 1; target >= partition && deleted < budget; target--) {
    const pod = replicas[target]?.pod;
    if (!pod || podRevision(pod) === updateRevision || isBeingDeleted(pod)) continue;
    const error = deletePod(api, set, pod);
    if (error) return error;
    deleted++;
  }
  return undefined;
}

/** Pods that are on their way out, or of the new revision and not available yet. */
function unavailableUpdated(
  api: ObjectApi,
  set: StatefulSet,
  replicas: readonly Replica[],
  updateRevision: string,
): number {
  return replicas.filter(
    ({ pod }) =>
      isUnavailable(pod, set, api.now) && (!pod || isBeingDeleted(pod) || podRevision(pod) === updateRevision),
  ).length;
}

function rollOne(
  api: ObjectApi,
  set: StatefulSet,
  replicas: readonly Replica[],
  updateRevision: string,
  partition: number,
): ApiError | undefined {
  for (let target = replicas.length - 1; target >= partition; target--) {
    const pod = replicas[target]?.pod;
    if (pod && podRevision(pod) !== updateRevision && !isBeingDeleted(pod)) return deletePod(api, set, pod);
    if (isUnavailable(pod, set, api.now)) return undefined;
  }
  return undefined;
}
