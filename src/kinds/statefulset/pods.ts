import type { ApiError } from '../../machinery/api-error.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { isBeingDeleted, type NewObject } from '../../machinery/object.ts';
import { Namespace } from '../namespace/types.ts';
import { isPodAvailable, isPodReady } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { applyRetentionPolicy, createMissingClaims } from './claims.ts';
import { identityLabels } from './identity.ts';
import type { StatefulSet } from './types.ts';

/** Making, mending and ending the pods of a set, with the events that tell of it. Source: stateful_pod_control.go. */

/** One place in a set: its pod, or the one that is to be made for it. */
export interface Replica {
  ordinal: number;
  name: string;
  pod: Pod | undefined;
  /** The pod that is to be made where there is none. */
  plan: () => NewObject<Pod>;
}

export function isRunningAndReady(pod: Pod | undefined): pod is Pod {
  return pod?.status.phase === 'Running' && isPodReady(pod);
}

export function isRunningAndAvailable(pod: Pod | undefined, set: StatefulSet, now: number): boolean {
  return pod?.status.phase === 'Running' && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);
}

/** isUnavailable: not there, not available, or on its way out. */
export function isUnavailable(pod: Pod | undefined, set: StatefulSet, now: number): boolean {
  return !pod || !isRunningAndAvailable(pod, set, now) || isBeingDeleted(pod);
}

/** Creates the claims of a place and then its pod. */
export function createReplica(api: ObjectApi, set: StatefulSet, replica: Replica): ApiError | undefined {
  const { name } = replica;
  const claimError = createMissingClaims(api, set, name, replica.ordinal);
  if (claimError) {
    record(api, set, 'create', name, claimError);
    return claimError;
  }
  const created = api.create<Pod>(replica.plan());
  if (!created.ok) {
    const namespace = api.get(Namespace, undefined, set.metadata.namespace ?? '');
    const isSilent = created.error.reason === 'AlreadyExists' || (namespace && isBeingDeleted(namespace));
    if (!isSilent) record(api, set, 'create', name, created.error);
    return created.error;
  }
  replica.pod = created.value;
  applyRetentionPolicy(api, set, created.value, replica.ordinal);
  record(api, set, 'create', name);
  return undefined;
}

export function deletePod(api: ObjectApi, set: StatefulSet, pod: Pod): ApiError | undefined {
  const deleted = api.delete(pod);
  const error = deleted.ok ? undefined : deleted.error;
  record(api, set, 'delete', pod.metadata.name, error);
  return error;
}

/** Mends what was changed of a pod's identity. */
export function mendIdentity(api: ObjectApi, set: StatefulSet, pod: Pod, ordinal: number): ApiError | undefined {
  const wanted = identityLabels(pod.metadata.name, ordinal);
  const labels = pod.metadata.labels ?? {};
  if (Object.keys(wanted).every((key) => labels[key] === wanted[key])) return undefined;
  const updated = api.update<Pod>({ ...pod, metadata: { ...pod.metadata, labels: { ...labels, ...wanted } } });
  const error = updated.ok ? undefined : updated.error;
  record(api, set, 'update', pod.metadata.name, error);
  return error;
}

function record(api: ObjectApi, set: StatefulSet, verb: string, podName: string, error?: ApiError): void {
  const title = `${verb.slice(0, 1).toUpperCase()}${verb.slice(1)}`;
  const what = `${verb} Pod ${podName} in StatefulSet ${set.metadata.name}`;
  if (error) api.event(set, 'Warning', `Failed${title}`, `${what} failed error: ${error.message}`);
  else api.event(set, 'Normal', `Successful${title}`, `${what} successful`);
}
