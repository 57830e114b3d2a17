import { Namespace } from '../../kinds/namespace/types.ts';
import type { Node } from '../../kinds/node/types.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import { findFeasibleNodes, scoreNodes, selectNode, type FilterOutcome, type PluginScore } from './evaluation.ts';
import { fitErrorMessage, rejectionOf } from './fit-error.ts';
import type { Cycle } from './framework.ts';
import { PodInfo } from './pod-info.ts';
import { runPostFilters } from './preemption.ts';
import { isGated } from './queued-pod.ts';
import { SchedulerMemory } from './scheduler-memory.ts';
import type { Snapshot } from './snapshot.ts';
import { SnapshotFollower } from './snapshot-follower.ts';

/**
 * Questions to the scheduler that change nothing: why a pod is where it is or nowhere, and how many pods of a sort the
 * cluster has room for. The answers come from the same plugins that place pods, on any view.
 */

export interface NodeVerdict {
  readonly node: Node;
  /** The plugin that refuses the pod here, and its words. */
  readonly rejectedBy: string | undefined;
  readonly reason: string | undefined;
  /** The weighted sum of the scores; undefined where the pod is refused. */
  readonly totalScore: number | undefined;
  readonly scores: readonly PluginScore[];
}

export interface SchedulingExplanation {
  /** Undefined when at least one node has room; otherwise what FailedScheduling says. A gated pod says so. */
  readonly message: string | undefined;
  readonly feasible: number;
  /** One for each node: the best first, then those that refuse the pod, in the order of their creation. */
  readonly verdicts: readonly NodeVerdict[];
}

export interface CapacityAnswer {
  /** How many of the pods fit. */
  readonly fits: number;
  readonly placements: readonly { readonly node: Node; readonly count: number }[];
  /** What FailedScheduling would say of the first pod that does not fit. */
  readonly message: string | undefined;
}

const NO_NODES_MESSAGE = 'no nodes available to schedule pods';
const GATED_MESSAGE = 'Scheduling is blocked due to non-empty scheduling gates';

/** Why a pod fits or does not fit on each node, as if it were to be placed now; what it takes up itself is left out. */
export function explainScheduling(view: ClusterView, settings: ClusterSettings, pod: Pod): SchedulingExplanation {
  const snapshot = snapshotOf(view);
  snapshot.podChanged(pod, undefined);
  try {
    return explainOn(snapshot, view, settings, pod);
  } finally {
    snapshot.podChanged(undefined, pod);
  }
}

const followers = new WeakMap<ClusterView, SnapshotFollower>();

/** Many pods are explained on one view: what is derived from all nodes and pods is kept, and follows what changes. */
function snapshotOf(view: ClusterView): Snapshot {
  let follower = followers.get(view);
  if (!follower) {
    follower = new SnapshotFollower(view);
    followers.set(view, follower);
  }
  return follower.caughtUp();
}

function explainOn(snapshot: Snapshot, view: ClusterView, settings: ClusterSettings, pod: Pod): SchedulingExplanation {
  const cycle = newCycle(view, settings, snapshot, asUnplaced(pod));
  const outcome = findFeasibleNodes(cycle);
  const { feasible, diagnosis } = outcome;
  const accepted = scoreNodes(cycle, feasible)
    .sort((left, right) => right.total - left.total)
    .map(({ node, total, scores }) => verdict(node.node, { totalScore: total, scores }));
  const taken = new Set(feasible);
  const refused = snapshot
    .list()
    .filter((node) => !taken.has(node))
    .map(({ node, name }) => {
      const rejection = rejectionOf(diagnosis, name);
      return verdict(node, { rejectedBy: rejection?.plugin, reason: rejection?.reasons.join(', ') });
    });
  return {
    message: isGated(pod) ? GATED_MESSAGE : feasible.length > 0 ? undefined : failureMessage(cycle, outcome),
    feasible: feasible.length,
    verdicts: [...accepted, ...refused],
  };
}

/**
 * How many of so many pods like this one the cluster has room for, one placed after the other; nothing is evicted. It
 * yields after each pod, so that whoever asks may let others have a turn.
 */
export function* wouldSchedule(
  view: ClusterView,
  settings: ClusterSettings,
  pod: Pod,
  replicas: number,
): Generator<undefined, CapacityAnswer> {
  const memory = new SchedulerMemory(view, settings);
  const { snapshot } = memory;
  const counts = new Map<string, number>();
  let message: string | undefined;
  let fits = 0;
  while (fits < replicas && message === undefined) {
    yield;
    const trial = trialPod(pod, fits);
    const cycle = newCycle(view, settings, snapshot, trial);
    const node = placeOf(cycle, memory);
    if (typeof node === 'string') {
      message = node;
    } else {
      fits++;
      counts.set(node.metadata.name, (counts.get(node.metadata.name) ?? 0) + 1);
      snapshot.podChanged(trial, { ...trial, spec: { ...trial.spec, nodeName: node.metadata.name } });
    }
  }
  const placements = snapshot.list().flatMap(({ node, name }) => {
    const count = counts.get(name);
    return count === undefined ? [] : { node, count };
  });
  return { fits, placements, message };
}

/** The node that gets the pod, or why none does. */
function placeOf(cycle: Cycle, { placements }: SchedulerMemory): Node | string {
  const fast = placements.find(cycle)?.node;
  if (fast) return fast.node;
  const outcome = findFeasibleNodes(cycle);
  const { feasible } = outcome;
  const chosen = feasible.length > 1 ? selectNode(cycle, scoreNodes(cycle, feasible)) : feasible[0];
  return chosen?.node ?? failureMessage(cycle, outcome);
}

function failureMessage(cycle: Cycle, { states, diagnosis }: FilterOutcome): string {
  if (diagnosis.nodeCount === 0) return NO_NODES_MESSAGE;
  return fitErrorMessage(diagnosis, runPostFilters(cycle, states, diagnosis).message);
}

function verdict(node: Node, rest: Partial<NodeVerdict>): NodeVerdict {
  return { node, rejectedBy: undefined, reason: undefined, totalScore: undefined, scores: [], ...rest };
}

function newCycle(view: ClusterView, settings: ClusterSettings, snapshot: Snapshot, pod: Pod): Cycle {
  return {
    pod: new PodInfo(pod),
    snapshot,
    view,
    settings,
    namespaceLabels: (name) => view.get(Namespace, undefined, name)?.metadata.labels,
  };
}

function asUnplaced(pod: Pod): Pod {
  const { nodeName: _nodeName, ...spec } = pod.spec;
  const { nominatedNodeName: _nominated, ...status } = pod.status;
  return { ...pod, spec, status };
}

/** A pod that no view has; each takes its own place among equals. */
function trialPod(pod: Pod, number: number): Pod {
  const { metadata } = pod;
  const named = { ...metadata, uid: `trial-${number}`, name: `${metadata.name}-${number}` };
  return asUnplaced({ ...pod, metadata: named });
}
