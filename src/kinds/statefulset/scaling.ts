import type { ApiError } from '../../machinery/api-error.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { isPodTerminal } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { applyRetentionPolicy, createMissingClaims, hasStaleClaim } from './claims.ts';
import { ordinalOf } from './identity.ts';
import {
  createReplica,
  deletePod,
  isRunningAndAvailable,
  isRunningAndReady,
  isUnavailable,
  mendIdentity,
  type Replica,
} from './pods.ts';
import type { StatefulSet } from './types.ts';

/**
 * Brings the pods of a set to their number: in order of their ordinals and each waiting for the one before
 * (OrderedReady), or all at once (Parallel). Source: stateful_set_control.go (processReplica, processCondemned).
 */

/** What a step says: go on, or nothing more can be done now (perhaps for an error). */
type Step = { stop: boolean; error?: ApiError | undefined };

const GO_ON: Step = { stop: false };
const STOP: Step = { stop: true };

function failed(error: ApiError | undefined): Step {
  return error ? { stop: true, error } : STOP;
}

export function processReplica(api: ObjectApi, set: StatefulSet, replica: Replica, isOrdered: boolean): Step {
  const { pod, ordinal } = replica;
  if (pod && isPodTerminal(pod)) return isBeingDeleted(pod) ? STOP : failed(deletePod(api, set, pod));
  if (!pod) return create(api, set, replica, isOrdered);
  if (pod.status.phase === 'Pending') {
    const error = createMissingClaims(api, set, pod.metadata.name, ordinal);
    if (error) return failed(error);
  }
  if (isOrdered && isUnavailable(pod, set, api.now)) return STOP;
  const error = mendIdentity(api, set, pod, ordinal);
  if (error) return failed(error);
  applyRetentionPolicy(api, set, pod, ordinal);
  return GO_ON;
}

function create(api: ObjectApi, set: StatefulSet, replica: Replica, isOrdered: boolean): Step {
  if (hasStaleClaim(api, set, replica.name, replica.ordinal)) return STOP;
  const error = createReplica(api, set, replica);
  return error || isOrdered ? failed(error) : GO_ON;
}

/** Ends a pod beyond the number of replicas; in order, it waits for those that are going and those that are not well. */
export function processCondemned(
  api: ObjectApi,
  set: StatefulSet,
  pod: Pod,
  firstUnavailable: Pod | undefined,
  isOrdered: boolean,
): Step {
  if (isBeingDeleted(pod)) return isOrdered ? STOP : GO_ON;
  const isWell = isRunningAndReady(pod) && isRunningAndAvailable(pod, set, api.now);
  if (isOrdered && !isWell && pod.metadata.uid !== firstUnavailable?.metadata.uid) return STOP;
  return failed(deletePod(api, set, pod));
}

/** The claims of pods that are to go get their owners first. */
export function releaseClaims(api: ObjectApi, set: StatefulSet, condemned: readonly Pod[]): void {
  for (const pod of condemned) {
    const ordinal = ordinalOf(set, pod.metadata.name);
    if (ordinal !== undefined) applyRetentionPolicy(api, set, pod, ordinal);
  }
}

/** In order: up to the first step that stops. Otherwise all of them; a failure stops what comes after. */
export function runForAll<T>(items: readonly T[], step: (item: T) => Step, isOrdered: boolean): Step {
  for (const item of items) {
    const result = step(item);
    if (result.error || (isOrdered && result.stop)) return result;
  }
  return GO_ON;
}
