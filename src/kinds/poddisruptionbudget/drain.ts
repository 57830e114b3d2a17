import {
  watch,
  watchSelf,
  type Change,
  type Controller,
  type ControllerApi,
  type ObjectApi,
} from '../../machinery/controller.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { formatDuration, SECOND_MS } from '../../machinery/time.ts';
import { drainingNodes, DRAINING, Node, type DrainState } from '../node/types.ts';
import { Pod } from '../pod/types.ts';
import { remainingPods } from './drain-progress.ts';
import { evict } from './evict.ts';
import { evictionBlock } from './queries.ts';
import { PodDisruptionBudget } from './types.ts';

/** kubectl drain asks again every 5 s where a budget refused. */
export const EVICTION_RETRY_MS = 5 * SECOND_MS;

/**
 * Carries a drain on until its pods are gone or its time is up. Where a budget refuses it asks again at a whole multiple
 * of 5 s after the start, but only when the budget or a pod has changed: a drain that is blocked for ever costs nothing.
 * Keys are names of nodes. Source: k8s.io/kubectl/pkg/drain/drain.go (evictPods).
 */
export const drainController: Controller = {
  name: 'drain',
  watches: [watchSelf(Node), watch(Pod, podKeys), watch(PodDisruptionBudget, budgetKeys)],
  reconcile(key, api) {
    const node = api.getByKey(Node, key);
    const drain = node?.runtime?.drain;
    if (!node || drain?.phase !== 'DRAINING') return;
    const failure = evictWhatMayGo(node, drain, api);
    const remaining = remainingPods(api, node, drain);
    if (failure !== undefined) {
      finish(key, { ...drain, phase: 'FAILED', message: failure }, api);
    } else if (remaining.length === 0) {
      finish(key, { ...drain, phase: 'DRAINED' }, api);
    } else if (drain.deadline !== undefined && api.now >= drain.deadline) {
      finish(key, { ...drain, phase: 'FAILED', message: timeoutText(remaining, drain) }, api);
    } else if (drain.deadline !== undefined) {
      api.requeueAt(drain.deadline);
    }
  },
};

/** Evicts at the right moments; returns the sentence of a refusal that asking again would not change. */
function evictWhatMayGo(node: Node, drain: DrainState, api: ControllerApi): string | undefined {
  const waiting = remainingPods(api, node, drain).filter((pod) => !isBeingDeleted(pod));
  const possible = waiting.filter((pod) => {
    const block = evictionBlock(api, pod);
    return block?.budget === undefined;
  });
  if (possible.length === 0) return undefined;
  const sinceLast = (api.now - drain.startedAt) % EVICTION_RETRY_MS;
  if (sinceLast !== 0) {
    api.requeueAt(api.now - sinceLast + EVICTION_RETRY_MS);
    return undefined;
  }
  return evictAll(possible, drain, api);
}

/** Evicts pods one after the other as far as their budgets allow. */
export function evictAll(pods: readonly Pod[], drain: DrainState, api: ObjectApi): string | undefined {
  const { gracePeriodSeconds } = drain;
  const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
  for (const pod of pods) {
    const result = drain.disableEviction ? api.delete(pod, options) : evict(pod, options, api);
    if (result.ok || result.error.reason === 'TooManyRequests' || result.error.reason === 'NotFound') continue;
    const { name, namespace } = pod.metadata;
    return `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}: ${result.error.message}`;
  }
  return undefined;
}

function timeoutText(remaining: readonly Pod[], drain: DrainState): string {
  const timeout = formatDuration((drain.deadline ?? drain.startedAt) - drain.startedAt);
  const texts = remaining.map(({ metadata }) => {
    const name = JSON.stringify(metadata.name);
    const namespace = JSON.stringify(metadata.namespace);
    return metadata.deletionTimestamp === undefined
      ? `error when evicting pods/${name} -n ${namespace}: global timeout reached: ${timeout}`
      : `error when waiting for pod ${name} in namespace ${namespace} to terminate: global timeout reached: ${timeout}`;
  });
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

function finish(name: string, drain: DrainState, api: ControllerApi): void {
  const node = api.getByKey(Node, name);
  if (node) api.updateStatus<Node>({ ...node, runtime: { ...node.runtime, drain } });
}

function podKeys({ old, new: pod }: Change<Pod>, view: ClusterView): string | undefined {
  const name = (pod ?? old)?.spec.nodeName;
  if (!name || view.countBy(drainingNodes, DRAINING) === 0) return undefined;
  const node = view.get(Node, undefined, name);
  return node?.runtime?.drain?.phase === 'DRAINING' ? name : undefined;
}

function budgetKeys(_change: Change<PodDisruptionBudget>, view: ClusterView): string[] {
  return view.by(drainingNodes, DRAINING).map((node) => node.metadata.name);
}
