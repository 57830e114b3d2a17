import { describe, expect, it } from 'vitest';
import { attemptPod, cycleFor } from '../../src/controllers/scheduler/attempt.ts';
import { findFeasibleNodes, scoreNodes, selectNode } from '../../src/controllers/scheduler/evaluation.ts';
import type { NodeInfo } from '../../src/controllers/scheduler/node-info.ts';
import { PodInfo } from '../../src/controllers/scheduler/pod-info.ts';
import { isPending } from '../../src/controllers/scheduler/queued-pod.ts';
import { SchedulerMemory } from '../../src/controllers/scheduler/scheduler-memory.ts';
import { Snapshot } from '../../src/controllers/scheduler/snapshot.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { PersistentVolume } from '../../src/kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { ClusterView, Index } from '../../src/machinery/cluster-view.ts';
import { watch, type Controller, type ControllerApi } from '../../src/machinery/controller.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { BEGINNING, Dice, disturb, podOf, randomNode, randomTemplate } from './random-cluster.ts';
import { schedulerModel } from './support.ts';

interface Tally {
  compared: number;
  unsupported: number;
  feasible: number;
  preemptions: number;
}

/** What was there when a pod was tried. */
interface Attempt {
  pod: Pod;
  pods: readonly Pod[];
  feasible: readonly NodeInfo[];
}

/** The scheduler, asking for every pod both ways and insisting on the same answer. */
function comparingScheduler(tally: Tally): Controller {
  let memory: SchedulerMemory | undefined;
  return {
    name: 'default-scheduler',
    initialKeys: () => ['queue'],
    watches: [
      watch(Pod, ({ old, new: current }) => (memory?.podChanged(old, current), 'queue')),
      watch(Node, ({ old, new: current }) => (memory?.nodeChanged(old, current), 'queue')),
      ...[PersistentVolumeClaim, PersistentVolume].map((kind) =>
        watch<KubeObject>(kind, ({ old, new: current }) => (memory?.objectChanged(old, current), 'queue')),
      ),
      watch(Namespace, ({ old, new: current }) => (memory?.namespaceChanged(old, current), undefined)),
    ],
    reconcile(_key, api) {
      memory ??= new SchedulerMemory(api, api.settings);
      for (let uid = memory.queue.pop(); uid !== undefined; uid = memory.queue.pop()) {
        const pod = api.byUid(uid) as Pod | undefined;
        if (!isPending(pod)) continue;
        const cycle = cycleFor(api, memory, pod);
        const { feasible } = findFeasibleNodes({ ...cycle, snapshot: Snapshot.of(api) });
        const plain = feasible.length > 1 ? selectNode(cycle, scoreNodes(cycle, feasible)) : feasible[0];
        const fast = memory.placements.find(cycle);
        tally.compared++;
        if (fast) expect(fast.node?.name).toBe(plain?.name);
        else tally.unsupported++;
        if (plain) tally.feasible++;
        const pods = [...api.list(Pod)];
        attemptPod(api, memory, pod);
        checkOutcome(api, { pod, pods, feasible }, tally);
      }
    },
  };
}

/** A pod is bound to a node that no plugin refuses, or there is none; and nobody is ended for it without need. */
function checkOutcome(api: ControllerApi, attempt: Attempt, tally: Tally): void {
  const pod = api.byUid(attempt.pod.metadata.uid) as Pod;
  const { nodeName } = pod.spec;
  if (nodeName !== undefined) {
    expect(attempt.feasible.map(({ name }) => name)).toContain(nodeName);
    return;
  }
  expect(attempt.feasible).toEqual([]);
  const victims = attempt.pods.filter(
    (before) => before.metadata.deletionTimestamp === undefined && isGoing(api, before),
  );
  if (victims.length > 0) checkPreemption(api, attempt, { pod, victims }, tally);
}

function isGoing(api: ControllerApi, { metadata }: Pod): boolean {
  const now = api.byUid(metadata.uid);
  return now === undefined || now.metadata.deletionTimestamp !== undefined;
}

