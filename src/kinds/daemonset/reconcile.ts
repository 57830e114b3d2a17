import { createPod, deletePod } from '../../controllers/replicas/pod-control.ts';
import { mustWait, nextRetry } from '../../controllers/replicas/retry.ts';
import { slowStart } from '../../controllers/replicas/slow-start.ts';
import type { ApiError } from '../../machinery/api-error.ts';
import { claim } from '../../machinery/claim.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { controllerRef, isBeingDeleted, keyOf, objectKey } from '../../machinery/object.ts';
import { orphansMatching, selectorsMatching } from '../../machinery/selector-index.ts';
import {
  claimRevisions,
  createRevision,
  findEqualRevision,
  nextRevision,
  truncateHistory,
} from '../controllerrevision/queries.ts';
import { ControllerRevision, REVISION_LABEL } from '../controllerrevision/types.ts';
import { Node } from '../node/types.ts';
import { isPodReady, isPodTerminal, podAvailableAt } from '../pod/queries.ts';
import { orphanPods, Pod } from '../pod/types.ts';
import { eligibility } from './eligibility.ts';
import { checkNode, type Changes } from './manage.ts';
import { groupByNode, isUpdated, templateFor } from './pods.ts';
import { planRollingUpdate } from './rolling.ts';
import { calculateStatus } from './status.ts';
import {
  DaemonSet,
  daemonPods,
  daemonSetSelector,
  daemonSetsBySelector,
  readyDaemonsKey,
  type DaemonSetRuntime,
} from './types.ts';

/** The most pods created or deleted in one pass (BurstReplicas of pkg/controller/daemon). */
const BURST_REPLICAS = 250;

/** Keeps one pod on each node that should have one. Source: pkg/controller/daemon/daemon_controller.go. */
export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  watches: [
    watch(DaemonSet, setKeys),
    watch(Node, nodeKeys),
    watch(Pod, podKeys),
    watch(ControllerRevision, revisionKeys),
  ],
  reconcile(key, api) {
    const [setKey = '', aspect] = key.split('\n');
    const set = api.getByKey(DaemonSet, setKey);
    if (!set || isBeingDeleted(set)) return;
    if (aspect === undefined || !countReady(set, api)) sync(set, api);
  },
};

/** What a key says when only the readiness of a pod has changed. */
const READY_ASPECT = '\nready';

/**
 * Counts the ready pods anew where that is all there is to do: every node has its pod of the newest revision. It costs
 * the same on 10 nodes and on 5,000. Answers false where a whole pass is needed.
 */
function countReady(set: DaemonSet, api: ControllerApi): boolean {
  const { status, metadata, spec } = set;
  const desired = status.desiredNumberScheduled;
  const isSettled =
    status.observedGeneration === metadata.generation &&
    status.currentNumberScheduled === desired &&
    status.updatedNumberScheduled === desired &&
    status.numberMisscheduled === 0 &&
    api.countBy(daemonPods, metadata.uid) === desired;
  if (!isSettled || (spec.minReadySeconds ?? 0) > 0) return false;
  const numberReady = api.countBy(daemonPods, readyDaemonsKey(metadata.uid));
  const numberUnavailable = desired - numberReady;
  api.updateStatus<DaemonSet>({
    ...set,
    status: { ...status, numberReady, numberAvailable: numberReady, numberUnavailable },
  });
  return true;
}

function sync(found: DaemonSet, api: ControllerApi): void {
  // Its history may be collected before its pods: nothing reliable can be said of a set that is going (syncDaemonSet).
  if (isBeingDeleted(found)) return;
  const selector = daemonSetSelector(found);
  const owned = claim(
    api,
    found,
    selector,
    ownedPods(found, api),
    orphansMatching(api, orphanPods, found.metadata.namespace, selector),
  );
  const revisions = claimRevisions(api, found, selector);
  const current = currentRevision(found, revisions, api);
  if (!current) return;
  const set = api.getByKey(DaemonSet, keyOf(found)) ?? found;
  const hash = current.metadata.labels?.[REVISION_LABEL] ?? '';
  const outcome = update(set, owned, hash, api);
  const pods = outcome.isQuiet ? owned : ownedPods(set, api);
  report(set, hash, outcome, pods, api);
  if (revisions.length <= (set.spec.revisionHistoryLimit ?? 10)) return;
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[REVISION_LABEL]));
  const isLive = ({ metadata }: ControllerRevision) =>
    metadata.name === current.metadata.name || live.has(metadata.labels?.[REVISION_LABEL]);
  truncateHistory(api, set, claimRevisions(api, set, selector), isLive);
}

