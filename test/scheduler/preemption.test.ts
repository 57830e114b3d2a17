import { describe, expect, it } from 'vitest';
import { cluster, ranked, small, victims, type Priority, type Running } from './preemption-cluster.ts';
import { node, podOf } from './support.ts';

interface Row {
  sentence: string;
  pods: Running[];
  preemptor: [priority: Priority, cpu: string];
  on: string | undefined;
  victims: string[];
}

describe('which pods have to go', () => {
  const rows: Row[] = [
    {
      sentence: 'none, when all are more important',
      pods: [
        ['a1', 'a', 'middle', '300m'],
        ['b1', 'b', 'middle', '300m'],
      ],
      preemptor: ['low', '300m'],
      on: undefined,
      victims: [],
    },
    {
      sentence: 'none, when they are as important',
      pods: [
        ['a1', 'a', 'high', '300m'],
        ['b1', 'b', 'high', '300m'],
      ],
      preemptor: ['high', '300m'],
      on: undefined,
      victims: [],
    },
    {
      sentence: 'not one of less importance whose end would not help',
      pods: [
        ['a1', 'a', 'low', '100m'],
        ['a2', 'a', 'middle', '300m'],
        ['b1', 'b', 'high', '300m'],
      ],
      preemptor: ['high', '300m'],
      on: 'a',
      victims: ['a2'],
    },
    {
      sentence: 'as few of the important ones as possible',
      pods: [
        ['a1', 'a', 'middle', '100m'],
        ['a2', 'a', 'low', '100m'],
        ['a3', 'a', 'middle', '200m'],
        ['a4', 'a', 'high', '100m'],
        ['b1', 'b', 'high', '300m'],
      ],
      preemptor: ['high', '300m'],
      on: 'a',
      victims: ['a2', 'a3'],
    },
    {
      sentence: 'of equal ones those that began later',
      pods: [
        ['a1', 'a', 'low', '100m', 5],
        ['a2', 'a', 'low', '100m', 4],
        ['a3', 'a', 'middle', '200m', 3],
        ['a4', 'a', 'high', '100m', 2],
        ['b1', 'b', 'high', '300m', 1],
      ],
      preemptor: ['high', '300m'],
      on: 'a',
      victims: ['a1', 'a3'],
    },
  ];

  it.each(rows)('$sentence', ({ pods, preemptor: [priority, cpu], on, victims: expected }) => {
    const model = cluster(small('a', 'b'), pods);
    model.create(ranked('urgent', priority, cpu));
    expect(podOf(model, 'urgent').status.nominatedNodeName).toBe(on);
    expect(victims(model)).toEqual(expected);
  });

  it('those that keep their distance from the pod', () => {
    const model = cluster(small('a', 'b'), [
      ['a2', 'a', 'middle', '100m'],
      ['a3', 'a', 'high', '100m'],
      ['b1', 'b', 'top', '500m'],
    ]);
    const term = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    model.create(
      ranked('a1', 'low', '100m', { nodeName: 'a', affinity: { podAntiAffinity } }, { labels: { app: 'web' } }),
    );
    model.create(ranked('urgent', 'high', '100m', {}, { labels: { app: 'web' } }));
    expect(victims(model)).toEqual(['a1']);
  });

  it('those that stand in the way of even spreading', () => {
    const zoned = (name: string, zone: string) => node(name, { labels: { zone } });
    const app = { app: 'web' };
    const model = cluster(
      [zoned('a', '1'), zoned('b', '1'), zoned('x', '2')],
      [
        ['a1', 'a', 'middle', '0', 0, app],
        ['a2', 'a', 'low', '0', 0, app],
        ['b1', 'b', 'middle', '0', 0, app],
        ['x1', 'x', 'high', '0', 0, app],
        ['x2', 'x', 'high', '0', 0, app],
      ],
    );
    const topologySpreadConstraints = ['zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: app },
    }));
    model.create(ranked('urgent', 'high', '0', { topologySpreadConstraints }, { labels: app }));
    expect(victims(model)).toEqual(['a2']);
    expect(podOf(model, 'urgent').status.nominatedNodeName).toBe('a');
  });
});

