import type { Node } from '../kinds/node/types.ts';
import type { Pod } from '../kinds/pod/types.ts';
import type { ClusterView } from '../machinery/cluster-view.ts';
import type { ClusterSettings } from '../machinery/settings.ts';

/** What the API asks the scheduler (src/controllers/scheduler/explain.ts); whoever starts the API brings the two together. */
export interface SchedulingQuestions {
  explainScheduling(
    view: ClusterView,
    settings: ClusterSettings,
    pod: Pod,
  ): {
    message: string | undefined;
    feasible: number;
    verdicts: readonly Verdict[];
  };
  wouldSchedule(
    view: ClusterView,
    settings: ClusterSettings,
    pod: Pod,
    replicas: number,
  ): Generator<undefined, Capacity>;
}

export interface Capacity {
  readonly fits: number;
  readonly placements: readonly { readonly node: Node; readonly count: number }[];
  readonly message: string | undefined;
}

export interface Verdict {
  readonly node: Node;
  readonly rejectedBy: string | undefined;
  readonly reason: string | undefined;
  readonly totalScore: number | undefined;
  readonly scores: readonly PluginScore[];
}

export interface PluginScore {
  readonly plugin: string;
  readonly score: number;
  readonly weight: number;
}
