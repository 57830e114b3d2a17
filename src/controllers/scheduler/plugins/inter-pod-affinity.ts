import { Namespace } from '../../../kinds/namespace/types.ts';
import type { Node } from '../../../kinds/node/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { termMatches, type AffinityTerm, type NamespaceLabels } from '../affinity-terms.ts';
import {
  ADD,
  DELETE,
  UPDATE,
  UPDATE_NODE_LABEL,
  UPDATE_POD_LABEL,
  type ClusterEvent,
  type HintContext,
} from '../cluster-events.ts';
import { MAX_NODE_SCORE, SKIP, type Cycle, type Plugin, type Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { PodInfo } from '../pod-info.ts';

const NAME = 'InterPodAffinity';

const AFFINITY_UNMET: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match pod affinity rules"],
  unresolvable: true,
};

const ANTI_AFFINITY_UNMET: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match pod anti-affinity rules"],
  unresolvable: false,
};

const EXISTING_ANTI_AFFINITY_UNMET: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  unresolvable: false,
};

/** Numbers by topology key and value. A count of 0 is taken out. */
export class TopologyCounts {
  readonly keys = new Map<string, Map<string, number>>();

  get isEmpty(): boolean {
    return this.keys.size === 0;
  }

  get(key: string, value: string): number {
    return this.keys.get(key)?.get(value) ?? 0;
  }

  /** Adds for the domain that a node is in; nothing when it is in none. */
  add(key: string, node: Node, amount: number): void {
    const value = node.metadata.labels?.[key];
    if (value === undefined) return;
    let counts = this.keys.get(key);
    if (!counts) {
      counts = new Map();
      this.keys.set(key, counts);
    }
    const sum = (counts.get(value) ?? 0) + amount;
    if (sum !== 0) counts.set(value, sum);
    else counts.delete(value);
    if (counts.size === 0) this.keys.delete(key);
  }

  clone(): TopologyCounts {
    const copy = new TopologyCounts();
    for (const [key, counts] of this.keys) copy.keys.set(key, new Map(counts));
    return copy;
  }
}

interface AffinityState {
  /** Pods whose required anti-affinity this pod falls under. */
  readonly existingAntiAffinity: TopologyCounts;
  /** Pods that match every required affinity term of this pod. */
  readonly affinity: TopologyCounts;
  /** Pods that match a required anti-affinity term of this pod. */
  readonly antiAffinity: TopologyCounts;
}

/** Pods near or far from other pods, and the other way round. Source: pkg/scheduler/framework/plugins/interpodaffinity. */
export const interPodAffinity: Plugin<AffinityState, TopologyCounts> = {
  name: NAME,
  preFilter(cycle) {
    const state = countPods(cycle);
    const { requiredAffinity, requiredAntiAffinity } = cycle.pod;
    const isFree = requiredAffinity.length === 0 && requiredAntiAffinity.length === 0;
    return isFree && state.existingAntiAffinity.isEmpty ? SKIP : { kind: 'state', state };
  },
  filter({ existingAntiAffinity, affinity, antiAffinity }, { node }, { pod, namespaceLabels }) {
    if (!meetsAffinity(pod, node, affinity, namespaceLabels)) return AFFINITY_UNMET;
    if (!meetsAntiAffinity(pod, node, antiAffinity)) return ANTI_AFFINITY_UNMET;
    return hasAny(existingAntiAffinity, node) ? EXISTING_ANTI_AFFINITY_UNMET : undefined;
  },
  addPod: (state, other, { node }, cycle) => countPod(state, cycle, other, node, 1),
  removePod: (state, other, { node }, cycle) => countPod(state, cycle, other, node, -1),
  cloneState: ({ existingAntiAffinity, affinity, antiAffinity }) => ({
    existingAntiAffinity: existingAntiAffinity.clone(),
    affinity: affinity.clone(),
    antiAffinity: antiAffinity.clone(),
  }),
  preScore(cycle) {
    const sums = new TopologyCounts();
    for (const { info, pods } of podsToWeigh(cycle)) {
      for (const other of pods) weigh(sums, cycle.pod, other, info.node, 1, cycle);
    }
    return sums.isEmpty ? undefined : sums;
  },
  score(sums, { node }) {
    return topologySum(sums, node);
  },
  normalize(scores) {
    const highest = scores.reduce((most, score) => Math.max(most, score), Number.MIN_SAFE_INTEGER);
    const lowest = scores.reduce((least, score) => Math.min(least, score), Number.MAX_SAFE_INTEGER);
    for (const [index, score] of scores.entries()) scores[index] = normalizedSum(score, lowest, highest);
  },
  hints: [
    { resource: 'AssignedPod', actions: ADD | UPDATE_POD_LABEL | DELETE, helps: isAffinityChanged },
    { resource: 'TargetPod', actions: UPDATE_POD_LABEL },
    { resource: 'Node', actions: ADD | UPDATE_NODE_LABEL, helps: isTopologyChanged },
    // Upstream leaves this to the regular look at pods that wait for long.
    { resource: Namespace.key, actions: ADD | UPDATE, helps: isNamespaceChanged },
  ],
};

