import { Pod } from '../../src/kinds/pod/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { START_MS, type Model } from '../support/model.ts';
import { node, pod, podOf, schedulerModel } from './support.ts';

export const PRIORITIES = { negative: -100, low: 0, middle: 100, high: 1000, top: 10_000 };
export type Priority = keyof typeof PRIORITIES;

const classes = Object.entries(PRIORITIES).map(
  ([name, value]) =>
    ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value }) as NewObject,
);

/** Where, how important, how much cpu; when it began, in minutes; its labels. */
export type Running = readonly [
  name: string,
  on: string,
  priority: Priority,
  cpu: string,
  started?: number,
  labels?: Record<string, string>,
];

export function ranked(
  name: string,
  priorityClassName: Priority,
  cpu: string,
  spec: object = {},
  metadata: object = {},
) {
  return pod(name, { cpu }, { priorityClassName, ...spec }, metadata);
}

/** Nodes of half a cpu with these pods on them. */
export function cluster(nodes: readonly NewObject[], pods: readonly Running[]): Model {
  const model = schedulerModel();
  model.create(...classes, ...nodes);
  for (const [name, nodeName, priority, cpu, , labels] of pods) {
    model.create(ranked(name, priority, cpu, { nodeName }, { labels: labels ?? {} }));
  }
  model.do((api) => {
    for (const [name, , , , started = 0] of pods) {
      const found = podOf(model, name);
      const startTime = new Date(START_MS + started * 60_000).toISOString().replace('.000', '');
      api.updateStatus<Pod>({ ...found, status: { ...found.status, startTime } });
    }
  });
  return model;
}

export const small = (...names: string[]) => names.map((name) => node(name, { allocatable: { cpu: '500m' } }));

/** The pods that were told to end. */
export function victims(model: Model): string[] {
  return model.view
    .list(Pod)
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    .map(({ metadata }) => metadata.name)
    .sort();
}
