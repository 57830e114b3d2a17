import { isPodActive, isPodTerminal, podCondition, selectPods } from '../../kinds/pod/queries.ts';
import { Pod, orphanPods } from '../../kinds/pod/types.ts';
import { claim } from '../../machinery/claim.ts';
import type { ClusterView, Index } from '../../machinery/cluster-view.ts';
import { watch, watchSelf, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { Kind } from '../../machinery/kind.ts';
import { controllerRef, isBeingDeleted, objectKey } from '../../machinery/object.ts';
import { orphansMatching, selectorsMatching } from '../../machinery/selector-index.ts';
import { matches, type Selector } from '../../machinery/selector.ts';
import { createPod, deletePod } from './pod-control.ts';
import { podsToDelete } from './ranking.ts';
import { mustWait, nextRetry } from './retry.ts';
import { slowStart } from './slow-start.ts';
import { calculateStatus, type ManageOutcome } from './status.ts';
import type { ReplicaOwner, ReplicaRuntime } from './types.ts';

/** The most pods created or deleted in one pass (pkg/controller/replicaset: BurstReplicas). */
const BURST_REPLICAS = 500;

/** How one of the two kinds differs from the other. */
export interface ReplicaControllerOptions<T extends ReplicaOwner> {
  /** The component's name, the source of its events. */
  name: string;
  kind: Kind<T>;
  /** The kind's index by selector (see machinery/selector-index.ts). */
  bySelector: Index<T>;
  selectorOf: (owner: T) => Selector;
  /** The other members of the owner's family (the ReplicaSets of one Deployment), the owner included. */
  familyOf: (view: ClusterView, owner: T) => readonly T[];
  countsTerminating: boolean;
}

/**
 * Keeps the number of pods that match a selector at what the spec asks for: adopts and releases, creates in slow-start
 * batches, deletes by rank, and reports. Source: pkg/controller/replicaset/replica_set.go.
 */
export function replicaController<T extends ReplicaOwner>(options: ReplicaControllerOptions<T>): Controller {
  return {
    name: options.name,
    watches: [watchSelf(options.kind), watch(Pod, (change, view) => ownersToWake(options, change, view))],
    reconcile: (key, api) => reconcile(options, key, api),
  };
}

/** addPod, updatePod, deletePod: the controllers, old and new, of a pod; for an orphan, everyone who might adopt it. */
function ownersToWake<T extends ReplicaOwner>(
  options: ReplicaControllerOptions<T>,
  { old, new: current }: Change<Pod>,
  view: ClusterView,
): string | string[] | undefined {
  const oldKey = old && ownerKey(options.kind, old);
  if (!current) return oldKey;
  const key = ownerKey(options.kind, current);
  if (key !== undefined && key === oldKey && old && countsAlike(old, current)) return undefined;
  if (key !== undefined) return oldKey === undefined || oldKey === key ? key : [key, oldKey];
  if (controllerRef(current) || isBeingDeleted(current)) return oldKey;
  const sameClaims =
    old?.metadata.labels === current.metadata.labels &&
    old?.metadata.ownerReferences === current.metadata.ownerReferences;
  if (sameClaims) return oldKey;
  const keys = selectorsMatching(view, options.bySelector, options.selectorOf, current).map((owner) =>
    objectKey(owner.metadata.namespace, owner.metadata.name),
  );
  return oldKey === undefined ? keys : [oldKey, ...keys];
}

/** Whether an owner that reconciled the old version of a pod finds nothing new in this one. */
function countsAlike(old: Pod, current: Pod): boolean {
  if (old.metadata.uid !== current.metadata.uid) return false;
  if (old.metadata.labels !== current.metadata.labels) return false;
  if (old.metadata.ownerReferences !== current.metadata.ownerReferences) return false;
  if (old.metadata.deletionTimestamp !== current.metadata.deletionTimestamp) return false;
  if (old.status === current.status) return true;
  if (old.status.phase !== current.status.phase && isPodTerminal(old) !== isPodTerminal(current)) return false;
  const was = podCondition(old, 'Ready');
  const is = podCondition(current, 'Ready');
  return was?.status === is?.status && was?.lastTransitionTime === is?.lastTransitionTime;
}

function ownerKey(kind: Kind, pod: Pod): string | undefined {
  const reference = controllerRef(pod);
  return reference?.kind === kind.kind ? objectKey(pod.metadata.namespace, reference.name) : undefined;
}

function reconcile<T extends ReplicaOwner>(
  options: ReplicaControllerOptions<T>,
  key: string,
  api: ControllerApi,
): void {
  const owner = api.getByKey(options.kind, key);
  if (!owner) return;
  const selector = options.selectorOf(owner);
  const owned = ownedPods(api, owner);
  const orphans = orphansMatching(api, orphanPods, owner.metadata.namespace, selector);
  const active = claim(api, owner, selector, owned.filter(isPodActive), orphans.filter(isPodActive));
  const outcome = isBeingDeleted(owner) ? 'done' : manageReplicas(options, owner, active, api);
  const terminating = options.countsTerminating
    ? owned.filter((pod) => isTerminating(pod) && matches(selector, pod.metadata.labels))
    : undefined;
  const { status, nextAvailableAt } = calculateStatus(owner, { active, terminating }, outcome, api.now);
  const runtime = nextRuntime(owner, outcome, api.now);
  const { runtime: _old, ...rest } = owner;
  api.updateStatus<ReplicaOwner>(runtime ? { ...rest, status, runtime } : { ...rest, status });
  if (nextAvailableAt !== undefined) api.requeueAt(nextAvailableAt);
  if (runtime?.retry) api.requeueAt(runtime.retry.at, { background: true });
}

function ownedPods(view: ClusterView, owner: ReplicaOwner): Pod[] {
  return view
    .dependents(owner.metadata.uid)
    .filter(
      (object): object is Pod =>
        object.kind === 'Pod' && object.apiVersion === 'v1' && controllerRef(object)?.uid === owner.metadata.uid,
    );
}

/** controller.IsPodTerminating: on its way out and not ended yet. */
function isTerminating(pod: Pod): boolean {
  return isBeingDeleted(pod) && !isPodTerminal(pod);
}

/** Creates what is missing or deletes what is too much, at most a burst of it; the writes wake this key again. */
function manageReplicas<T extends ReplicaOwner>(
  options: ReplicaControllerOptions<T>,
  owner: T,
  active: readonly Pod[],
  api: ControllerApi,
): ManageOutcome {
  const difference = active.length - (owner.spec.replicas ?? 1);
  if (difference === 0) return 'done';
  if (isWaiting(owner, active.length, api.now)) return 'waiting';
  const count = Math.min(Math.abs(difference), BURST_REPLICAS);
  const error =
    difference < 0
      ? slowStart(count, () => createPod(api, owner, owner.spec.template)).error
      : deletePods(options, owner, active, count, api);
  return error ? { error } : 'done';
}

function deletePods<T extends ReplicaOwner>(
  options: ReplicaControllerOptions<T>,
  owner: T,
  active: readonly Pod[],
  count: number,
  api: ControllerApi,
): ReturnType<typeof deletePod> {
  const related = relatedPods(options, owner, api);
  let error: ReturnType<typeof deletePod>;
  for (const pod of podsToDelete(active, related, count, api.now)) error = deletePod(api, owner, pod) ?? error;
  return error;
}

/** getIndirectlyRelatedPods: every pod that a member of the family selects, once. */
function relatedPods<T extends ReplicaOwner>(options: ReplicaControllerOptions<T>, owner: T, view: ClusterView): Pod[] {
  const related = new Map<string, Pod>();
  for (const member of options.familyOf(view, owner)) {
    for (const pod of selectPods(view, member.metadata.namespace ?? '', options.selectorOf(member))) {
      related.set(pod.metadata.uid, pod);
    }
  }
  return [...related.values()];
}

/** Whether the last refusal is too fresh to ask again: nothing has changed since, and its time has not come. */
function isWaiting({ metadata, status, runtime }: ReplicaOwner, activeCount: number, now: number): boolean {
  return mustWait(runtime?.retry, metadata.generation, now) && status.replicas === activeCount;
}

function nextRuntime(
  { metadata, runtime }: ReplicaOwner,
  outcome: ManageOutcome,
  now: number,
): ReplicaRuntime | undefined {
  if (outcome === 'waiting') return runtime;
  return outcome === 'done' ? undefined : { retry: nextRetry(runtime?.retry, metadata.generation, now) };
}