function ownedPods(set: DaemonSet, view: ClusterView): Pod[] {
  return view
    .dependents(set.metadata.uid)
    .filter((object): object is Pod => object.kind === Pod.kind && controllerRef(object)?.uid === set.metadata.uid);
}

/** constructHistory: the revision of the template, made or brought to the front. */
function currentRevision(
  set: DaemonSet,
  revisions: readonly ControllerRevision[],
  api: ControllerApi,
): ControllerRevision | undefined {
  const current = findEqualRevision(revisions, set.spec.template);
  if (!current) {
    const created = createRevision(api, set, nextRevision(revisions), REVISION_LABEL);
    if (!created.ok) return undefined;
    const { revision, collisionCount } = created.value;
    if (collisionCount !== (set.status.collisionCount ?? 0)) {
      api.updateStatus<DaemonSet>({ ...set, status: { ...set.status, collisionCount } });
    }
    return revision;
  }
  if (current === revisions.at(-1)) return current;
  const renumbered = api.update<ControllerRevision>({ ...current, revision: nextRevision(revisions) });
  return renumbered.ok ? renumbered.value : current;
}

interface Outcome {
  runtime: DaemonSetRuntime;
  error?: ApiError | undefined;
  /** Nothing was created or deleted. */
  isQuiet: boolean;
}

/** Makes up what is missing and removes what is too much; only when there is nothing of that, goes on with an update. */
function update(set: DaemonSet, pods: readonly Pod[], hash: string, api: ControllerApi): Outcome {
  const { retry } = set.runtime ?? {};
  const generation = set.metadata.generation;
  if (mustWait(retry, generation, api.now)) {
    api.requeueAt(retry.at);
    return { runtime: set.runtime ?? {}, isQuiet: true };
  }
  const groups = groupByNode(pods);
  const changes: Changes = { create: [], delete: [], failedPods: { ...set.runtime?.failedPods } };
  for (const node of api.iterate(Node)) {
    checkNode(api, set, node, groups.get(node.metadata.name), hash, changes);
  }
  for (const [name, group] of groups) {
    if (api.get(Node, undefined, name)) continue;
    changes.delete.push(...group.filter((pod) => !pod.spec.nodeName && !isBeingDeleted(pod)));
  }
  let error = carryOut(set, hash, changes, api);
  let isQuiet = changes.create.length + changes.delete.length === 0;
  const isRolling = set.spec.updateStrategy?.type === 'RollingUpdate' && pods.some((pod) => !isUpdated(pod, hash));
  if (!error && isQuiet && isRolling) {
    const plan = rollingPlan(set, groups, hash, api);
    isQuiet = plan.create.length + plan.delete.length === 0;
    error = carryOut(set, hash, plan, api);
  }
  const failedPods = Object.keys(changes.failedPods).length > 0 ? { failedPods: changes.failedPods } : {};
  const runtime = error ? { ...failedPods, retry: nextRetry(retry, generation, api.now) } : failedPods;
  return { runtime, error, isQuiet };
}

function rollingPlan(set: DaemonSet, groups: Map<string, Pod[]>, hash: string, api: ControllerApi) {
  let desired = 0;
  for (const node of api.iterate(Node)) {
    if (!eligibility(set.spec.template, node).shouldRun) continue;
    desired++;
    if (!groups.has(node.metadata.name)) groups.set(node.metadata.name, []);
  }
  const node = (name: string) => api.get(Node, undefined, name);
  return planRollingUpdate({ set, hash, now: api.now, groups, node, desired });
}

