import type { INodeSelectorTerm } from 'kubernetes-models/v1/NodeSelectorTerm';
import type { IPreferredSchedulingTerm } from 'kubernetes-models/v1/PreferredSchedulingTerm';
import type { Node } from '../../../kinds/node/types.ts';
import { ADD, UPDATE_NODE_LABEL } from '../cluster-events.ts';
import { normalizeByMaximum, SKIP, type Plugin, type Rejection } from '../framework.ts';
import { matchesNodeSelectorTerm, matchesRequiredNodeAffinity } from '../../../kinds/node/selection.ts';
import type { PodInfo } from '../pod-info.ts';

const NAME = 'NodeAffinity';

const UNMATCHED: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match Pod's node affinity/selector"],
  unresolvable: true,
};

const CONFLICT: Rejection = { plugin: NAME, reasons: ['pod affinity terms conflict'], unresolvable: true };

/** nodeSelector and node affinity. Source: pkg/scheduler/framework/plugins/nodeaffinity. */
export const nodeAffinity: Plugin<undefined, readonly IPreferredSchedulingTerm[]> = {
  name: NAME,
  preFilter({ pod }) {
    const { nodeSelector, affinity } = pod.pod.spec;
    const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && nodeSelector === undefined) return SKIP;
    const nodeNames = namedNodes(required?.nodeSelectorTerms ?? []);
    if (nodeNames?.size === 0) return { kind: 'reject', rejection: CONFLICT };
    return { kind: 'state', state: undefined, nodeNames };
  },
  filter(_state, node, { pod }) {
    return matchesRequiredNodeAffinity(pod.pod, node.node) ? undefined : UNMATCHED;
  },
  preScore({ pod }) {
    return preferredTerms(pod);
  },
  score(terms, node) {
    return preferredWeight(terms, node.node);
  },
  normalize(scores) {
    normalizeByMaximum(scores, false);
  },
  hints: [
    {
      resource: 'Node',
      actions: ADD | UPDATE_NODE_LABEL,
      helps({ pod }, event) {
        const old = event.old as Node | undefined;
        return matchesRequiredNodeAffinity(pod, event.new as Node) && (!old || !matchesRequiredNodeAffinity(pod, old));
      },
    },
  ],
};

/** The nodes that required terms name by metadata.name; undefined when one of the terms names none. */
function namedNodes(terms: readonly INodeSelectorTerm[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (const term of terms) {
    let ofTerm: Set<string> | undefined;
    for (const { key, operator, values } of term.matchFields ?? []) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      const listed: Set<string> = new Set(values ?? []);
      ofTerm = ofTerm ? ofTerm.intersection(listed) : listed;
    }
    if (!ofTerm) return undefined;
    names = names ? names.union(ofTerm) : ofTerm;
  }
  return names;
}

export function preferredTerms(pod: PodInfo): readonly IPreferredSchedulingTerm[] | undefined {
  return pod.pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
}

/** The sum of the weights of the preferred terms that a node matches. */
export function preferredWeight(terms: readonly IPreferredSchedulingTerm[], node: Node): number {
  let sum = 0;
  for (const { weight, preference } of terms) if (matchesNodeSelectorTerm(preference, node)) sum += weight;
  return sum;
}
