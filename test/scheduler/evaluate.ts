import { findFeasibleNodes, scoreNodes } from '../../src/controllers/scheduler/evaluation.ts';
import type { Cycle } from '../../src/controllers/scheduler/framework.ts';
import { PodInfo } from '../../src/controllers/scheduler/pod-info.ts';
import { Snapshot } from '../../src/controllers/scheduler/snapshot.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import type { Pod } from '../../src/kinds/pod/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import type { Model } from '../support/model.ts';
import { podOf, schedulerModel } from './support.ts';

/** What the plugins say of one pod, without anybody acting on it. */
export interface Question {
  nodes: readonly NewObject[];
  /** Pods that are there, with their nodes, and other objects. */
  objects?: readonly NewObject[];
  pod: NewObject;
  /** Those of the pods that are on their way out. */
  ending?: readonly string[];
  /** The nodes to score; else all. */
  candidates?: readonly string[];
  settings?: Partial<ClusterSettings>;
}

/** The cluster of a question with nobody at work in it, and its pod. */
function cycleOf({ nodes, objects = [], pod, ending = [], settings = {} }: Question): { cycle: Cycle; model: Model } {
  const model = schedulerModel(settings, []);
  model.create(...nodes);
  for (const object of objects) model.create(object);
  for (const name of ending) model.do((api) => api.delete(podOf(model, name)));
  const [created] = model.create(pod);
  const incoming = new PodInfo(created as Pod);
  const namespaceLabels = (name: string) => model.view.get(Namespace, undefined, name)?.metadata.labels;
  const snapshot = Snapshot.of(model.view);
  return {
    model,
    cycle: { pod: incoming, snapshot, view: model.view, settings: model.engine.settings, namespaceLabels },
  };
}

/** The scores that one plugin gives the nodes, in their order; undefined where it gives none. */
export function scoresBy(plugin: string, question: Question): (number | undefined)[] {
  const { cycle } = cycleOf(question);
  const { candidates } = question;
  const nodes = cycle.snapshot.list().filter(({ name }) => !candidates || candidates.includes(name));
  return scoreNodes(cycle, nodes).map(({ scores }) => scores.find((entry) => entry.plugin === plugin)?.score);
}

/** The nodes that refuse no pod, by name. */
export function feasibleNodes(question: Question): string[] {
  return findFeasibleNodes(cycleOf(question).cycle).feasible.map(({ name }) => name);
}

/** What each node answers that refuses: name and reasons. */
export function refusals(question: Question): Record<string, string> {
  const { diagnosis } = findFeasibleNodes(cycleOf(question).cycle);
  return Object.fromEntries([...diagnosis.rejections].map(([name, { reasons }]) => [name, reasons.join(', ')]));
}