describe('which node is cleared', () => {
  const rows: { sentence: string; pods: Running[]; on: string; preemptor?: Priority }[] = [
    {
      sentence: 'the one whose most important victim is the least important',
      pods: [
        ['a1', 'a', 'middle', '300m'],
        ['b1', 'b', 'low', '300m'],
        ['c1', 'c', 'middle', '300m'],
      ],
      on: 'b',
    },
    {
      sentence: 'then the one with the smallest sum of priorities',
      pods: [
        ['a1', 'a', 'middle', '200m'],
        ['a2', 'a', 'middle', '300m'],
        ['b1', 'b', 'middle', '300m'],
        ['b2', 'b', 'low', '200m'],
        ['c1', 'c', 'middle', '200m'],
        ['c2', 'c', 'middle', '200m'],
      ],
      on: 'b',
    },
    {
      sentence: 'where priorities below zero count as well',
      pods: [
        ['a1', 'a', 'middle', '100m'],
        ['a2', 'a', 'negative', '100m'],
        ['a3', 'a', 'negative', '100m'],
        ['b1', 'b', 'middle', '300m'],
        ['b2', 'b', 'negative', '200m'],
        ['c1', 'c', 'middle', '200m'],
        ['c2', 'c', 'negative', '100m'],
        ['c3', 'c', 'low', '100m'],
      ],
      on: 'b',
    },
    {
      sentence: 'the order of these rules holds whatever the later ones say',
      pods: [
        ['a1', 'a', 'middle', '100m'],
        ['a2', 'a', 'low', '100m'],
        ['a3', 'a', 'low', '100m'],
        ['b1', 'b', 'high', '300m'],
        ['c1', 'c', 'middle', '200m'],
        ['c2', 'c', 'low', '100m'],
        ['c3', 'c', 'low', '100m'],
        ['c4', 'c', 'low', '100m'],
        ['d1', 'd', 'middle', '200m'],
        ['d2', 'd', 'middle', '100m'],
        ['d3', 'd', 'middle', '100m'],
        ['d4', 'd', 'negative', '100m'],
      ],
      preemptor: 'top',
      on: 'a',
    },
    {
      sentence: 'then the one whose victims began last',
      pods: [
        ['a1', 'a', 'middle', '200m', 2],
        ['a2', 'a', 'middle', '200m', 2],
        ['b1', 'b', 'middle', '200m', 3],
        ['b2', 'b', 'middle', '200m', 3],
        ['c1', 'c', 'middle', '200m', 1],
        ['c2', 'c', 'middle', '200m', 1],
      ],
      on: 'b',
    },
    {
      sentence: 'which is decided by the first of them',
      pods: [
        ['a1', 'a', 'middle', '200m', 4],
        ['a2', 'a', 'middle', '200m', 2],
        ['b1', 'b', 'middle', '200m', 5],
        ['b2', 'b', 'middle', '200m', 1],
        ['c1', 'c', 'middle', '200m', 3],
        ['c2', 'c', 'middle', '200m', 6],
      ],
      on: 'c',
    },
    {
      sentence: 'and among the most important only',
      pods: [
        ['a1', 'a', 'low', '200m', 4],
        ['a2', 'a', 'middle', '200m', 2],
        ['b1', 'b', 'middle', '200m', 6],
        ['b2', 'b', 'low', '200m', 1],
        ['c1', 'c', 'low', '200m', 3],
        ['c2', 'c', 'middle', '200m', 5],
      ],
      on: 'b',
    },
  ];

  it.each(rows)('$sentence', ({ pods, on, preemptor = 'high' }) => {
    const names = [...new Set(pods.map(([, name]) => name))];
    const model = cluster(small(...names), pods);
    model.create(ranked('urgent', preemptor, '500m'));
    expect(podOf(model, 'urgent').status.nominatedNodeName).toBe(on);
  });
});
