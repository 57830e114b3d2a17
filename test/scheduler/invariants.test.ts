import { describe, expect, it } from 'vitest';
import { findFeasibleNodes } from '../../src/controllers/scheduler/evaluation.ts';
import { PodInfo } from '../../src/controllers/scheduler/pod-info.ts';
import { isPending } from '../../src/controllers/scheduler/queued-pod.ts';
import { Snapshot } from '../../src/controllers/scheduler/snapshot.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { parseQuantity } from '../../src/machinery/quantity.ts';
import { fromLabelSelector, matches } from '../../src/machinery/selector.ts';
import type { Model } from '../support/model.ts';
import { BEGINNING, Dice, disturb, podOf, randomNode, randomTemplate } from './random-cluster.ts';
import { schedulerModel } from './support.ts';

/** What is said here is worked out anew from the objects, without what the scheduler keeps or does. */

const isOver = ({ status }: Pod) => status.phase === 'Succeeded' || status.phase === 'Failed';
const running = (model: Model) => model.view.list(Pod).filter((pod) => pod.spec.nodeName && !isOver(pod));
const boundJustNow = (model: Model) =>
  model.versions.flatMap(({ object, previous }) =>
    object.kind === 'Pod' && (object as Pod).spec.nodeName && !(previous as Pod | undefined)?.spec.nodeName
      ? [model.view.byUid(object.metadata.uid) as Pod]
      : [],
  );

function requested(pod: Pod, resource: string): number {
  return pod.spec.containers.reduce(
    (sum, { resources }) => sum + Number(parseQuantity(String(resources?.requests?.[resource] ?? '0'))),
    0,
  );
}

function hostPorts(pod: Pod): string[] {
  return pod.spec.containers.flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ hostPort, protocol }) => (hostPort ? [`${hostPort}/${protocol}`] : [])),
  );
}

function expectRoom(model: Model): void {
  for (const node of model.view.list(Node)) {
    const pods = running(model).filter(({ spec }) => spec.nodeName === node.metadata.name);
    for (const resource of ['cpu', 'memory']) {
      const sum = pods.reduce((total, pod) => total + requested(pod, resource), 0);
      expect(sum).toBeLessThanOrEqual(Number(parseQuantity(String(node.status.allocatable?.[resource]))) + 1e-9);
    }
    expect(pods.length).toBeLessThanOrEqual(Number(node.status.allocatable?.['pods']));
    const ports = pods.flatMap(hostPorts);
    expect(new Set(ports).size).toBe(ports.length);
  }
}

/** Nothing about the node forbids the pod that was just put there. */
function expectWelcome(model: Model, pod: Pod): void {
  const node = model.view.get(Node, undefined, pod.spec.nodeName ?? '');
  expect(node?.spec.unschedulable ?? false).toBe(false);
  const tolerated = (pod.spec.tolerations ?? []).some(({ key }) => key === 'dedicated');
  expect(tolerated || !(node?.spec.taints ?? []).some(({ effect }) => effect === 'NoSchedule')).toBe(true);
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    expect(node?.metadata.labels?.[key]).toBe(value);
  }
}

/** Whether `pod` does not want `other` in one of its topologies, and that is where it is. */
function avoids(model: Model, pod: Pod, other: Pod): boolean {
  const labelsOf = ({ spec }: Pod) => model.view.get(Node, undefined, spec.nodeName ?? '')?.metadata.labels;
  const terms = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.some(({ topologyKey, labelSelector, namespaces, namespaceSelector }) => {
    const value = labelsOf(pod)?.[topologyKey];
    if (value === undefined || value !== labelsOf(other)?.[topologyKey]) return false;
    const { namespace = '' } = other.metadata;
    const named = namespaces ?? (namespaceSelector ? [] : [pod.metadata.namespace]);
    const labels = model.view.get(Namespace, undefined, namespace)?.metadata.labels;
    const isMeant =
      named.includes(namespace) || (!!namespaceSelector && matches(fromLabelSelector(namespaceSelector), labels));
    return isMeant && matches(fromLabelSelector(labelSelector), other.metadata.labels);
  });
}

function expectDistance(model: Model, pod: Pod): void {
  for (const other of running(model)) {
    if (other.metadata.uid === pod.metadata.uid) continue;
    expect(avoids(model, pod, other) || avoids(model, other, pod)).toBe(false);
  }
}

/**
 * Whether a pod counts others only until they begin to end. Nothing tells it of that: it is tried again when they are
 * gone, as it is upstream.
 */
function countsEnding(model: Model, pod: Pod): boolean {
  const isEnding = model.view.list(Pod).some(({ metadata }) => metadata.deletionTimestamp !== undefined);
  return isEnding && (pod.spec.topologySpreadConstraints ?? []).length > 0;
}

/** Whoever waits has been told why, and there is indeed no place. */
function expectReasons(model: Model): void {
  const snapshot = Snapshot.of(model.view);
  const settings = model.engine.settings;
  const namespaceLabels = (name: string) => model.view.get(Namespace, undefined, name)?.metadata.labels;
  for (const pod of model.view.list(Pod)) {
    if (!isPending(pod)) continue;
    const condition = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
    expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    expect(condition?.message).toMatch(/nodes (are )?available/);
    if (countsEnding(model, pod)) continue;
    const cycle = { pod: new PodInfo(pod), snapshot, view: model.view, settings, namespaceLabels };
    const { feasible } = findFeasibleNodes(cycle);
    expect(feasible.map(({ name }) => `${pod.metadata.name} fits on ${name}`)).toEqual([]);
  }
}

/** No pod was ended for one that is not more important. */
function expectRank(model: Model): void {
  for (const { object } of model.versions) {
    if (object.kind !== 'Event') continue;
    const { reason, message, involvedObject } = object as unknown as Record<string, string> & {
      involvedObject: { uid: string };
    };
    if (reason !== 'Preempted') continue;
    const uid = /^Preempted by pod (\S+) on node/.exec(message ?? '')?.[1] ?? '';
    const victim = model.versions.find(({ object: ended }) => ended.metadata.uid === involvedObject.uid)?.object as Pod;
    const preemptor = model.view.byUid(uid) as Pod;
    expect(victim.spec.priority ?? 0).toBeLessThan(preemptor.spec.priority ?? 0);
  }
}

function live(seed: string): Model {
  const dice = new Dice(seed);
  const model = schedulerModel();
  const step = (work: () => void) => {
    model.versions.length = 0;
    work();
    expectRoom(model);
    for (const pod of boundJustNow(model)) {
      expectWelcome(model, pod);
      expectDistance(model, pod);
    }
    expectReasons(model);
    expectRank(model);
  };
  model.create(...BEGINNING, ...Array.from({ length: 8 }, (_, index) => randomNode(dice, `node-${index}`)));
  const templates = Array.from({ length: 5 }, () => randomTemplate(dice));
  for (let round = 0; round < 40; round++) {
    const pods = Array.from({ length: 1 + dice.below(4) }, (_, index) =>
      podOf(dice.pick(templates), dice, `p-${round}-${index}`),
    );
    step(() => model.create(...pods));
    if (dice.chance(70)) step(() => disturb(model, dice));
  }
  return model;
}

describe('whatever happens to a cluster', () => {
  it.each(Array.from({ length: Number(process.env['SEEDS'] ?? 12) }, (_, index) => `seed ${index}`))(
    'pods are only where they may be, and those that wait have a reason (%s)',
    (seed) => {
      const model = live(seed);
      expect(running(model).length).toBeGreaterThan(0);
      const restarted = model.restarted();
      expect(restarted.versions).toEqual([]);
    },
  );
});