function countPods(cycle: Cycle): AffinityState {
  const { pod, snapshot } = cycle;
  const state = {
    existingAntiAffinity: new TopologyCounts(),
    affinity: new TopologyCounts(),
    antiAffinity: new TopologyCounts(),
  };
  if (pod.requiredAffinity.length > 0 || pod.requiredAntiAffinity.length > 0) {
    for (const info of snapshot.nodes.values()) {
      for (const other of info.pods.values()) countPod(state, cycle, other, info.node, 1);
    }
    return state;
  }
  for (const info of snapshot.withRequiredAntiAffinity) {
    for (const other of info.podsWithRequiredAntiAffinity.values()) countPod(state, cycle, other, info.node, 1);
  }
  return state;
}

function countPod(
  state: AffinityState,
  { pod, namespaceLabels }: Pick<Cycle, 'pod' | 'namespaceLabels'>,
  other: PodInfo,
  node: Node,
  sign: 1 | -1,
): void {
  for (const term of other.requiredAntiAffinity) {
    if (termMatches(term, pod.pod, namespaceLabels)) state.existingAntiAffinity.add(term.topologyKey, node, sign);
  }
  if (matchesAll(pod.requiredAffinity, other.pod, namespaceLabels)) {
    for (const { topologyKey } of pod.requiredAffinity) state.affinity.add(topologyKey, node, sign);
  }
  for (const term of pod.requiredAntiAffinity) {
    if (termMatches(term, other.pod, namespaceLabels)) state.antiAffinity.add(term.topologyKey, node, sign);
  }
}

/** podMatchesAllAffinityTerms: no terms match nothing. */
export function matchesAll(terms: readonly AffinityTerm[], pod: Pod, namespaceLabels: NamespaceLabels): boolean {
  return terms.length > 0 && terms.every((term) => termMatches(term, pod, namespaceLabels));
}

function meetsAffinity(pod: PodInfo, node: Node, counts: TopologyCounts, namespaceLabels: NamespaceLabels): boolean {
  let isNear = true;
  for (const { topologyKey } of pod.requiredAffinity) {
    const value = node.metadata.labels?.[topologyKey];
    if (value === undefined) return false;
    if (counts.get(topologyKey, value) <= 0) isNear = false;
  }
  // The first of a series of pods that want to be near each other has nobody to be near to yet.
  return isNear || (counts.isEmpty && matchesAll(pod.requiredAffinity, pod.pod, namespaceLabels));
}

function meetsAntiAffinity(pod: PodInfo, node: Node, counts: TopologyCounts): boolean {
  return pod.requiredAntiAffinity.every(({ topologyKey }) => {
    const value = node.metadata.labels?.[topologyKey];
    return value === undefined || counts.get(topologyKey, value) <= 0;
  });
}

/** Whether a node is in any of the domains that are counted. */
function hasAny(counts: TopologyCounts, node: Node): boolean {
  for (const [key, values] of counts.keys) {
    const value = node.metadata.labels?.[key];
    if (value !== undefined && (values.get(value) ?? 0) > 0) return true;
  }
  return false;
}

