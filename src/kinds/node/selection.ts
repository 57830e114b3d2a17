import type { INodeSelectorTerm } from 'kubernetes-models/v1/NodeSelectorTerm';
import type { Node } from './types.ts';
import type { Pod } from '../pod/types.ts';
import { matchesRequirement } from '../../machinery/selector.ts';

/**
 * nodeSelector and node affinity terms.
 * Source: component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go.
 */

/** One term: all of its expressions and fields. An empty term matches nothing. */
export function matchesNodeSelectorTerm(term: INodeSelectorTerm, node: Node): boolean {
  const { matchExpressions, matchFields } = term;
  if (!matchExpressions?.length && !matchFields?.length) return false;
  for (const { key, operator, values } of matchExpressions ?? []) {
    const requirement = { key, operator: operator, values: values ?? [] };
    if (!matchesRequirement(requirement, node.metadata.labels)) return false;
  }
  for (const { key, operator, values } of matchFields ?? []) {
    if (key !== 'metadata.name' || values?.length !== 1) return false;
    const isNamed = values[0] === node.metadata.name;
    if (operator === 'In' ? !isNamed : operator !== 'NotIn' || isNamed) return false;
  }
  return true;
}

/** nodeaffinity.GetRequiredNodeAffinity(pod).Match(node): the nodeSelector and one of the required terms. */
export function matchesRequiredNodeAffinity(pod: Pod, node: Node): boolean {
  const { nodeSelector, affinity } = pod.spec;
  const labels = node.metadata.labels;
  for (const key in nodeSelector) if (labels?.[key] !== nodeSelector[key]) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node));
}