/** syncNodes: at most a burst of creations, in slow-start batches, and of deletions; the rest follows when these are seen. */
function carryOut(
  set: DaemonSet,
  hash: string,
  plan: Pick<Changes, 'create' | 'delete'>,
  api: ControllerApi,
): ApiError | undefined {
  let next = 0;
  const count = Math.min(plan.create.length, BURST_REPLICAS);
  const created = slowStart(count, () => createPod(api, set, templateFor(set, hash, plan.create[next++] ?? '')));
  let error = created.error;
  for (const pod of plan.delete.slice(0, BURST_REPLICAS)) error = deletePod(api, set, pod) ?? error;
  return error;
}

function report(set: DaemonSet, hash: string, outcome: Outcome, pods: readonly Pod[], api: ControllerApi): void {
  const latest = api.getByKey(DaemonSet, keyOf(set)) ?? set;
  const status = calculateStatus(latest, api.iterate(Node), groupByNode(pods), hash, api.now);
  const { runtime: _, ...rest } = latest;
  const { runtime } = outcome;
  api.updateStatus<DaemonSet>(Object.keys(runtime).length > 0 ? { ...rest, status, runtime } : { ...rest, status });
  if (outcome.error && runtime.retry) api.requeueAt(runtime.retry.at);
  const minReadySeconds = latest.spec.minReadySeconds ?? 0;
  if (minReadySeconds === 0) return;
  for (const pod of pods) {
    const at = podAvailableAt(pod, minReadySeconds);
    if (at !== undefined && at > api.now) api.requeueAt(at);
  }
}

/** What the controller itself reports asks for nothing. */
function setKeys({ old, new: set }: Change<DaemonSet>): string | undefined {
  if (!set) return undefined;
  const isReport =
    old !== undefined &&
    old.spec === set.spec &&
    old.metadata.annotations === set.metadata.annotations &&
    old.metadata.deletionTimestamp === set.metadata.deletionTimestamp;
  return isReport ? undefined : keyOf(set);
}

/** A node concerns a DaemonSet when it makes a difference to where its pods should be. */
function nodeKeys({ old, new: node }: Change<Node>, view: ClusterView): string[] {
  const keys: string[] = [];
  const isSame =
    old &&
    node &&
    old.metadata.labels === node.metadata.labels &&
    old.spec.taints === node.spec.taints &&
    old.spec.unschedulable === node.spec.unschedulable;
  if (isSame) return keys;
  for (const set of view.iterate(DaemonSet)) {
    const before = old && eligibility(set.spec.template, old);
    const after = node && eligibility(set.spec.template, node);
    if (before !== after) keys.push(keyOf(set));
  }
  return keys;
}

function podKeys({ old, new: pod }: Change<Pod>, view: ClusterView): string[] | undefined {
  const keys: string[] = [];
  for (const changed of [old, pod]) {
    const owner = changed && controllerRef(changed);
    if (owner?.kind === DaemonSet.kind) keys.push(objectKey(changed?.metadata.namespace, owner.name));
  }
  if (old && pod && keys.length === 2 && keys[0] === keys[1] && !matters(old, pod)) {
    return isPodReady(old) === isPodReady(pod) ? undefined : [`${keys[0]}${READY_ASPECT}`];
  }
  if (pod && !controllerRef(pod) && !isBeingDeleted(pod) && old?.metadata !== pod.metadata) {
    keys.push(...selectorsMatching(view, daemonSetsBySelector, daemonSetSelector, pod).map(keyOf));
  }
  return keys.length > 0 ? keys : undefined;
}

/** Whether a change of a pod may ask for another pod, or for its end. */
function matters(old: Pod, pod: Pod): boolean {
  return (
    isPodTerminal(old) !== isPodTerminal(pod) ||
    isBeingDeleted(old) !== isBeingDeleted(pod) ||
    old.metadata.labels !== pod.metadata.labels ||
    old.metadata.ownerReferences !== pod.metadata.ownerReferences
  );
}

function revisionKeys({ old, new: revision }: Change<ControllerRevision>): string | undefined {
  const changed = revision ?? old;
  const owner = changed && controllerRef(changed);
  return owner?.kind === DaemonSet.kind ? objectKey(changed?.metadata.namespace, owner.name) : undefined;
}