/** All pods when this one has preferences, else only those that have affinity of their own. */
function* podsToWeigh({ pod, snapshot }: Cycle): Iterable<{ info: NodeInfo; pods: Iterable<PodInfo> }> {
  if (pod.preferredAffinity.length > 0 || pod.preferredAntiAffinity.length > 0) {
    for (const info of snapshot.nodes.values()) yield { info, pods: info.pods.values() };
    return;
  }
  for (const info of snapshot.withAffinity) yield { info, pods: info.podsWithAffinity.values() };
}

/** Adds what `other`, being on `node`, makes of that node's domains for `pod`: its preferences, and the other's. */
export function weigh(
  sums: TopologyCounts,
  pod: PodInfo,
  other: PodInfo,
  node: Node,
  sign: 1 | -1,
  { namespaceLabels, settings }: Pick<Cycle, 'namespaceLabels' | 'settings'>,
): void {
  const add = (term: AffinityTerm, subject: Pod, weight: number) => {
    if (termMatches(term, subject, namespaceLabels)) sums.add(term.topologyKey, node, sign * weight);
  };
  for (const term of pod.preferredAffinity) add(term, other.pod, term.weight);
  for (const term of pod.preferredAntiAffinity) add(term, other.pod, -term.weight);
  const hardWeight = settings.schedulerHardPodAffinityWeight;
  if (hardWeight > 0) for (const term of other.requiredAffinity) add(term, pod.pod, hardWeight);
  for (const term of other.preferredAffinity) add(term, pod.pod, term.weight);
  for (const term of other.preferredAntiAffinity) add(term, pod.pod, -term.weight);
}

export function topologySum(sums: TopologyCounts, node: Node): number {
  let sum = 0;
  for (const [key, values] of sums.keys) {
    const value = node.metadata.labels?.[key];
    if (value !== undefined) sum += values.get(value) ?? 0;
  }
  return sum;
}

/** 0 for the least sum there is, 100 for the greatest. */
export function normalizedSum(sum: number, lowest: number, highest: number): number {
  const range = highest - lowest;
  return range > 0 ? Math.trunc(MAX_NODE_SCORE * ((sum - lowest) / range)) : 0;
}

/** Whether a bound pod came near, or one that was in the way went. */
function isAffinityChanged(pod: PodInfo, event: ClusterEvent, { namespaceLabels }: HintContext): boolean {
  const old = event.old as Pod | undefined;
  const current = event.new as Pod | undefined;
  const isNear = (other: Pod | undefined) =>
    other !== undefined && matchesAll(pod.requiredAffinity, other, namespaceLabels);
  const isInTheWay = (other: Pod | undefined) =>
    other !== undefined &&
    (pod.requiredAntiAffinity.some((term) => termMatches(term, other, namespaceLabels)) ||
      new PodInfo(other).requiredAntiAffinity.some((term) => termMatches(term, pod.pod, namespaceLabels)));
  if (!isNear(old) && isNear(current)) return true;
  // Once none of its like is left, the pod may be the first of them again.
  if (isNear(old) && !isNear(current) && isNear(pod.pod)) return true;
  return isInTheWay(old) && !isInTheWay(current);
}

function isNamespaceChanged(
  { namespace, requiredAffinity, requiredAntiAffinity }: PodInfo,
  event: ClusterEvent,
): boolean {
  if (event.new?.metadata.name === namespace) return true;
  return [...requiredAffinity, ...requiredAntiAffinity].some(
    ({ namespaceSelector }) => !namespaceSelector.matchesNothing,
  );
}

function isTopologyChanged(pod: PodInfo, event: ClusterEvent): boolean {
  const old = (event.old as Node | undefined)?.metadata.labels;
  const current = (event.new as Node).metadata.labels;
  const isNew = event.old === undefined;
  const attracted = pod.requiredAffinity.some(({ topologyKey }) => {
    const value = current?.[topologyKey];
    return value !== undefined && (isNew || old?.[topologyKey] !== value);
  });
  // A pod that was refused for somebody else's anti-affinity has no terms of its own; a new node may be free of it.
  const repelled = pod.requiredAntiAffinity.some(({ topologyKey }) => {
    const value = old?.[topologyKey];
    return isNew || (value !== undefined && value !== current?.[topologyKey]);
  });
  return attracted || repelled || (isNew && pod.requiredAffinity.length === 0);
}
