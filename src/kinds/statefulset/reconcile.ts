import { mustWait, nextRetry } from '../../controllers/replicas/retry.ts';
import type { ApiError } from '../../machinery/api-error.ts';
import { claim } from '../../machinery/claim.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, watchSelf, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { controllerRef, isBeingDeleted, objectKey } from '../../machinery/object.ts';
import { orphansMatching, selectorsMatching } from '../../machinery/selector-index.ts';
import {
  claimRevisions,
  createRevision,
  findEqualRevision,
  nextRevision,
  revisionTemplate,
  truncateHistory,
} from '../controllerrevision/queries.ts';
import { ControllerRevision } from '../controllerrevision/types.ts';
import { podAvailableAt } from '../pod/queries.ts';
import { orphanPods, Pod } from '../pod/types.ts';
import { isInRange, newPod, ordinalOf, podName, podRevision, startOrdinal } from './identity.ts';
import { isUnavailable, type Replica } from './pods.ts';
import { rollPods } from './rolling.ts';
import { processCondemned, processReplica, releaseClaims, runForAll } from './scaling.ts';
import { calculateStatus, completeRollingUpdate, type Revisions } from './status.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { StatefulSet, statefulSetSelector, statefulSetsBySelector } from './types.ts';

/**
 * Keeps the pods of a set, each with its name, its place and its volumes.
 * Source: pkg/controller/statefulset/stateful_set.go, stateful_set_control.go.
 */
export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  watches: [
    watchSelf(StatefulSet),
    watch(Pod, podKeys),
    watch(ControllerRevision, revisionKeys),
    watch(PersistentVolumeClaim, claimKeys),
  ],
  reconcile(key, api) {
    const set = api.getByKey(StatefulSet, key);
    if (set) sync(set, api);
  },
};

function sync(found: StatefulSet, api: ControllerApi): void {
  const pods = claimPods(found, api);
  const revisions = claimRevisions(api, found, statefulSetSelector(found));
  const pair = currentAndUpdate(found, revisions, api);
  if (!pair) return;
  const { current, update, collisionCount } = pair;
  const names: Revisions = { current: current.metadata.name, update: update.metadata.name, collisionCount };
  let error: ApiError | undefined;
  if (!isBeingDeleted(found)) {
    const { retry } = found.runtime ?? {};
    if (mustWait(retry, found.metadata.generation, api.now)) api.requeueAt(retry.at);
    else error = updatePods(found, pods, current, update, api);
  }
  report(found, names, error, api);
  if (revisions.length <= (found.spec.revisionHistoryLimit ?? 10)) return;
  const remaining = claimedPods(found, api);
  const live = new Set([names.current, names.update, ...remaining.map(podRevision)]);
  truncateHistory(api, found, claimRevisions(api, found, statefulSetSelector(found)), ({ metadata }) =>
    live.has(metadata.name),
  );
}

/** The pods that belong to the set: those it owns, and orphans of its labels and its names. */
function claimPods(set: StatefulSet, api: ControllerApi): Pod[] {
  const selector = statefulSetSelector(set);
  const orphans = orphansMatching(api, orphanPods, set.metadata.namespace, selector).filter(
    (pod) => ordinalOf(set, pod.metadata.name) !== undefined,
  );
  return claim(api, set, selector, claimedPods(set, api), orphans);
}

function claimedPods(set: StatefulSet, view: ClusterView): Pod[] {
  return view
    .dependents(set.metadata.uid)
    .filter((object): object is Pod => object.kind === Pod.kind && controllerRef(object)?.uid === set.metadata.uid);
}

interface RevisionPair {
  current: ControllerRevision;
  update: ControllerRevision;
  collisionCount: number;
}

/** getStatefulSetRevisions: the revision of the template, made or brought to the front, and the one that is current. */
function currentAndUpdate(
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
  api: ControllerApi,
): RevisionPair | undefined {
  let collisionCount = set.status.collisionCount ?? 0;
  let update = findEqualRevision(revisions, set.spec.template);
  if (!update) {
    // A set that is going makes no history: the garbage collector would take it away again at once.
    if (isBeingDeleted(set)) return undefined;
    const created = createRevision(api, set, nextRevision(revisions));
    if (!created.ok) return undefined;
    update = created.value.revision;
    collisionCount = created.value.collisionCount;
  } else if (update !== revisions.at(-1)) {
    const renumbered = api.update<ControllerRevision>({ ...update, revision: nextRevision(revisions) });
    if (renumbered.ok) update = renumbered.value;
  }
  const current = revisions.find(({ metadata }) => metadata.name === set.status.currentRevision);
  return { current: current ?? update, update, collisionCount };
}

