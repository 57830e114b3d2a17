import { hash32 } from '../../machinery/random.ts';
import type { Diagnosis } from './fit-error.ts';
import type { AnyPlugin, Cycle, Rejection } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { plugins, WEIGHTS } from './plugins/registry.ts';

/**
 * The plain evaluation of one pod: every plugin on every node. Upstream looks at a part of the nodes once there are more
 * than a hundred (percentageOfNodesToScore); here all are looked at, so that the answer is the best node there is.
 * Source: pkg/scheduler/schedule_one.go, pkg/scheduler/framework/runtime/framework.go.
 */

/** A plugin that has something to say on a pod, with what it derived from it. */
interface ActiveFilter {
  readonly plugin: AnyPlugin;
  readonly state: unknown;
}

export interface FilterStates {
  readonly filters: readonly ActiveFilter[];
  /** The nodes that are left to look at; undefined: all of them. */
  readonly nodeNames: ReadonlySet<string> | undefined;
  /** What the nodes that are left out get. */
  readonly absent: Rejection | undefined;
}

/** RunPreFilterPlugins: what each plugin derives from the pod, or the refusal of one of them. */
export function runPreFilters(cycle: Cycle): FilterStates | Rejection {
  const filters: ActiveFilter[] = [];
  const narrowing: string[] = [];
  let nodeNames: ReadonlySet<string> | undefined;
  let refusal: Rejection | undefined;
  for (const plugin of plugins) {
    if (!plugin.preFilter) {
      if (plugin.filter) filters.push({ plugin, state: undefined });
      continue;
    }
    const result = plugin.preFilter(cycle);
    if (result.kind === 'skip') continue;
    if (result.kind === 'reject') {
      if (result.rejection.unresolvable) return result.rejection;
      refusal ??= result.rejection;
      continue;
    }
    filters.push({ plugin, state: result.state });
    if (!result.nodeNames) continue;
    narrowing.push(plugin.name);
    nodeNames = nodeNames ? nodeNames.intersection(result.nodeNames) : result.nodeNames;
    if (nodeNames.size === 0) return narrowedToNothing(narrowing.sort());
  }
  return refusal ?? { filters, nodeNames, absent: nodeNames && narrowed(narrowing.sort()) };
}

function narrowedToNothing(names: readonly string[]): Rejection {
  const reason =
    names.length === 1
      ? `node(s) didn't satisfy plugin ${names[0]}`
      : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`;
  return { plugin: names.join(' '), reasons: [reason], unresolvable: true };
}

function narrowed(names: readonly string[]): Rejection {
  const reason = `node(s) didn't satisfy plugin(s) [${names.join(' ')}]`;
  return { plugin: names.join(' '), reasons: [reason], unresolvable: true };
}

export function isRejection(value: FilterStates | Rejection): value is Rejection {
  return 'reasons' in value;
}

/** RunFilterPlugins: the first refusal. */
export function runFilters(filters: readonly ActiveFilter[], node: NodeInfo, cycle: Cycle): Rejection | undefined {
  for (const { plugin, state } of filters) {
    const rejection = plugin.filter?.(state, node, cycle);
    if (rejection) return rejection;
  }
  return undefined;
}

/**
 * RunFilterPluginsWithNominatedPods: pods of the same or a higher priority that wait for room on the node are counted as
 * if they were there already; and the pod must fit without them too.
 */
export function runFiltersWithNominated(
  filters: readonly ActiveFilter[],
  node: NodeInfo,
  cycle: Cycle,
): Rejection | undefined {
  const nominated = cycle.snapshot
    .nominatedTo(node.name)
    .filter(({ uid, priority }) => uid !== cycle.pod.uid && priority >= cycle.pod.priority);
  if (nominated.length > 0) {
    const trial = node.clone();
    const states = cloneStates(filters);
    for (const pod of nominated) {
      if (trial.pods.has(pod.uid)) continue;
      trial.addPod(pod);
      for (const { plugin, state } of states) plugin.addPod?.(state, pod, trial, cycle);
    }
    const rejection = runFilters(states, trial, cycle);
    if (rejection) return rejection;
  }
  return runFilters(filters, node, cycle);
}

