import { describe, expect, it } from 'vitest';
import { attemptPod, cycleFor } from '../../src/controllers/scheduler/attempt.ts';
import { findFeasibleNodes, scoreNodes, selectNode } from '../../src/controllers/scheduler/evaluation.ts';
import { isPending } from '../../src/controllers/scheduler/queued-pod.ts';
import { SchedulerMemory } from '../../src/controllers/scheduler/scheduler-memory.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { watch, type Controller } from '../../src/machinery/controller.ts';
import { BEGINNING, Dice, disturb, podOf, randomNode, randomTemplate } from './random-cluster.ts';
import { schedulerModel } from './support.ts';

interface Tally {
  compared: number;
  unsupported: number;
  feasible: number;
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
      watch(Namespace, ({ old, new: current }) => (memory?.namespaceChanged(old, current), undefined)),
    ],
    reconcile(_key, api) {
      memory ??= new SchedulerMemory(api, api.settings);
      for (let uid = memory.queue.pop(); uid !== undefined; uid = memory.queue.pop()) {
        const pod = api.byUid(uid) as Pod | undefined;
        if (!isPending(pod)) continue;
        const cycle = cycleFor(api, memory, pod);
        const { feasible } = findFeasibleNodes(cycle);
        const plain = feasible.length > 1 ? selectNode(cycle, scoreNodes(cycle, feasible)) : feasible[0];
        const fast = memory.placements.find(cycle);
        tally.compared++;
        if (fast) expect(fast.node?.name).toBe(plain?.name);
        else tally.unsupported++;
        if (plain) tally.feasible++;
        attemptPod(api, memory, pod);
      }
    },
  };
}

/** A life of a random cluster: pods of a few templates come, and things happen between. */
function live(seed: string, nodeCount: number): Tally {
  const tally: Tally = { compared: 0, unsupported: 0, feasible: 0 };
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

  it.each(['many nodes 0', 'many nodes 1'])(
    'does so where the host name has too many values to be a group (%s)',
    (seed) => {
      expect(live(seed, 160).compared).toBeGreaterThan(40);
    },
  );
});