function updatePods(
  set: StatefulSet,
  pods: readonly Pod[],
  current: ControllerRevision,
  update: ControllerRevision,
  api: ControllerApi,
): ApiError | undefined {
  const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
  const replicas = placesOf(set, pods, current, update);
  const condemned = pods
    .filter((pod) => !isInRange(set, ordinalOf(set, pod.metadata.name) ?? startOrdinal(set)))
    .sort((left, right) => (ordinalOf(set, right.metadata.name) ?? 0) - (ordinalOf(set, left.metadata.name) ?? 0));
  const firstUnavailable =
    replicas.find(({ pod }) => isUnavailable(pod, set, api.now)) ??
    condemned
      .map((pod) => ({ pod }))
      .reverse()
      .find(({ pod }) => isUnavailable(pod, set, api.now));
  const grown = runForAll(replicas, (replica) => processReplica(api, set, replica, isOrdered), isOrdered);
  if (grown.stop) return grown.error;
  releaseClaims(api, set, condemned);
  const shrunk = runForAll(
    condemned,
    (pod) => processCondemned(api, set, pod, firstUnavailable?.pod, isOrdered),
    isOrdered,
  );
  if (shrunk.stop) return shrunk.error;
  if (set.spec.updateStrategy?.type === 'OnDelete') return undefined;
  return rollPods(api, set, replicas, update.metadata.name);
}

/** One place for each ordinal: below the partition a missing pod is made from the current revision. */
function placesOf(
  set: StatefulSet,
  pods: readonly Pod[],
  current: ControllerRevision,
  update: ControllerRevision,
): Replica[] {
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod.metadata.name), pod]));
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  const start = startOrdinal(set);
  const boundary = start + (type === 'RollingUpdate' ? (rollingUpdate?.partition ?? 0) : 0);
  return Array.from({ length: set.spec.replicas ?? 1 }, (_, index) => {
    const ordinal = start + index;
    const revision = ordinal < boundary ? current : update;
    const template = revision === update ? set.spec.template : revisionTemplate(revision);
    return {
      ordinal,
      name: podName(set, ordinal),
      pod: byOrdinal.get(ordinal),
      plan: () => newPod(set, template, revision.metadata.name, ordinal),
    };
  });
}

function report(found: StatefulSet, names: Revisions, error: ApiError | undefined, api: ControllerApi): void {
  const set = api.getByKey(StatefulSet, objectKey(found.metadata.namespace, found.metadata.name)) ?? found;
  const pods = claimedPods(set, api);
  const { conditions } = set.status;
  const counted = completeRollingUpdate(set, calculateStatus(set, pods, names, api.now));
  const status = conditions ? { ...counted, conditions } : counted;
  const { runtime: before, ...rest } = set;
  const isWaiting = mustWait(before?.retry, set.metadata.generation, api.now);
  const retry = error
    ? nextRetry(before?.retry, set.metadata.generation, api.now)
    : isWaiting
      ? before?.retry
      : undefined;
  api.updateStatus<StatefulSet>(retry ? { ...rest, status, runtime: { retry } } : { ...rest, status });
  if (retry) api.requeueAt(retry.at);
  for (const pod of pods) {
    const at = podAvailableAt(pod, set.spec.minReadySeconds ?? 0);
    if (at !== undefined && at > api.now) api.requeueAt(at);
  }
}

function podKeys({ old, new: pod }: Change<Pod>, view: ClusterView): string[] | undefined {
  const keys: string[] = [];
  for (const changed of [old, pod]) {
    const owner = changed && controllerRef(changed);
    if (owner?.kind === StatefulSet.kind) keys.push(objectKey(changed?.metadata.namespace, owner.name));
  }
  if (pod && !controllerRef(pod) && !isBeingDeleted(pod) && old?.metadata !== pod.metadata) {
    for (const set of selectorsMatching(view, statefulSetsBySelector, statefulSetSelector, pod)) {
      keys.push(objectKey(set.metadata.namespace, set.metadata.name));
    }
  }
  return keys.length > 0 ? keys : undefined;
}

function revisionKeys({ old, new: revision }: Change<ControllerRevision>): string | undefined {
  const changed = revision ?? old;
  const owner = changed && controllerRef(changed);
  return owner?.kind === StatefulSet.kind ? objectKey(changed?.metadata.namespace, owner.name) : undefined;
}

/** A claim that went with its pod frees the pod's name. */
function claimKeys({ old, new: claimed }: Change<PersistentVolumeClaim>): string[] | undefined {
  if (claimed || !old) return undefined;
  return old.metadata.ownerReferences
    ?.filter(({ kind }) => kind === Pod.kind)
    .map(({ name }) => objectKey(old.metadata.namespace, name.replace(/-\d+$/, '')));
}
