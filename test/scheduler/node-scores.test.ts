import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { scoresBy } from './evaluate.ts';
import { node, pod } from './support.ts';

const MEGABYTE = 1024 * 1024;

interface Row {
  sentence: string;
  nodes: NewObject[];
  spec: object;
  scores: (number | undefined)[];
}

const check = (plugin: string) => (row: Row) =>
  expect(scoresBy(plugin, { nodes: row.nodes, pod: pod('incoming', {}, row.spec) })).toEqual(row.scores);

describe('ImageLocality', () => {
  const images = (...sizes: number[]) =>
    sizes.map((size) => ({ names: [`r/i${size}:latest`], sizeBytes: size * MEGABYTE }));
  const containers = (...sizes: number[]) => ({
    containers: sizes.map((size, index) => ({ name: `c${index}`, image: `r/i${size}` })),
  });
  const nodes = [node('a', { images: images(40, 300, 2000) }), node('b', { images: images(250, 10) })];
  const rows: Row[] = [
    {
      sentence: 'prefers the node with more of what is to be pulled, spread over few nodes',
      nodes,
      spec: containers(40, 250),
      scores: [0, 5],
    },
    {
      sentence: 'prefers the node that has both images',
      nodes,
      spec: containers(40, 300),
      scores: [7, 0],
    },
    {
      sentence: 'leaves small images out, and counts large ones up to a limit',
      nodes,
      spec: containers(10, 2000),
      scores: [49, 0],
    },
    {
      sentence: 'finds an image anywhere by its name without a tag',
      nodes: [node('a', { images: images(600) }), node('b', { images: images(600) }), node('c')],
      spec: containers(600),
      scores: [38, 38, 0],
    },
  ];

  it.each(rows)('$sentence', check('ImageLocality'));
});

describe('TaintToleration', () => {
  const taint = (key: string, value: string, effect = 'PreferNoSchedule') => ({ key, value, effect });
  const tolerate = (key: string, value: string) => ({ key, operator: 'Equal', value, effect: 'PreferNoSchedule' });
  const rows: Row[] = [
    {
      sentence: 'prefers the node whose taint is tolerated',
      nodes: [node('a', { taints: [taint('foo', 'bar')] }), node('b', { taints: [taint('foo', 'blah')] })],
      spec: { tolerations: [tolerate('foo', 'bar')] },
      scores: [100, 0],
    },
    {
      sentence: 'is the same for all nodes whose taints are tolerated',
      nodes: [
        node('a'),
        node('b', { taints: [taint('cpu', 'arm64')] }),
        node('c', { taints: [taint('cpu', 'arm64'), taint('disk', 'ssd')] }),
      ],
      spec: { tolerations: [tolerate('cpu', 'arm64'), tolerate('disk', 'ssd')] },
      scores: [100, 100, 100],
    },
    {
      sentence: 'is less the more taints are not tolerated',
      nodes: [
        node('a'),
        node('b', { taints: [taint('cpu', 'arm64')] }),
        node('c', { taints: [taint('cpu', 'arm64'), taint('disk', 'ssd')] }),
      ],
      spec: { tolerations: [tolerate('foo', 'bar')] },
      scores: [100, 50, 0],
    },
    {
      sentence: 'looks at taints that only prefer',
      nodes: [
        node('a'),
        node('b', { taints: [taint('cpu', 'arm64', 'NoSchedule')] }),
        node('c', { taints: [taint('disk', 'ssd')] }),
      ],
      spec: {},
      scores: [100, 100, 0],
    },
  ];

  it.each(rows)('$sentence', check('TaintToleration'));
});

describe('NodeAffinity', () => {
  const preference = (weight: number, key: string, ...values: string[]) => ({
    weight,
    preference: { matchExpressions: [{ key, operator: 'In', values }] },
  });
  const preferring = (...preferred: object[]) => ({
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
  });
  const nodes = [
    node('a', { labels: { foo: 'bar' } }),
    node('b', { labels: { key: 'value', az: '1' } }),
    node('c', { labels: { foo: 'bar', key: 'value', az: '1' } }),
  ];
  const rows: Row[] = [
    {
      sentence: 'has nothing to say of a pod without preferences',
      nodes,
      spec: {},
      scores: [undefined, undefined, undefined],
    },
    {
      sentence: 'prefers the nodes that match',
      nodes,
      spec: preferring(preference(2, 'foo', 'bar')),
      scores: [100, 0, 100],
    },
    {
      sentence: 'adds the weights of what matches',
      nodes,
      spec: preferring(preference(2, 'foo', 'bar'), preference(4, 'key', 'value'), preference(5, 'az', '1')),
      scores: [18, 81, 100],
    },
    {
      sentence: 'is nothing where no node matches',
      nodes,
      spec: preferring(preference(2, 'foo', 'other')),
      scores: [0, 0, 0],
    },
  ];

  it.each(rows)('$sentence', check('NodeAffinity'));
});
