import { withCondition } from '../../machinery/conditions.ts';
import { watch, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { isNodeReady } from '../../kinds/node/queries.ts';
import { Node, OUT_OF_SERVICE_TAINT } from '../../kinds/node/types.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { Pod, podsByNode, type PodCondition } from '../../kinds/pod/types.ts';
import { TERMINATED_KEY, collectTerminated } from './terminated.ts';

/** Between two rounds of the collector, which fall on whole multiples of this. */
const GC_PERIOD_MS = 20 * SECOND_MS;
/** How long a node must be missing before its pods are given up. */
const QUARANTINE_MS = 40 * SECOND_MS;

const UNSCHEDULED_PREFIX = 'unscheduled\n';

/**
 * Removes pods that nobody else will: of nodes that are gone, on nodes out of service, deleted before they were
 * scheduled, and finished ones beyond the threshold. Keys are names of nodes (with no `\n` in them), `unscheduled\n<pod>`
 * and one for the finished. Source: pkg/controller/podgc/gc_controller.go.
 */
export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector-controller',
  watches: [watch(Node, nodeKeys), watch(Pod, podKeys)],
  reconcile(key, api) {
    if (key === TERMINATED_KEY) {
      collectTerminated(api, nextRound, remove);
    } else if (key.startsWith(UNSCHEDULED_PREFIX)) {
      collectUnscheduled(key.slice(UNSCHEDULED_PREFIX.length), api);
    } else {
      const node = api.getByKey(Node, key);
      if (node) collectOutOfService(node, api);
      else collectOrphans(key, api);
    }
  },
};

/** Whether this is the time of a round; if not, asks to be woken for it. */
function nextRound(api: ControllerApi): boolean {
  const round = Math.ceil(api.now / GC_PERIOD_MS) * GC_PERIOD_MS;
  if (round === api.now) return true;
  api.requeueAt(round);
  return false;
}

function collectOrphans(nodeName: string, api: ControllerApi): void {
  for (const pod of api.by(podsByNode, nodeName)) {
    const { runtime } = pod;
    const since = runtime?.orphanedSinceMs;
    if (since === undefined) {
      api.updateStatus<Pod>({ ...pod, runtime: { ...runtime, orphanedSinceMs: api.now } });
      api.requeueAt(api.now + QUARANTINE_MS);
    } else if (api.now < since + QUARANTINE_MS) {
      api.requeueAt(since + QUARANTINE_MS);
    } else {
      remove(pod, api, {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      });
    }
  }
}

function collectOutOfService(node: Node, api: ControllerApi): void {
  if (!isOutOfService(node)) return;
  const terminating = api.by(podsByNode, node.metadata.name).filter(isBeingDeleted);
  if (terminating.length === 0 || !nextRound(api)) return;
  for (const pod of terminating) remove(pod, api);
}

function isOutOfService(node: Node): boolean {
  return !isNodeReady(node) && (node.spec.taints?.some((taint) => taint.key === OUT_OF_SERVICE_TAINT) ?? false);
}

function collectUnscheduled(key: string, api: ControllerApi): void {
  const pod = api.getByKey(Pod, key);
  if (!pod || !isBeingDeleted(pod) || pod.spec.nodeName) return;
  if (isPodTerminal(pod) || !nextRound(api)) return;
  remove(pod, api);
}

/** Marks the pod failed, if it is not finished, and deletes it without grace. */
function remove(pod: Pod, api: ControllerApi, condition?: PodCondition): void {
  let latest = pod;
  if (!isPodTerminal(pod)) {
    const conditions = condition ? withCondition(pod.status.conditions, condition, api.now) : pod.status.conditions;
    const status: Pod['status'] = { ...pod.status, phase: 'Failed' };
    if (conditions) status.conditions = conditions;
    const updated = api.updateStatus<Pod>({ ...pod, status });
    if (updated.ok) latest = updated.value;
  }
  api.delete(latest, { gracePeriodSeconds: 0 });
}

function nodeKeys({ old, new: node }: Change<Node>, view: ClusterView): string | undefined {
  const name = (node ?? old)?.metadata.name ?? '';
  if (view.countBy(podsByNode, name) === 0) return undefined;
  return !node || isOutOfService(node) ? name : undefined;
}

function podKeys({ old, new: pod }: Change<Pod>, view: ClusterView): string | undefined {
  if (!pod) return undefined;
  const name = pod.spec.nodeName;
  if (isPodTerminal(pod) && (!old || !isPodTerminal(old))) return TERMINATED_KEY;
  if (!name)
    return isBeingDeleted(pod) ? `${UNSCHEDULED_PREFIX}${pod.metadata.namespace}/${pod.metadata.name}` : undefined;
  const deleted = isBeingDeleted(pod) && (!old || !isBeingDeleted(old));
  if (!deleted && old?.spec.nodeName === name) return undefined;
  const node = view.get(Node, undefined, name);
  return !node || (deleted && isOutOfService(node)) ? name : undefined;
}