/** The same picture without some pods, as far as plugins ask it for pods. */
function without(view: ClusterView, uids: ReadonlySet<string>): ClusterView {
  const by = <T extends KubeObject>(index: Index<T>, key: string) =>
    view.by(index, key).filter(({ metadata }) => !uids.has(metadata.uid));
  return Object.create(view, { by: { value: by } }) as ClusterView;
}

interface Preemption {
  pod: Pod;
  victims: readonly Pod[];
}

/** Victims are less important, the pod fits without them, and would not if one of them stayed. */
function checkPreemption(api: ControllerApi, attempt: Attempt, { pod, victims }: Preemption, tally: Tally): void {
  tally.preemptions++;
  for (const victim of victims) {
    expect(victim.spec.priority).toBeLessThan(pod.spec.priority ?? 0);
    expect(victim.spec.nodeName).toBe(pod.status.nominatedNodeName);
  }
  const gone = new Set(victims.map(({ metadata }) => metadata.uid));
  const fitsWithout = (uids: ReadonlySet<string>) => {
    const snapshot = new Snapshot();
    for (const node of api.list(Node)) snapshot.nodeChanged(undefined, node, api);
    for (const other of attempt.pods) if (!uids.has(other.metadata.uid)) snapshot.podChanged(undefined, other);
    const namespaceLabels = (name: string) => api.get(Namespace, undefined, name)?.metadata.labels;
    const view = without(api, uids);
    const cycle = { pod: new PodInfo(pod), snapshot, view, settings: api.settings, namespaceLabels };
    return findFeasibleNodes(cycle).feasible.some(({ name }) => name === pod.status.nominatedNodeName);
  };
  // Where pods are ending already, they are among those it is reckoned without, and spreading counts them differently.
  const isEnding = attempt.pods.some(
    ({ metadata, spec }) => metadata.deletionTimestamp && spec.nodeName === pod.status.nominatedNodeName,
  );
  if (isEnding) return;
  expect(fitsWithout(gone), 'without the victims').toBe(true);
  for (const { metadata } of victims) {
    const fewer = new Set([...gone].filter((uid) => uid !== metadata.uid));
    expect(fitsWithout(fewer), `${metadata.name} could have stayed`).toBe(false);
  }
}

/** A life of a random cluster: pods of a few templates come, and things happen between. */
function live(seed: string, nodeCount: number): Tally {
  const tally: Tally = { compared: 0, unsupported: 0, feasible: 0, preemptions: 0 };
  const dice = new Dice(seed);
  const model = schedulerModel({}, [comparingScheduler(tally)]);
  model.create(...BEGINNING, ...Array.from({ length: nodeCount }, (_, index) => randomNode(dice, `node-${index}`)));
  const templates = Array.from({ length: 5 }, () => randomTemplate(dice));
  for (let round = 0; round < 40; round++) {
    const count = 1 + dice.below(4);
    model.create(
      ...Array.from({ length: count }, (_, index) => podOf(dice.pick(templates), dice, `p-${round}-${index}`)),
    );
    if (dice.chance(60)) disturb(model, dice);
  }
  return tally;
}

describe('the fast path', () => {
  it.each(Array.from({ length: Number(process.env['SEEDS'] ?? 40) }, (_, index) => `seed ${index}`))(
    'chooses the node that the plain evaluation chooses (%s)',
    (seed) => {
      const { compared, unsupported, feasible } = live(seed, 12);
      expect(compared).toBeGreaterThan(40);
      expect(unsupported).toBeLessThan(compared);
      expect(feasible).toBeGreaterThan(0);
    },
  );

  it('preempts where there are too few nodes, and nobody without need', () => {
    const seeds = Array.from({ length: Number(process.env['SEEDS'] ?? 15) }, (_, index) => `few nodes ${index}`);
    expect(seeds.reduce((sum, seed) => sum + live(seed, 3).preemptions, 0)).toBeGreaterThan(20);
  });

  it.each(['many nodes 0', 'many nodes 1'])(
    'does so where the host name has too many values to be a group (%s)',
    (seed) => {
      expect(live(seed, 160).compared).toBeGreaterThan(40);
    },
  );
});
