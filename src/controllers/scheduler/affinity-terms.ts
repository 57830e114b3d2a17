import type { IPodAffinityTerm } from 'kubernetes-models/v1/PodAffinityTerm';
import type { IWeightedPodAffinityTerm } from 'kubernetes-models/v1/WeightedPodAffinityTerm';
import type { Pod } from '../../kinds/pod/types.ts';
import type { StringMap } from '../../machinery/object.ts';
import { fromLabelSelector, matches, type Selector } from '../../machinery/selector.ts';

/**
 * A parsed term of pod affinity: which pods it speaks of, and the topology within which it does.
 * Source: pkg/scheduler/framework/types.go (AffinityTerm).
 */
export interface AffinityTerm {
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: Selector;
  readonly selector: Selector;
  readonly topologyKey: string;
}

export interface WeightedAffinityTerm extends AffinityTerm {
  readonly weight: number;
}

/** Gives the labels of a namespace; undefined when it is not there. */
export type NamespaceLabels = (namespace: string) => StringMap | undefined;

const NO_TERMS: readonly never[] = [];

export function parseTerms(pod: Pod, terms: readonly IPodAffinityTerm[] | undefined): readonly AffinityTerm[] {
  return terms?.length ? terms.map((term) => parseTerm(pod, term)) : NO_TERMS;
}

export function parseWeightedTerms(
  pod: Pod,
  terms: readonly IWeightedPodAffinityTerm[] | undefined,
): readonly WeightedAffinityTerm[] {
  if (!terms?.length) return NO_TERMS;
  return terms.map(({ weight, podAffinityTerm }) => ({ ...parseTerm(pod, podAffinityTerm), weight }));
}

function parseTerm(pod: Pod, term: IPodAffinityTerm): AffinityTerm {
  const own = pod.metadata.namespace ?? '';
  const named = term.namespaces ?? [];
  const namespaces = named.length === 0 && !term.namespaceSelector ? [own] : named;
  return {
    namespaces: new Set(namespaces),
    namespaceSelector: fromLabelSelector(term.namespaceSelector),
    selector: withLabelKeys(
      fromLabelSelector(term.labelSelector),
      pod.metadata.labels,
      term.matchLabelKeys,
      term.mismatchLabelKeys,
    ),
    topologyKey: term.topologyKey,
  };
}

/** matchLabelKeys and mismatchLabelKeys: the pod's own value of each key must, or must not, be the other's. */
export function withLabelKeys(
  selector: Selector,
  labels: StringMap | undefined,
  matchKeys: readonly string[] | undefined,
  mismatchKeys?: readonly string[],
): Selector {
  if (selector.matchesNothing || (!matchKeys?.length && !mismatchKeys?.length)) return selector;
  const requirements = [...selector.requirements];
  for (const key of matchKeys ?? []) {
    const value = labels?.[key];
    if (value !== undefined) requirements.push({ key, operator: 'In', values: [value] });
  }
  for (const key of mismatchKeys ?? []) {
    const value = labels?.[key];
    if (value !== undefined) requirements.push({ key, operator: 'NotIn', values: [value] });
  }
  return { requirements };
}

/** AffinityTerm.Matches */
export function termMatches(term: AffinityTerm, pod: Pod, namespaceLabels: NamespaceLabels): boolean {
  const namespace = pod.metadata.namespace ?? '';
  const inNamespace =
    term.namespaces.has(namespace) ||
    (!term.namespaceSelector.matchesNothing && matches(term.namespaceSelector, namespaceLabels(namespace)));
  return inNamespace && matches(term.selector, pod.metadata.labels);
}
