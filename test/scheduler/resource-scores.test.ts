import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import type { ScoringStrategy, UtilizationPoint } from '../../src/machinery/settings.ts';
import { scoresBy } from './evaluate.ts';
import { node, pod } from './support.ts';

const resources = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

type Size = Record<string, string>;

/** A pod that asks for so much cpu and memory; 0 where it says nothing of them. */
const asking = (name: string, requests: Size = {}, on?: string): NewObject =>
  pod(name, { cpu: '0', memory: '0', ...requests }, on === undefined ? {} : { nodeName: on });

const sized = (name: string, cpu: string, memory: string, rest: Size = {}): NewObject =>
  node(name, { allocatable: { cpu, memory, ...rest } });

interface Row {
  sentence: string;
  nodes: NewObject[];
  there?: NewObject[];
  requests: Size;
  scores: (number | undefined)[];
  strategy?: Partial<ScoringStrategy>;
}

function expectScores(plugin: string, type: ScoringStrategy['type'], row: Row): void {
  const scores = scoresBy(plugin, {
    nodes: row.nodes,
    objects: row.there ?? [],
    pod: asking('incoming', row.requests),
    settings: { schedulerScoringStrategy: { type, resources, ...row.strategy } },
  });
  expect(scores).toEqual(row.scores);
}

const twoPods = (memory: string): NewObject[] => [
  asking('one', { cpu: '3', memory: '0' }, 'a'),
  asking('two', { cpu: '3', memory }, 'b'),
];

describe('LeastAllocated', () => {
  const rows: Row[] = [
    {
      sentence: 'is full marks where nothing is asked for',
      nodes: [sized('a', '4', '10k'), sized('b', '4', '10k')],
      requests: {},
      scores: [100, 100],
    },
    {
      sentence: 'prefers the larger of two empty nodes',
      nodes: [sized('a', '4', '10k'), sized('b', '6', '10k')],
      requests: { cpu: '3', memory: '5k' },
      scores: [37, 50],
    },
    {
      sentence: 'counts what is asked for on the node already',
      nodes: [sized('a', '10', '20k'), sized('b', '10', '20k')],
      there: twoPods('5k'),
      requests: { cpu: '3', memory: '5k' },
      scores: [57, 45],
    },
    {
      sentence: 'measures by the size of the node',
      nodes: [sized('a', '10', '20k'), sized('b', '10', '50k')],
      there: twoPods('5k'),
      requests: { cpu: '3', memory: '5k' },
      scores: [57, 60],
    },
    {
      sentence: 'is nothing for a resource that would be exceeded',
      nodes: [sized('a', '4', '10k'), sized('b', '4', '10k')],
      there: twoPods('5k'),
      requests: { cpu: '3' },
      scores: [50, 25],
    },
    {
      sentence: 'weighs the resources',
      nodes: [sized('a', '4', '10k'), sized('b', '6', '10k')],
      requests: { cpu: '3', memory: '5k' },
      strategy: {
        resources: [
          { name: 'memory', weight: 2 },
          { name: 'cpu', weight: 1 },
        ],
      },
      scores: [41, 50],
    },
    {
      sentence: 'leaves out an extended resource that the pod does not ask for',
      nodes: [sized('a', '6', '10k'), sized('b', '6', '10k', { 'example.com/gpu': '4' })],
      requests: { cpu: '3', memory: '5k' },
      strategy: { resources: [...resources, { name: 'example.com/gpu', weight: 1 }] },
      scores: [50, 50],
    },
    {
      sentence: 'counts an extended resource that the pod asks for',
      nodes: [sized('a', '6', '10k', { 'example.com/gpu': '4' }), sized('b', '6', '10k', { 'example.com/gpu': '10' })],
      requests: { cpu: '3', memory: '5k', 'example.com/gpu': '2' },
      strategy: { resources: [...resources, { name: 'example.com/gpu', weight: 1 }] },
      scores: [50, 60],
    },
  ];

  it.each(rows)('$sentence', (row) => expectScores('NodeResourcesFit', 'LeastAllocated', row));

  it('counts a tenth of a cpu and 200Mi for a container that asks for nothing', () => {
    const nodes = [sized('a', '1', '2000Mi')];
    expect(scoresBy('NodeResourcesFit', { nodes, pod: pod('incoming') })).toEqual([90]);
  });
});

