import { describe, expect, it } from 'vitest';
import { PodDisruptionBudget } from '../../src/kinds/poddisruptionbudget/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import { cluster, PRIORITIES, ranked, small, victims, type Priority, type Running } from './preemption-cluster.ts';
import { Dice } from './random-cluster.ts';
import { eventsOf, nodeOf, pod, podOf, scheduledCondition } from './support.ts';

describe('disruption budgets and preemption', () => {
  const app = { app: 'web' };

  function budget(model: Model, disruptionsAllowed: number, disrupted: string[] = []): void {
    const created = model.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { matchLabels: app } },
    })[0] as PodDisruptionBudget;
    const disruptedPods = Object.fromEntries(disrupted.map((name) => [name, '2026-01-01T00:00:00Z']));
    const status = { ...created.status, disruptionsAllowed, disruptedPods };
    model.do((api) => api.updateStatus<PodDisruptionBudget>({ ...created, status }));
  }

  it('clear a node where they allow it rather than one where they do not', () => {
    const model = cluster(small('a', 'b'), [
      ['a1', 'a', 'low', '500m', 0, app],
      ['b1', 'b', 'middle', '500m'],
    ]);
    budget(model, 0);
    model.create(ranked('urgent', 'high', '500m'));
    expect(victims(model)).toEqual(['b1']);
  });

  it('spare the pods they protect where others will do', () => {
    const model = cluster(small('a'), [
      ['a1', 'a', 'low', '200m', 0, app],
      ['a2', 'a', 'middle', '200m'],
    ]);
    budget(model, 0);
    model.create(ranked('urgent', 'high', '200m'));
    expect(victims(model)).toEqual(['a2']);
  });

  it('are broken where nothing else helps', () => {
    const model = cluster(small('a'), [
      ['a1', 'a', 'middle', '200m', 0, app],
      ['a2', 'a', 'middle', '200m', 0, app],
    ]);
    budget(model, 1);
    model.create(ranked('urgent', 'high', '500m'));
    expect(victims(model)).toEqual(['a1', 'a2']);
  });

  it('no longer protect a pod whose eviction was granted', () => {
    const model = cluster(small('a'), [
      ['a1', 'a', 'low', '200m', 0, app],
      ['a2', 'a', 'middle', '200m'],
    ]);
    budget(model, 0, ['a1']);
    model.create(ranked('urgent', 'high', '200m'));
    expect(victims(model)).toEqual(['a1']);
  });
});

describe('the course of a preemption', () => {
  const full: Running[] = [['low', 'a', 'low', '500m']];

  it('is told to the victim and noted in the pod that waits', () => {
    const model = cluster(small('a'), full);
    model.create(ranked('urgent', 'high', '500m'));
    const urgent = podOf(model, 'urgent');
    expect(eventsOf(model, 'low')).toContain(`Preempted x1: Preempted by pod ${urgent.metadata.uid} on node a`);
    expect(podOf(model, 'low').status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    });
    expect(urgent.status.nominatedNodeName).toBe('a');
    expect(scheduledCondition(model, 'urgent')).toBe('Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.');
    model.do((api) => api.delete(podOf(model, 'low'), { gracePeriodSeconds: 0 }));
    expect(nodeOf(model, 'urgent')).toBe('a');
    expect(podOf(model, 'urgent').status.nominatedNodeName).toBeUndefined();
  });

  it('keeps the room from pods of less importance, not from more important ones', () => {
    const model = cluster(small('a'), full);
    model.create(ranked('urgent', 'middle', '500m'));
    model.do((api) => {
      api.delete(podOf(model, 'low'), { gracePeriodSeconds: 0 });
      api.create(ranked('late', 'low', '100m'));
      api.create(ranked('first', 'high', '500m'));
    });
    expect(nodeOf(model, 'first')).toBe('a');
    expect(nodeOf(model, 'urgent')).toBeUndefined();
    expect(nodeOf(model, 'late')).toBeUndefined();
  });

  it('ends nothing more while its victims are ending', () => {
    const model = cluster(small('a', 'b'), [...full, ['b1', 'b', 'top', '200m'], ['b2', 'b', 'middle', '300m']]);
    model.create(ranked('urgent', 'high', '500m'));
    expect(victims(model)).toEqual(['low']);
    model.do((api) => api.delete(podOf(model, 'b1'), { gracePeriodSeconds: 0 }));
    expect(victims(model)).toEqual(['low']);
    expect(scheduledCondition(model, 'urgent')).toBe(
      'Unschedulable: 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.',
    );
  });

  it('does not begin for a pod that must not preempt', () => {
    const model = cluster(small('a'), full);
    model.create({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'patient' },
      value: 500,
      preemptionPolicy: 'Never',
    } as NewObject);
    model.create(pod('urgent', { cpu: '500m' }, { priorityClassName: 'patient' }));
    expect(victims(model)).toEqual([]);
    expect(scheduledCondition(model, 'urgent')).toBe(
      'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
    );
  });

  it('takes back the nomination of a pod of less importance for the same room', () => {
    const model = cluster(small('a'), [
      ['low', 'a', 'low', '300m'],
      ['other', 'a', 'middle', '200m'],
    ]);
    model.create(ranked('urgent', 'middle', '300m'));
    expect(podOf(model, 'urgent').status.nominatedNodeName).toBe('a');
    model.create(ranked('first', 'top', '500m'));
    expect(podOf(model, 'first').status.nominatedNodeName).toBe('a');
    expect(podOf(model, 'urgent').status.nominatedNodeName).toBeUndefined();
  });
});

describe('over random nodes and pods', () => {
  const milli = (cpu: string) => Number(cpu.replace('m', ''));

  it.each(Array.from({ length: 40 }, (_, index) => `seed ${index}`))('nobody goes without need (%s)', (seed) => {
    const dice = new Dice(`preemption ${seed}`);
    const names = ['a', 'b', 'c'];
    const free = new Map(names.map((name) => [name, 500]));
    const pods: Running[] = [];
    for (let index = 0; index < 15; index++) {
      const on = dice.pick(names);
      const cpu = dice.pick(['50m', '100m', '200m']);
      if ((free.get(on) ?? 0) < milli(cpu)) continue;
      free.set(on, (free.get(on) ?? 0) - milli(cpu));
      pods.push([`p${index}`, on, dice.pick(['negative', 'low', 'middle', 'high']), cpu, dice.below(9)]);
    }
    const model = cluster(small(...names), pods);
    const priority: Priority = dice.pick(['middle', 'high']);
    const wanted = dice.pick(['300m', '500m']);
    model.create(ranked('urgent', priority, wanted));
    const gone = victims(model).map((name) => pods.find(([known]) => known === name) as Running);
    const on = podOf(model, 'urgent').status.nominatedNodeName;
    const most = Math.max(
      ...names.map((name) => {
        const lesser = pods.filter(([, where, rank]) => where === name && PRIORITIES[rank] < PRIORITIES[priority]);
        return lesser.reduce((sum, [, , , cpu]) => sum + milli(cpu), free.get(name) ?? 0);
      }),
    );
    if (nodeOf(model, 'urgent') !== undefined) {
      expect(gone).toEqual([]);
      return;
    }
    expect(on !== undefined).toBe(most >= milli(wanted));
    const room = gone.reduce((sum, [, , , cpu]) => sum + milli(cpu), free.get(on ?? '') ?? 0);
    for (const [, where, rank, cpu] of gone) {
      expect(where).toBe(on);
      expect(PRIORITIES[rank]).toBeLessThan(PRIORITIES[priority]);
      expect(room - milli(cpu)).toBeLessThan(milli(wanted));
    }
  });
});
