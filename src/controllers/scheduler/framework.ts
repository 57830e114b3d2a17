import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import type { NamespaceLabels } from './affinity-terms.ts';
import type { Hint } from './cluster-events.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * The scheduling framework: one attempt to place one pod goes through PreFilter, Filter, PreScore, Score and
 * NormalizeScore of every plugin. Plugins are stateless; what PreFilter and PreScore derive is handed to the later steps.
 * Source: kube-scheduler/framework/interface.go.
 */

export const MAX_NODE_SCORE = 100;

/** Why a plugin refuses a pod, everywhere or on one node. */
export interface Rejection {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** UnschedulableAndUnresolvable: removing pods would not help. */
  readonly unresolvable: boolean;
}

/** What an attempt is about. */
export interface Cycle {
  readonly pod: PodInfo;
  readonly snapshot: Snapshot;
  readonly view: ClusterView;
  readonly settings: ClusterSettings;
  readonly namespaceLabels: NamespaceLabels;
}

export type PreFilterResult<State> =
  | { readonly kind: 'skip' }
  | { readonly kind: 'reject'; readonly rejection: Rejection }
  | { readonly kind: 'state'; readonly state: State; readonly nodeNames?: ReadonlySet<string> | undefined };

export const SKIP: PreFilterResult<never> = { kind: 'skip' };

export interface Plugin<FilterState = unknown, ScoreState = unknown> {
  readonly name: string;
  /** Without it `filter` is always asked, with an undefined state. */
  preFilter?(cycle: Cycle): PreFilterResult<FilterState>;
  filter?(state: FilterState, node: NodeInfo, cycle: Cycle): Rejection | undefined;
  /** What if `pod` were on `node`, or were not: changes the state of `preFilter`, of which it owns a copy. */
  addPod?(state: FilterState, pod: PodInfo, node: NodeInfo, cycle: Cycle): void;
  removePod?(state: FilterState, pod: PodInfo, node: NodeInfo, cycle: Cycle): void;
  cloneState?(state: FilterState): FilterState;
  /** Undefined: the plugin has nothing to say on this pod's score. Without it `score` gets an undefined state. */
  preScore?(cycle: Cycle, nodes: readonly NodeInfo[]): ScoreState | undefined;
  score?(state: ScoreState, node: NodeInfo, cycle: Cycle): number;
  /** Brings raw scores to 0 … 100, in place; `nodes` in the same order. */
  normalize?(scores: number[], nodes: readonly NodeInfo[], state: ScoreState): void;
  /** What may make a pod schedulable that this plugin refused. */
  readonly hints?: readonly Hint[];
}

export type AnyPlugin = Plugin<any, any>;

/** helper.DefaultNormalizeScore: scales to the greatest, and turns around if `reverse`. */
export function normalizeByMaximum(scores: number[], reverse: boolean): void {
  let maximum = 0;
  for (const score of scores) if (score > maximum) maximum = score;
  for (let index = 0; index < scores.length; index++) {
    scores[index] = normalizedByMaximum(scores[index] ?? 0, maximum, reverse);
  }
}

export function normalizedByMaximum(score: number, maximum: number, reverse: boolean): number {
  if (maximum === 0) return reverse ? MAX_NODE_SCORE : score;
  const scaled = Math.trunc((MAX_NODE_SCORE * score) / maximum);
  return reverse ? MAX_NODE_SCORE - scaled : scaled;
}
