import { toleratesTaint, type Toleration } from '../../../kinds/node/queries.ts';
import type { Node, Taint } from '../../../kinds/node/types.ts';
import { ADD, UPDATE_NODE_TAINT, UPDATE_POD_TOLERATION } from '../cluster-events.ts';
import { normalizeByMaximum, type Plugin, type Rejection } from '../framework.ts';
import type { PodInfo } from '../pod-info.ts';

const NAME = 'TaintToleration';

const UNTOLERATED: Rejection = { plugin: NAME, reasons: ['node(s) had untolerated taint(s)'], unresolvable: true };

const NO_TOLERATIONS: readonly Toleration[] = [];

/**
 * Keeps pods off nodes whose NoSchedule and NoExecute taints they do not tolerate, and prefers nodes with fewer
 * untolerated PreferNoSchedule taints. Source: pkg/scheduler/framework/plugins/tainttoleration.
 */
export const taintToleration: Plugin<undefined, readonly Toleration[]> = {
  name: NAME,
  filter(_state, node, { pod }) {
    return isTolerated(pod, node.node) ? undefined : UNTOLERATED;
  },
  preScore({ pod }) {
    return softTolerations(pod);
  },
  score(tolerations, node) {
    return countUntoleratedSoftTaints(node.node, tolerations);
  },
  normalize(scores) {
    normalizeByMaximum(scores, true);
  },
  hints: [
    {
      resource: 'Node',
      actions: ADD | UPDATE_NODE_TAINT,
      helps(pod, event) {
        const old = event.old as Node | undefined;
        return isTolerated(pod, event.new as Node) && (!old || !isTolerated(pod, old));
      },
    },
    { resource: 'TargetPod', actions: UPDATE_POD_TOLERATION },
  ],
};

/** Whether the pod tolerates every taint of the node that keeps pods off. */
export function isTolerated(pod: PodInfo, node: Node): boolean {
  const { taints } = node.spec ?? {};
  if (!taints?.length) return true;
  const tolerations = pod.pod.spec.tolerations ?? NO_TOLERATIONS;
  return taints.every((taint) => !isHard(taint) || tolerations.some((toleration) => toleratesTaint(toleration, taint)));
}

function isHard(taint: Taint): boolean {
  return taint.effect === 'NoSchedule' || taint.effect === 'NoExecute';
}

/** The tolerations that can tolerate a PreferNoSchedule taint. */
export function softTolerations(pod: PodInfo): readonly Toleration[] {
  const { tolerations } = pod.pod.spec;
  if (!tolerations?.length) return NO_TOLERATIONS;
  return tolerations.filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
}

export function countUntoleratedSoftTaints(node: Node, tolerations: readonly Toleration[]): number {
  let count = 0;
  for (const taint of node.spec?.taints ?? []) {
    if (taint.effect !== 'PreferNoSchedule') continue;
    if (!tolerations.some((toleration) => toleratesTaint(toleration, taint))) count++;
  }
  return count;
}
