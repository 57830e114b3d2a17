import type { ControllerApi } from '../../machinery/controller.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';
import type { Node } from '../node/types.ts';
import { isPodAvailable, isPodReady } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { eligibility } from './eligibility.ts';
import { byAge, isUpdated } from './pods.ts';
import type { DaemonSet, FailedPodBackOff } from './types.ts';

/** Which nodes lack a daemon and which daemons are too many. Source: daemon_controller.go (manage, podsShouldBeOnNode). */

/** What a pass of the controller has found out so far. */
export interface Changes {
  /** Names of nodes that get a pod. */
  create: string[];
  delete: Pod[];
  failedPods: Record<string, FailedPodBackOff>;
}

const FIRST_BACK_OFF_MS = SECOND_MS;
const MAX_BACK_OFF_MS = 15 * MINUTE_MS;

export function surges(set: DaemonSet): boolean {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  const surge = rollingUpdate?.maxSurge ?? 0;
  return type === 'RollingUpdate' && surge !== 0 && surge !== '0%';
}

export function checkNode(
  api: ControllerApi,
  set: DaemonSet,
  node: Node,
  pods: readonly Pod[] | undefined,
  hash: string,
  changes: Changes,
): void {
  const { shouldRun, shouldContinue } = eligibility(set.spec.template, node);
  if (shouldRun && !pods) {
    changes.create.push(node.metadata.name);
  } else if (pods && !shouldContinue) {
    changes.delete.push(...pods.filter((pod) => !isBeingDeleted(pod)));
  } else if (pods) {
    const running = pods.filter((pod) => isKept(api, set, node.metadata.name, pod, changes));
    if (running.length > 1) prune(api, set, running, hash, changes);
    else if (running.length === 0 && shouldRun && surges(set)) changes.create.push(node.metadata.name);
  }
}

/** Whether a pod counts as running; finished ones are removed, failed ones of one node ever more slowly. */
function isKept(api: ControllerApi, set: DaemonSet, nodeName: string, pod: Pod, changes: Changes): boolean {
  if (isBeingDeleted(pod)) return false;
  const { name, namespace } = pod.metadata;
  if (pod.status.phase === 'Failed') {
    const backOff = nextBackOff(api, set, nodeName, changes);
    if (!backOff) return false;
    changes.failedPods[nodeName] = backOff;
    const message = `Found failed daemon pod ${namespace}/${name} on node ${nodeName}, will try to kill it`;
    api.event(set, 'Warning', 'FailedDaemonPod', message);
    changes.delete.push(pod);
    return false;
  }
  if (pod.status.phase === 'Succeeded') {
    const message = `Found succeeded daemon pod ${namespace}/${name} on node ${nodeName}, will try to delete it`;
    api.event(set, 'Normal', 'SucceededDaemonPod', message);
    changes.delete.push(pod);
    return false;
  }
  return true;
}

/** The back-off after removing a failed pod now; undefined, and a timer, while the last one still runs. */
function nextBackOff(
  api: ControllerApi,
  set: DaemonSet,
  nodeName: string,
  changes: Changes,
): FailedPodBackOff | undefined {
  const generation = set.status.observedGeneration ?? 0;
  const last = changes.failedPods[nodeName];
  const current = last?.generation === generation ? last : undefined;
  if (current && api.now < current.at + current.delayMs) {
    api.requeueAt(current.at + current.delayMs);
    return undefined;
  }
  const isFresh = !current || api.now - current.at > 2 * MAX_BACK_OFF_MS;
  const delayMs = isFresh ? FIRST_BACK_OFF_MS : Math.min(current.delayMs * 2, MAX_BACK_OFF_MS);
  return { at: api.now, delayMs, generation };
}

/** More than one pod on a node: without surge all but the oldest go; with it an old and a new one may stand together. */
function prune(api: ControllerApi, set: DaemonSet, running: readonly Pod[], hash: string, changes: Changes): void {
  const sorted = [...running].sort(byAge);
  if (!surges(set)) {
    changes.delete.push(...sorted.slice(1));
    return;
  }
  const newest = sorted.find((pod) => isUpdated(pod, hash));
  const oldest = sorted.find((pod) => !isUpdated(pod, hash));
  changes.delete.push(...sorted.filter((pod) => pod !== newest && pod !== oldest));
  if (!newest || !oldest) return;
  const isReplaced = isPodAvailable(newest, set.spec.minReadySeconds ?? 0, api.now);
  if (!isPodReady(oldest) || isReplaced) changes.delete.push(oldest);
}
