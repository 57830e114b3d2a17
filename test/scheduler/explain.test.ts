import { describe, expect, it } from 'vitest';
import { explainScheduling, wouldSchedule } from '../../src/controllers/scheduler/explain.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { Model } from '../support/model.ts';
import { BEGINNING, Dice, disturb, podOf as randomPod, randomNode, randomTemplate } from './random-cluster.ts';
import { node, nodeOf, pod, podOf, scheduledCondition, schedulerModel } from './support.ts';

const explain = (model: Model, found: Pod) => explainScheduling(model.view, model.engine.settings, found);

/** How many of so many pods would fit, and what is said of the first that would not. */
function capacity(model: Model, template: Pod, replicas: number): { fits: number; message: string | undefined } {
  const search = wouldSchedule(model.view, model.engine.settings, template, replicas);
  for (;;) {
    const step = search.next();
    if (step.done) return step.value;
  }
}

describe('the explanation of a pod', () => {
  it('gives each node its scores, or the plugin that refuses with its reason', () => {
    const model = schedulerModel();
    const taints = [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }];
    model.create(node('a'), node('b', { taints }), node('c', { allocatable: { cpu: '1' } }), node('d'));
    model.create(pod('other', { cpu: '2' }, { nodeName: 'd' }), pod('web', { cpu: '2', memory: '1Gi' }));
    expect(nodeOf(model, 'web')).toBe('a');
    const { message, feasible, verdicts } = explain(model, podOf(model, 'web'));
    expect(message).toBeUndefined();
    expect(feasible).toBe(2);
    expect(verdicts.map(({ node: { metadata }, rejectedBy, reason }) => [metadata.name, rejectedBy, reason])).toEqual([
      ['a', undefined, undefined],
      ['d', undefined, undefined],
      ['b', 'TaintToleration', 'node(s) had untolerated taint(s)'],
      ['c', 'NodeResourcesFit', 'Insufficient cpu'],
    ]);
    const scores = Object.fromEntries(
      verdicts[0]?.scores.map(({ plugin, score, weight }) => [plugin, [score, weight]]) ?? [],
    );
    expect(scores).toEqual({
      TaintToleration: [100, 3],
      NodeResourcesFit: [68, 1],
      NodeResourcesBalancedAllocation: [65, 1],
      ImageLocality: [0, 1],
    });
    expect(verdicts[0]?.totalScore).toBe(433);
  });

  it('says of a pod without a place what its event says', () => {
    const model = schedulerModel();
    model.create(node('a', { allocatable: { cpu: '1' } }), pod('web', { cpu: '2' }));
    const { message, feasible } = explain(model, podOf(model, 'web'));
    expect(feasible).toBe(0);
    expect(scheduledCondition(model, 'web')).toBe(`Unschedulable: ${message}`);
  });

  it('says of a gated pod that it is gated', () => {
    const model = schedulerModel();
    model.create(node('a'), pod('web', {}, { schedulingGates: [{ name: 'example.com/gate' }] }));
    expect(explain(model, podOf(model, 'web'))).toMatchObject({
      message: 'Scheduling is blocked due to non-empty scheduling gates',
      feasible: 1,
    });
  });

  it('changes nothing', () => {
    const model = schedulerModel();
    model.create(node('a'), pod('web', { cpu: '3' }));
    model.versions.length = 0;
    const first = explain(model, podOf(model, 'web'));
    expect(explain(model, podOf(model, 'web'))).toEqual(first);
    model.run(0);
    expect(model.versions).toEqual([]);
  });
});

describe('over random clusters', () => {
  it.each(Array.from({ length: 8 }, (_, index) => `seed ${index}`))('it agrees with what was done (%s)', (seed) => {
    const dice = new Dice(`explain ${seed}`);
    const model = schedulerModel();
    model.create(...BEGINNING, ...Array.from({ length: 8 }, (_, index) => randomNode(dice, `node-${index}`)));
    const templates = Array.from({ length: 5 }, () => randomTemplate(dice));
    for (let round = 0; round < 40; round++) {
      const [created] = model.create(randomPod(dice.pick(templates), dice, `p-${round}`)) as [Pod];
      const now = model.view.byUid(created.metadata.uid) as Pod;
      const { verdicts } = explain(model, now);
      const own = verdicts.find(({ node: { metadata } }) => metadata.name === now.spec.nodeName);
      if (now.spec.nodeName) expect(own?.totalScore).toBe(verdicts[0]?.totalScore);
      else expect(verdicts.filter(({ totalScore }) => totalScore !== undefined)).toEqual([]);
      if (dice.chance(60)) disturb(model, dice);
    }
    const anew = model.restarted();
    for (const found of model.view.list(Pod)) {
      const same = anew.view.byUid(found.metadata.uid) as Pod;
      expect(explain(model, found)).toEqual(explain(anew, same));
    }
  });
});

describe('how many pods of a sort would fit', () => {
  it('is as many as are placed when they come', () => {
    const model = schedulerModel();
    model.create(node('a'), node('b', { allocatable: { cpu: '3' } }), node('c', { unschedulable: true }));
    model.create(pod('there', { cpu: '500m' }, { nodeName: 'a' }));
    const [template] = model.create(pod('web', { cpu: '800m' }, { schedulerName: 'nobody' })) as [Pod];
    const asked = { ...template, spec: { ...template.spec, schedulerName: 'default-scheduler' } };
    const { fits, message } = capacity(model, asked, 100);
    for (let index = 0; index < 10; index++) model.create(pod(`web-${index}`, { cpu: '800m' }));
    const placed = model.view
      .list(Pod)
      .filter(({ metadata, spec }) => metadata.name.startsWith('web-') && spec.nodeName);
    expect(fits).toBe(7);
    expect(placed).toHaveLength(fits);
    expect(message).toMatch(/^0\/3 nodes are available: 1 node\(s\) were unschedulable, 2 Insufficient cpu\./);
  });

  it('counts what the pods ask of each other', () => {
    const model = schedulerModel();
    model.create(node('a'), node('b'), node('c'));
    const term = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const [template] = model.create(
      pod('web', {}, { affinity, schedulingGates: [{ name: 'example.com/gate' }] }, { labels: { app: 'web' } }),
    ) as [Pod];
    const { schedulingGates: _gates, ...spec } = template.spec;
    expect(capacity(model, { ...template, spec }, 10)).toMatchObject({ fits: 3 });
  });

  it('says what is short in a cluster without nodes', () => {
    const model = schedulerModel();
    const [template] = model.create(pod('web')) as [Pod];
    expect(capacity(model, template, 1)).toEqual({
      fits: 0,
      placements: [],
      message: 'no nodes available to schedule pods',
    });
  });
});
