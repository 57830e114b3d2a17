import { HOSTNAME_LABEL, type Node } from '../../../kinds/node/types.ts';
import type { Pod } from '../../../kinds/pod/types.ts';
import { deepEqual } from '../../../machinery/equality.ts';
import { matches } from '../../../machinery/selector.ts';
import {
  ADD,
  DELETE,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_POD_LABEL,
  UPDATE_POD_TOLERATION,
  type ClusterEvent,
} from '../cluster-events.ts';
import { MAX_NODE_SCORE, SKIP, type Cycle, type Plugin, type Rejection } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import {
  countMatching,
  hardConstraints,
  hasAllTopologies,
  isIncluded,
  softConstraints,
  type SpreadConstraint,
} from '../topology-constraints.ts';

const NAME = 'PodTopologySpread';

const SKEWED: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match pod topology spread constraints"],
  unresolvable: false,
};

const UNLABELLED: Rejection = {
  plugin: NAME,
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  unresolvable: true,
};

/** One hard constraint with the number of matching pods in each eligible domain. */
interface SpreadCount {
  readonly constraint: SpreadConstraint;
  readonly counts: Map<string, number>;
}

/** The soft constraints, with what the feasible nodes make of them. */
export interface SpreadScore {
  readonly constraints: readonly SpreadConstraint[];
  /** Matching pods by domain, for each constraint; empty for the host name, which is counted on the node itself. */
  readonly counts: readonly Map<string, number>[];
  readonly weights: readonly number[];
  /** Nodes that lack a topology and get no score. */
  readonly ignored: ReadonlySet<string>;
}

/** Spreads pods over topology domains. Source: pkg/scheduler/framework/plugins/podtopologyspread. */
export const podTopologySpread: Plugin<readonly SpreadCount[], SpreadScore> = {
  name: NAME,
  preFilter(cycle) {
    const constraints = hardConstraints(cycle.pod);
    return constraints.length === 0 ? SKIP : { kind: 'state', state: countPods(constraints, cycle) };
  },
  filter(state, node, { pod }) {
    for (const count of state) {
      const { constraint } = count;
      const domain = node.node.metadata.labels?.[constraint.topologyKey];
      if (domain === undefined) return UNLABELLED;
      const self = matches(constraint.selector, pod.pod.metadata.labels) ? 1 : 0;
      if (isSkewed(constraint, count.counts.get(domain) ?? 0, self, globalMinimum(count))) return SKEWED;
    }
    return undefined;
  },
  addPod: (state, other, node, { pod }) => countPod(state, pod, other, node, 1),
  removePod: (state, other, node, { pod }) => countPod(state, pod, other, node, -1),
  cloneState: (state) => state.map(({ constraint, counts }) => ({ constraint, counts: new Map(counts) })),
  preScore: (cycle, nodes) => prepareScore(cycle, nodes),
  score: (state, node, { pod }) => scoreNode(state, node, pod),
  normalize(scores, nodes, { ignored }) {
    const scored = scores.filter((_score, index) => !ignored.has(nodes[index]?.name ?? ''));
    const highest = scored.reduce((most, score) => Math.max(most, score), 0);
    const lowest = scored.reduce((least, score) => Math.min(least, score), Number.MAX_SAFE_INTEGER);
    for (const [index, score] of scores.entries()) {
      scores[index] = ignored.has(nodes[index]?.name ?? '') ? 0 : normalizedSpread(score, lowest, highest);
    }
  },
  hints: [
    { resource: 'AssignedPod', actions: ADD | UPDATE_POD_LABEL | DELETE, helps: isSpreadChanged },
    {
      resource: 'TargetPod',
      actions: UPDATE_POD_LABEL | UPDATE_POD_TOLERATION,
      helps: (pod, event) =>
        event.action === UPDATE_POD_TOLERATION
          ? hardConstraints(pod).some(({ honorsTaints }) => honorsTaints)
          : isSpreadChanged(pod, event),
    },
    {
      resource: 'Node',
      actions: ADD | DELETE | UPDATE_NODE_LABEL | UPDATE_NODE_TAINT,
      helps: isTopologyChanged,
    },
  ],
};

export function isSkewed(constraint: SpreadConstraint, count: number, self: number, minimum: number): boolean {
  return count + self - minimum > constraint.maxSkew;
}

/** The fewest matching pods in any eligible domain; 0 when there are fewer domains than minDomains. */
function globalMinimum({ constraint, counts }: SpreadCount): number {
  if (counts.size < constraint.minDomains) return 0;
  let minimum = 2 ** 31 - 1;
  for (const count of counts.values()) minimum = Math.min(minimum, count);
  return minimum;
}

function countPods(constraints: readonly SpreadConstraint[], cycle: Cycle): SpreadCount[] {
  const state = constraints.map((constraint) => ({ constraint, counts: new Map<string, number>() }));
  for (const info of cycle.snapshot.nodes.values()) {
    if (!hasAllTopologies(info.node, constraints)) continue;
    for (const { constraint, counts } of state) {
      if (!isIncluded(constraint, cycle.pod, info.node)) continue;
      const domain = info.node.metadata.labels?.[constraint.topologyKey] ?? '';
      counts.set(domain, (counts.get(domain) ?? 0) + countMatching(info, constraint.selector, cycle.pod.namespace));
    }
  }
  return state;
}

