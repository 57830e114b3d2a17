import type { Pod } from '../../kinds/pod/types.ts';
import { unitRandom } from '../../machinery/random.ts';
import { nodePlace, podPlace, type FilterStates } from './evaluation.ts';
import { fitErrorMessage, rejectionOf, type Diagnosis } from './fit-error.ts';
import type { Cycle, Rejection } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { selectVictims, startedAt, type Candidate } from './victims.ts';

/**
 * Making room for a pod that fits nowhere, at the cost of pods of lower priority.
 * Source: pkg/scheduler/framework/preemption, pkg/scheduler/framework/plugins/defaultpreemption.
 */

export interface PostFilterResult {
  /** What is added to the message of the failed attempt. */
  readonly message: string;
  /** The node to nominate; '' takes the nomination back, undefined leaves it as it is. */
  readonly nominated: string | undefined;
  /** The pods to end on that node. */
  readonly candidate?: Candidate;
}

const NOT_HELPFUL: Rejection = {
  plugin: 'DefaultPreemption',
  reasons: ['Preemption is not helpful for scheduling'],
  unresolvable: true,
};

/** DefaultPreemptionArgs: how many nodes are tried at most. */
const MIN_CANDIDATES_PERCENTAGE = 10;
const MIN_CANDIDATES = 100;

export const PREEMPTION_REASON = 'PreemptionByScheduler';

/**
 * RunPostFilterPlugins. Before preemption comes the plugin for dynamic resources, which adds its word to every message;
 * it has nothing to say of a pod that was refused before it was asked, and then answers with an error that ends it.
 */
export function runPostFilters(cycle: Cycle, states: FilterStates | undefined, diagnosis: Diagnosis): PostFilterResult {
  if (!states) return { message: 'not found', nominated: undefined };
  const result = preempt(cycle, states, diagnosis);
  if (result.candidate) return result;
  return { ...result, message: `no new claims to deallocate, preemption: ${result.message}` };
}

function preempt(cycle: Cycle, states: FilterStates, diagnosis: Diagnosis): PostFilterResult {
  const ineligible = whyIneligible(cycle, diagnosis);
  if (ineligible) return { message: ineligible, nominated: undefined };
  const { candidates, rejections } = findCandidates(cycle, states, diagnosis);
  const best = pickCandidate(cycle, candidates);
  if (best) return { message: '', nominated: best.node.name, candidate: best };
  const nodeCount = cycle.snapshot.nodes.size;
  const outcome = { nodeCount, rejections, absent: NOT_HELPFUL, preFilter: undefined };
  return { message: fitErrorMessage(outcome, ''), nominated: '' };
}

/** PodEligibleToPreemptOthers: why a pod may not preempt. */
function whyIneligible({ pod, snapshot }: Cycle, diagnosis: Diagnosis): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = pod.pod.status.nominatedNodeName;
  if (!nominated || rejectionOf(diagnosis, nominated)?.unresolvable) return undefined;
  for (const other of snapshot.nodes.get(nominated)?.pods.values() ?? []) {
    if (other.priority < pod.priority && isEndingForPreemption(other.pod)) {
      return 'not eligible due to a terminating pod on the nominated node.';
    }
  }
  return undefined;
}

function isEndingForPreemption({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  const condition = status.conditions?.find(({ type }) => type === 'DisruptionTarget');
  return condition?.status === 'True' && condition.reason === PREEMPTION_REASON;
}

interface Search {
  readonly candidates: readonly Candidate[];
  readonly rejections: ReadonlyMap<string, Rejection>;
}

/** The nodes where ending pods helps, from a place on that depends on the pod, until there are enough of them. */
function findCandidates(cycle: Cycle, states: FilterStates, diagnosis: Diagnosis): Search {
  const { snapshot, pod, view } = cycle;
  const nodes = snapshot.list().filter(({ name }) => rejectionOf(diagnosis, name)?.unresolvable === false);
  const wanted = Math.min(
    Math.max(Math.floor((nodes.length * MIN_CANDIDATES_PERCENTAGE) / 100), MIN_CANDIDATES),
    nodes.length,
  );
  const offset = Math.floor(unitRandom(view.seed, 'preemption', pod.uid) * nodes.length);
  const candidates: Candidate[] = [];
  const rejections = new Map<string, Rejection>();
  for (const node of rotate(nodes, offset)) {
    const result = selectVictims(cycle, states, node);
    if ('reasons' in result) {
      rejections.set(node.name, result);
      continue;
    }
    candidates.push(result);
    const isEnough = candidates.length >= wanted && candidates.some(({ violations }) => violations === 0);
    if (isEnough) break;
  }
  return { candidates, rejections };
}

function* rotate(nodes: readonly NodeInfo[], offset: number): Iterable<NodeInfo> {
  yield* nodes.slice(offset);
  yield* nodes.slice(0, offset);
}

/**
 * pickOneNodeForPreemption: the fewest broken budgets, then the lowest of the highest priorities, then the smallest sum
 * of priorities, then the fewest victims, then the one whose most important victims began last.
 */
function pickCandidate({ view, pod }: Cycle, candidates: readonly Candidate[]): Candidate | undefined {
  const place = podPlace(view.seed, pod.uid);
  const ranks: ((candidate: Candidate) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => victims[0]?.priority ?? 0,
    ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
    ({ victims }) => victims.length,
    (candidate) => -earliestStart(candidate, view.now),
    ({ node }) => (nodePlace(view.seed, node.name) - place) >>> 0,
  ];
  let best = candidates;
  for (const rank of ranks) {
    if (best.length <= 1) break;
    const least = best.reduce((lowest, candidate) => Math.min(lowest, rank(candidate)), Number.POSITIVE_INFINITY);
    best = best.filter((candidate) => rank(candidate) === least);
  }
  return best[0];
}

/** When the first of the victims with the highest priority began. */
function earliestStart({ victims }: Candidate, now: number): number {
  const highest = victims[0]?.priority;
  return victims
    .filter(({ priority }) => priority === highest)
    .reduce((earliest, victim) => Math.min(earliest, startedAt(victim, now)), Number.POSITIVE_INFINITY);
}