describe('MostAllocated', () => {
  const rows: Row[] = [
    {
      sentence: 'is nothing where nothing is asked for',
      nodes: [sized('a', '4', '10k')],
      requests: {},
      scores: [0],
    },
    {
      sentence: 'prefers the smaller of two empty nodes',
      nodes: [sized('a', '4', '10k'), sized('b', '6', '10k')],
      requests: { cpu: '3', memory: '5k' },
      scores: [62, 50],
    },
    {
      sentence: 'prefers the node where more is asked for',
      nodes: [sized('a', '10', '20k'), sized('b', '10', '20k')],
      there: twoPods('5k'),
      requests: { cpu: '3', memory: '5k' },
      scores: [42, 55],
    },
    {
      sentence: 'is full marks for a resource that would be exceeded',
      nodes: [sized('a', '4', '10k'), sized('b', '10', '8k')],
      requests: { cpu: '5', memory: '9k' },
      scores: [95, 75],
    },
  ];

  it.each(rows)('$sentence', (row) => expectScores('NodeResourcesFit', 'MostAllocated', row));
});

describe('RequestedToCapacityRatio', () => {
  const falling: UtilizationPoint[] = [
    { utilization: 0, score: 10 },
    { utilization: 100, score: 0 },
  ];
  const rows: Row[] = [
    {
      sentence: 'follows its shape, and rounds',
      nodes: [sized('a', '4', '10k'), sized('b', '6', '10k')],
      requests: { cpu: '3', memory: '5k' },
      strategy: { shape: falling },
      scores: [38, 50],
    },
    {
      sentence: 'counts what is asked for on the node already',
      nodes: [sized('a', '4', '10k'), sized('b', '6', '10k')],
      there: [asking('one', { cpu: '3', memory: '5k' }, 'a'), asking('two', { cpu: '3', memory: '5k' }, 'b')],
      requests: {},
      strategy: { shape: falling },
      scores: [38, 50],
    },
    {
      sentence: 'packs extended resources, each by its weight',
      nodes: [
        sized('a', '4', '10Gi', { 'example.com/foo': '8', 'example.com/bar': '4' }),
        sized('b', '4', '10Gi', { 'example.com/foo': '4', 'example.com/bar': '8' }),
      ],
      requests: { 'example.com/foo': '2', 'example.com/bar': '2' },
      strategy: {
        resources: [
          { name: 'example.com/foo', weight: 3 },
          { name: 'example.com/bar', weight: 5 },
        ],
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 100, score: 1 },
        ],
      },
      scores: [4, 3],
    },
    {
      sentence: 'goes up and down with its shape',
      nodes: ['5', '2500m', '1', '500m'].map((cpu, index) => sized(`n${index}`, cpu, '0')),
      requests: { cpu: '500m' },
      strategy: {
        resources: [{ name: 'cpu', weight: 1 }],
        shape: [
          { utilization: 10, score: 1 },
          { utilization: 50, score: 9 },
          { utilization: 100, score: 2 },
        ],
      },
      scores: [10, 30, 90, 20],
    },
  ];

  it.each(rows)('$sentence', (row) => expectScores('NodeResourcesFit', 'RequestedToCapacityRatio', row));
});

describe('NodeResourcesBalancedAllocation', () => {
  const rows: Row[] = [
    {
      sentence: 'has nothing to say of a pod that asks for nothing',
      nodes: [sized('a', '4', '10k')],
      requests: {},
      scores: [undefined],
    },
    {
      // Without the pod both are in balance (100); with it 75 % and 50 % (87), and 50 % and 50 % (100).
      sentence: 'prefers the node that stays in balance',
      nodes: [sized('a', '4', '10k'), sized('b', '6', '10k')],
      requests: { cpu: '3', memory: '5k' },
      scores: [68, 75],
    },
    {
      // a: 30 % and 0 % before (85), 60 % and 25 % after (82). b: 30 % and 25 % before (97), 60 % and 50 % after (95).
      sentence: 'compares the balance with the pod to the balance without it',
      nodes: [sized('a', '10', '20k'), sized('b', '10', '20k')],
      there: twoPods('5k'),
      requests: { cpu: '3', memory: '5k' },
      scores: [73, 74],
    },
    {
      // a: 50 % and 0 % before (75), 50 % and 50 % after (100).
      sentence: 'prefers a node that the pod brings into balance',
      nodes: [sized('a', '6', '10k'), sized('b', '6', '10k')],
      there: [asking('one', { cpu: '3' }, 'a')],
      requests: { memory: '5k' },
      scores: [87, 62],
    },
  ];

  it.each(rows)('$sentence', (row) => expectScores('NodeResourcesBalancedAllocation', 'LeastAllocated', row));
});