function countPod(state: readonly SpreadCount[], pod: PodInfo, other: PodInfo, info: NodeInfo, sign: 1 | -1): void {
  if (other.namespace !== pod.namespace) return;
  const constraints = state.map(({ constraint }) => constraint);
  if (!hasAllTopologies(info.node, constraints)) return;
  for (const { constraint, counts } of state) {
    if (!matches(constraint.selector, other.pod.metadata.labels)) continue;
    if (!isIncluded(constraint, pod, info.node)) continue;
    const domain = info.node.metadata.labels?.[constraint.topologyKey] ?? '';
    counts.set(domain, (counts.get(domain) ?? 0) + sign);
  }
}

function prepareScore(cycle: Cycle, nodes: readonly NodeInfo[]): SpreadScore | undefined {
  const { constraints, requiresAllTopologies } = softConstraints(cycle.pod, cycle.view);
  if (constraints.length === 0) return undefined;
  const lacks = ({ node }: NodeInfo) => requiresAllTopologies && !hasAllTopologies(node, constraints);
  const ignored = new Set(nodes.filter(lacks).map(({ name }) => name));
  const counts = constraints.map(({ topologyKey }) => {
    const domains = new Map<string, number>();
    if (topologyKey === HOSTNAME_LABEL) return domains;
    for (const { name, node } of nodes) {
      if (!ignored.has(name)) domains.set(node.metadata.labels?.[topologyKey] ?? '', 0);
    }
    return domains;
  });
  const weights = constraints.map(({ topologyKey }, index) =>
    topologyWeight(topologyKey === HOSTNAME_LABEL ? nodes.length - ignored.size : (counts[index]?.size ?? 0)),
  );
  for (const info of cycle.snapshot.nodes.values()) {
    if (!lacks(info)) addCounts(constraints, counts, cycle.pod, info);
  }
  return { constraints, counts, weights, ignored };
}

/** Adds the pods of one node to the domains that have feasible nodes. */
function addCounts(
  constraints: readonly SpreadConstraint[],
  counts: readonly Map<string, number>[],
  pod: PodInfo,
  info: NodeInfo,
): void {
  for (const [index, constraint] of constraints.entries()) {
    const domain = info.node.metadata.labels?.[constraint.topologyKey] ?? '';
    const known = counts[index]?.get(domain);
    if (known === undefined || !isIncluded(constraint, pod, info.node)) continue;
    counts[index]?.set(domain, known + countMatching(info, constraint.selector, pod.namespace));
  }
}

/** topologyNormalizingWeight: so that the counts of few large domains do not drown those of many small ones. */
export function topologyWeight(size: number): number {
  return Math.log(size + 2);
}

/** scoreForCount: what one domain adds to the raw score; less is better. */
export function spreadPart(count: number, maxSkew: number, weight: number): number {
  return count * weight + (maxSkew - 1);
}

function scoreNode({ constraints, counts, weights, ignored }: SpreadScore, info: NodeInfo, pod: PodInfo): number {
  if (ignored.has(info.name)) return 0;
  let score = 0;
  for (const [index, { topologyKey, selector, maxSkew }] of constraints.entries()) {
    const domain = info.node.metadata.labels?.[topologyKey];
    if (domain === undefined) continue;
    const count =
      topologyKey === HOSTNAME_LABEL ? countMatching(info, selector, pod.namespace) : (counts[index]?.get(domain) ?? 0);
    score += spreadPart(count, maxSkew, weights[index] ?? 0);
  }
  return Math.round(score);
}

/** 100 for the least raw score there is, less for more. */
export function normalizedSpread(score: number, lowest: number, highest: number): number {
  if (highest === 0) return MAX_NODE_SCORE;
  return Math.trunc((MAX_NODE_SCORE * (highest + lowest - score)) / highest);
}

function isSpreadChanged(pod: PodInfo, event: ClusterEvent): boolean {
  const old = event.old as Pod | undefined;
  const current = event.new as Pod | undefined;
  if ((current ?? old)?.metadata.namespace !== pod.namespace) return false;
  return hardConstraints(pod).some(({ selector }) => {
    const before = old !== undefined && matches(selector, old.metadata.labels);
    const after = current !== undefined && matches(selector, current.metadata.labels);
    return before !== after;
  });
}

function isTopologyChanged(pod: PodInfo, event: ClusterEvent): boolean {
  const old = event.old as Node | undefined;
  const current = event.new as Node | undefined;
  const constraints = hardConstraints(pod);
  const before = old !== undefined && hasAllTopologies(old, constraints);
  const after = current !== undefined && hasAllTopologies(current, constraints);
  if (!old || !current) return before || after;
  if (before !== after) return true;
  if (!after) return false;
  const isMoved = constraints.some(
    ({ topologyKey }) => old.metadata.labels?.[topologyKey] !== current.metadata.labels?.[topologyKey],
  );
  return isMoved || !deepEqual(old.spec?.taints, current.spec?.taints);
}
