import { withCondition } from '../../machinery/conditions.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { isBeingDeleted, keyOf, splitKey } from '../../machinery/object.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { matchingTolerations, noExecuteTaints, type Toleration } from '../../kinds/node/queries.ts';
import { Node, type PendingEviction, type Taint } from '../../kinds/node/types.ts';
import { Pod, podsByNode } from '../../kinds/pod/types.ts';

/**
 * Ends the pods that do not tolerate a node's NoExecute taints, at once or when their toleration runs out. What is
 * pending stands in the node's `runtime`, so that it outlives a restart. Keys are names of nodes.
 * Source: pkg/controller/tainteviction/taint_eviction.go.
 */
export const taintEviction: Controller = {
  name: 'taint-eviction-controller',
  watches: [watch(Node, nodeKeys), watch(Pod, podKeys)],
  reconcile(key, api) {
    const node = api.getByKey(Node, key);
    if (!node) return;
    const pending = node.runtime?.evictions ?? {};
    const taints = noExecuteTaints(node);
    if (taints.length === 0 && Object.keys(pending).length === 0) return;
    const next = taints.length === 0 ? {} : decide(api.by(podsByNode, key), taints, pending, api);
    for (const podKey in pending) {
      const entry = pending[podKey];
      // What is to go at once now was to go later: that is called off first.
      if (entry && next[podKey] !== entry) cancel(podKey, entry, api);
    }
    const kept = evictDue(next, api);
    if (!deepEqual(kept, pending)) remember(key, kept, api);
  },
};

/** Which pods are to go, and when: what is pending stays as it was planned first. */
function decide(
  pods: readonly Pod[],
  taints: readonly Taint[],
  pending: Record<string, PendingEviction>,
  api: ControllerApi,
): Record<string, PendingEviction> {
  const next: Record<string, PendingEviction> = {};
  for (const pod of pods) {
    const key = keyOf(pod);
    const planned = pending[key]?.uid === pod.metadata.uid ? pending[key] : undefined;
    if (isBeingDeleted(pod)) continue;
    const matching = matchingTolerations(taints, pod.spec.tolerations ?? []);
    const seconds = matching ? minTolerationSeconds(matching) : 0;
    if (seconds === undefined) continue;
    const fresh = { uid: pod.metadata.uid, sinceMs: api.now, dueMs: api.now + seconds * SECOND_MS };
    next[key] = matching && planned ? planned : fresh;
  }
  return next;
}

/** getMinTolerationTime: undefined when tolerated for ever. */
function minTolerationSeconds(tolerations: readonly Toleration[]): number | undefined {
  if (tolerations.length === 0) return 0;
  let min: number | undefined;
  for (const { tolerationSeconds } of tolerations) {
    if (tolerationSeconds === undefined) continue;
    if (tolerationSeconds <= 0) return 0;
    min = min === undefined ? tolerationSeconds : Math.min(min, tolerationSeconds);
  }
  return min;
}

/** Evicts whose time is up, asks to be woken for the rest, and returns that rest. */
function evictDue(planned: Record<string, PendingEviction>, api: ControllerApi): Record<string, PendingEviction> {
  const kept: Record<string, PendingEviction> = {};
  for (const key in planned) {
    const entry = planned[key];
    const pod = api.getByKey(Pod, key);
    if (!entry || !pod) continue;
    if (entry.dueMs <= api.now) {
      evict(pod, api);
    } else {
      kept[key] = entry;
      api.requeueAt(entry.dueMs);
    }
  }
  return kept;
}

function evict(pod: Pod, api: ControllerApi): void {
  api.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`);
  const condition = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  };
  const conditions = withCondition(pod.status.conditions, condition, api.now);
  const marked = api.updateStatus<Pod>({ ...pod, status: { ...pod.status, conditions } });
  api.delete(marked.ok ? marked.value : pod);
}

/** A deletion that was planned and will not be, unless the pod has begun to go for another reason. */
function cancel(key: string, entry: PendingEviction, api: ControllerApi): void {
  const pod = api.getByKey(Pod, key);
  if (pod && isBeingDeleted(pod)) return;
  const { namespace, name } = splitKey(key);
  const metadata = {
    name,
    namespace: namespace ?? 'default',
    uid: entry.uid,
    resourceVersion: '',
    creationTimestamp: '',
  };
  const regarding = pod ?? { apiVersion: Pod.apiVersion, kind: Pod.kind, metadata };
  api.event(regarding, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
}

function remember(name: string, evictions: Record<string, PendingEviction>, api: ControllerApi): void {
  const node = api.getByKey(Node, name);
  if (!node) return;
  const { evictions: _, ...runtime } = node.runtime ?? {};
  api.updateStatus<Node>({
    ...node,
    runtime: Object.keys(evictions).length > 0 ? { ...runtime, evictions } : runtime,
  });
}

function nodeKeys({ old, new: node }: Change<Node>): string | undefined {
  if (!node || (old && old.spec.taints === node.spec.taints)) return undefined;
  return noExecuteTaints(node).length > 0 || node.runtime?.evictions ? node.metadata.name : undefined;
}

function podKeys({ old, new: pod }: Change<Pod>, view: ClusterView): string | undefined {
  const name = (pod ?? old)?.spec.nodeName;
  if (!name) return undefined;
  if (
    old &&
    pod &&
    old.spec.nodeName === name &&
    old.spec.tolerations === pod.spec.tolerations &&
    isBeingDeleted(old) === isBeingDeleted(pod)
  ) {
    return undefined;
  }
  const node = view.get(Node, undefined, name);
  return node && (node.runtime?.evictions || noExecuteTaints(node).length > 0) ? name : undefined;
}
