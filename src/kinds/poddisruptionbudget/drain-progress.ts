import type { ClusterView } from '../../machinery/cluster-view.ts';
import { isBeingDeleted, keyOf } from '../../machinery/object.ts';
import type { DrainState, Node } from '../node/types.ts';
import type { Pod } from '../pod/types.ts';
import { evictionBlock, type EvictionBlock } from './queries.ts';

export interface DrainProgress {
  phase: DrainState['phase'];
  message: string;
  /** Pods that the drain set out to take away. */
  total: number;
  /** Of these, those that are gone. */
  gone: number;
  /** Those that are on their way out. */
  terminating: readonly Pod[];
  /** Those that stay for now, and the budget that keeps each. */
  blocked: readonly { pod: Pod; block: EvictionBlock }[];
}

/** How far the drain of a node is and which budget holds it up; undefined when the node was never drained. */
export function drainProgress(view: ClusterView, node: Node): DrainProgress | undefined {
  const drain = node.runtime?.drain;
  if (!drain) return undefined;
  const remaining = remainingPods(view, node, drain);
  const terminating = remaining.filter(isBeingDeleted);
  const blocked = remaining.flatMap((pod) => {
    const block = isBeingDeleted(pod) ? undefined : evictionBlock(view, pod);
    return block ? [{ pod, block }] : [];
  });
  const gone = drain.pods.length - remaining.length;
  const message = drain.message ?? progressText(drain, gone, blocked);
  return { phase: drain.phase, message, total: drain.pods.length, gone, terminating, blocked };
}

function progressText(drain: DrainState, gone: number, blocked: DrainProgress['blocked']): string {
  if (drain.phase === 'DRAINED') return 'drained';
  const [first] = blocked;
  const done = `${gone} of ${drain.pods.length} pods evicted`;
  if (!first) return done;
  const held = `${done}, ${blocked.length} held: ${keyOf(first.pod)}: ${first.block.message}`;
  const names = new Set(
    blocked.flatMap(({ pod, block: { budget, isForEver } }) =>
      isForEver && budget !== undefined ? [`${pod.metadata.namespace}/${budget}`] : [],
    ),
  );
  if (names.size === 0) return held;
  return `${held} (waiting does not help: ${[...names].join(', ')} allows no disruption even with all of its pods healthy)`;
}

/** The pods of a drain that are still on the node. */
export function remainingPods(view: ClusterView, node: Node, drain: DrainState): Pod[] {
  return drain.pods.flatMap((uid) => {
    const pod = view.byUid(uid) as Pod | undefined;
    return pod?.kind === 'Pod' && pod.spec.nodeName === node.metadata.name ? [pod] : [];
  });
}