export function cloneStates(filters: readonly ActiveFilter[]): ActiveFilter[] {
  return filters.map(({ plugin, state }) => ({ plugin, state: plugin.cloneState ? plugin.cloneState(state) : state }));
}

export type FilterOutcome =
  | { readonly feasible: readonly NodeInfo[]; readonly diagnosis: Diagnosis; readonly states: FilterStates }
  | { readonly feasible: readonly []; readonly diagnosis: Diagnosis; readonly states: undefined };

/** findNodesThatFitPod */
export function findFeasibleNodes(cycle: Cycle): FilterOutcome {
  const { snapshot, pod } = cycle;
  const nodeCount = snapshot.nodes.size;
  const rejections = new Map<string, Rejection>();
  const states = runPreFilters(cycle);
  if (isRejection(states)) {
    return {
      feasible: [],
      diagnosis: { nodeCount, rejections, absent: undefined, preFilter: states },
      states: undefined,
    };
  }
  const { filters, nodeNames, absent } = states;
  const diagnosis: Diagnosis = { nodeCount, rejections, absent, preFilter: undefined };
  const nominated = snapshot.nodes.get(pod.pod.status?.nominatedNodeName ?? '');
  if (nominated) {
    const rejection = runFiltersWithNominated(filters, nominated, cycle);
    if (!rejection) return { feasible: [nominated], diagnosis, states };
    rejections.set(nominated.name, rejection);
  }
  const feasible: NodeInfo[] = [];
  for (const node of snapshot.list(nodeNames)) {
    const rejection = runFiltersWithNominated(filters, node, cycle);
    if (rejection) rejections.set(node.name, rejection);
    else feasible.push(node);
  }
  return { feasible, diagnosis, states };
}

export interface PluginScore {
  readonly plugin: string;
  readonly weight: number;
  /** 0 … 100, after normalization. */
  readonly score: number;
}

export interface NodeScore {
  readonly node: NodeInfo;
  readonly total: number;
  readonly scores: readonly PluginScore[];
}

/** prioritizeNodes: the weighted sum of every plugin's normalized score, for each node in turn. */
export function scoreNodes(cycle: Cycle, nodes: readonly NodeInfo[]): NodeScore[] {
  const columns: { plugin: string; weight: number; scores: number[] }[] = [];
  for (const plugin of plugins) {
    if (!plugin.score) continue;
    const state = plugin.preScore?.(cycle, nodes);
    if (state === undefined) continue;
    const scores = nodes.map((node) => plugin.score?.(state, node, cycle) ?? 0);
    plugin.normalize?.(scores, nodes, state);
    columns.push({ plugin: plugin.name, weight: WEIGHTS[plugin.name] ?? 1, scores });
  }
  return nodes.map((node, index) => {
    const scores = columns.map(({ plugin, weight, scores }) => ({ plugin, weight, score: scores[index] ?? 0 }));
    return { node, scores, total: scores.reduce((sum, { weight, score }) => sum + weight * score, 0) };
  });
}

/**
 * Upstream picks one of the best nodes at random. Here nodes and pods have places on a circle, and of the best nodes the
 * pod gets the first at or after its own place: as even, and the same every time.
 */
export function selectNode(cycle: Cycle, scored: readonly NodeScore[]): NodeInfo | undefined {
  const place = podPlace(cycle.view.seed, cycle.pod.uid);
  let best: NodeScore | undefined;
  let bestDistance = 0;
  for (const candidate of scored) {
    if (best && candidate.total < best.total) continue;
    const distance = (nodePlace(cycle.view.seed, candidate.node.name) - place) >>> 0;
    if (!best || candidate.total > best.total || isNearer(distance, candidate, bestDistance, best)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best?.node;
}

function isNearer(distance: number, candidate: NodeScore, bestDistance: number, best: NodeScore): boolean {
  return distance < bestDistance || (distance === bestDistance && candidate.node.name < best.node.name);
}

/** Where a node stands on the circle, as a 32-bit number. */
export function nodePlace(seed: string, name: string): number {
  return hash32(seed, 'node', name);
}

/** Where a pod stands on the circle. */
export function podPlace(seed: string, uid: string): number {
  return hash32(seed, 'pod', uid);
}
