import { toleratesTaint } from '../../../kinds/node/queries.ts';
import { UNSCHEDULABLE_TAINT, type Node } from '../../../kinds/node/types.ts';
import { ADD, UPDATE_NODE_TAINT, UPDATE_POD_TOLERATION } from '../cluster-events.ts';
import type { Plugin, Rejection } from '../framework.ts';
import type { PodInfo } from '../pod-info.ts';

const NAME = 'NodeUnschedulable';

const CORDONED: Rejection = { plugin: NAME, reasons: ['node(s) were unschedulable'], unresolvable: true };

/** Keeps pods off cordoned nodes. Source: pkg/scheduler/framework/plugins/nodeunschedulable. */
export const nodeUnschedulable: Plugin = {
  name: NAME,
  filter(_state, node, { pod }) {
    return isCordonedFor(pod, node.node) ? CORDONED : undefined;
  },
  hints: [
    {
      resource: 'Node',
      actions: ADD | UPDATE_NODE_TAINT,
      helps(_pod, event) {
        const old = event.old as Node | undefined;
        const isOpen = !(event.new as Node).spec?.unschedulable;
        return isOpen && (!old || old.spec?.unschedulable === true);
      },
    },
    { resource: 'TargetPod', actions: UPDATE_POD_TOLERATION, helps: toleratesCordon },
  ],
};

/** Whether a node is cordoned and the pod does not tolerate that. */
export function isCordonedFor(pod: PodInfo, node: Node): boolean {
  return node.spec?.unschedulable === true && !toleratesCordon(pod);
}

function toleratesCordon(pod: PodInfo): boolean {
  const taint = { key: UNSCHEDULABLE_TAINT, effect: 'NoSchedule' as const };
  return pod.pod.spec.tolerations?.some((toleration) => toleratesTaint(toleration, taint)) ?? false;
}
