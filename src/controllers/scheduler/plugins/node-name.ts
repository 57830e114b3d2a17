import { ADD } from '../cluster-events.ts';
import type { Plugin, Rejection } from '../framework.ts';

const NAME = 'NodeName';

const OTHER_NODE: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match the requested node name"],
  unresolvable: true,
};

/**
 * A pod that names its node fits nowhere else. Such a pod is bound already; the rule matters to explanations only.
 * Source: pkg/scheduler/framework/plugins/nodename.
 */
export const nodeName: Plugin = {
  name: NAME,
  filter(_state, node, { pod }) {
    const wanted = pod.pod.spec.nodeName;
    return !wanted || wanted === node.name ? undefined : OTHER_NODE;
  },
  hints: [{ resource: 'Node', actions: ADD }],
};
