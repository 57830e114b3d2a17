import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { feasibleNodes, refusals, scoresBy } from './evaluate.ts';
import { node, pod } from './support.ts';

const HOST = 'kubernetes.io/hostname';
const PLUGIN = 'PodTopologySpread';

type Labels = Record<string, string>;

/** Nodes of two zones: a and b are in the first, x and y in the second. */
const ZONES: Labels = { a: '1', b: '1', x: '2', y: '2', m: '3', n: '3' };
const zoned = (...names: string[]) => names.map((name) => node(name, { labels: { zone: ZONES[name] ?? '' } }));

/** Pods on nodes, as text: "a:foo,foo b:foo+bar"; each name is a label of its own. */
function placed(text: string, namespace = 'default'): NewObject[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [on = '', list = ''] = part.split(':');
      return list.split(',').map((names, index) => {
        const labels = Object.fromEntries(names.split('+').map((name) => [name, 'yes']));
        return pod(`${on}${index}`, {}, { nodeName: on }, { labels, namespace });
      });
    });
}

interface Constraint {
  key?: string;
  maxSkew?: number;
  label?: string | null;
  rest?: object;
}

function spreading(hard: boolean, constraints: readonly Constraint[], labels: Labels, spec: object = {}): NewObject {
  const topologySpreadConstraints = constraints.map(({ key = HOST, maxSkew = 1, label = 'foo', rest }) => ({
    maxSkew,
    topologyKey: key,
    whenUnsatisfiable: hard ? 'DoNotSchedule' : 'ScheduleAnyway',
    ...(label === null ? {} : { labelSelector: { matchLabels: { [label]: 'yes' } } }),
    ...rest,
  }));
  return pod('incoming', {}, { topologySpreadConstraints, ...spec }, { labels });
}

interface Row {
  sentence: string;
  nodes: NewObject[];
  there: string;
  constraints: Constraint[];
  labels?: Labels;
  spec?: object;
}

const FOO = { foo: 'yes' };
const BOTH = { foo: 'yes', bar: 'yes' };
const MISSING = "node(s) didn't match pod topology spread constraints (missing required label)";
const UNMET = "node(s) didn't match pod topology spread constraints";

describe('a constraint that must be met', () => {
  const rows: (Row & { feasible: string[] })[] = [
    {
      sentence: 'lets the first pod be anywhere',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: '',
      constraints: [{ key: 'zone' }],
      feasible: ['a', 'b', 'x', 'y'],
    },
    {
      sentence: 'keeps zones within the skew',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo b:foo y:foo',
      constraints: [{ key: 'zone' }],
      feasible: ['x', 'y'],
    },
    {
      sentence: 'keeps nodes within the skew',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo b:foo y:foo,foo,foo',
      constraints: [{}],
      feasible: ['x'],
    },
    {
      sentence: 'allows a larger skew',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo b:foo y:foo,foo,foo',
      constraints: [{ maxSkew: 2 }],
      feasible: ['b', 'x'],
    },
    {
      sentence: 'counts the pod itself only when it is selected',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:bar b:bar y:bar',
      constraints: [{ key: 'zone', label: 'bar' }],
      feasible: ['a', 'b', 'x', 'y'],
    },
    {
      sentence: 'counts no pods of other namespaces',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'x:foo',
      constraints: [{ key: 'zone' }],
      feasible: ['a', 'b'],
    },
    {
      sentence: 'with another must be met together with it',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo b:foo x:foo y:foo,foo',
      constraints: [{ key: 'zone' }, {}],
      feasible: ['b', 'x'],
    },
    {
      sentence: 'with another that contradicts it leaves no place',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo b:foo+bar x:bar,bar y:foo,foo,foo',
      constraints: [{ key: 'zone' }, { label: 'bar' }],
      labels: BOTH,
      feasible: ['a'],
    },
    {
      sentence: 'wants more domains than there are',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo x:foo',
      constraints: [{ key: 'zone', rest: { minDomains: 3 } }],
      feasible: [],
    },
    {
      sentence: 'is content with as many domains as it wants',
      nodes: zoned('a', 'x', 'm'),
      there: 'a:foo x:foo m:foo',
      constraints: [{ key: 'zone', rest: { minDomains: 3 } }],
      feasible: ['a', 'x', 'm'],
    },
    {
      sentence: 'leaves out nodes that the pod does not select',
      nodes: zoned('a', 'b', 'x'),
      there: 'a:foo',
      constraints: [{}],
      spec: { nodeSelector: { zone: '1' } },
      feasible: ['b'],
    },
    {
      sentence: 'counts domains of nodes that the pod does not select, if told to',
      nodes: zoned('a', 'b', 'x'),
      there: 'a:foo b:foo',
      constraints: [{ rest: { nodeAffinityPolicy: 'Ignore' } }],
      spec: { nodeSelector: { zone: '1' } },
      feasible: [],
    },
    {
      sentence: 'counts tainted nodes',
      nodes: [...zoned('a', 'b'), node('t', { taints: [{ key: 'k', effect: 'NoSchedule' }] })],
      there: 'a:foo b:foo',
      constraints: [{}],
      feasible: [],
    },
    {
      sentence: 'leaves out tainted nodes, if told to',
      nodes: [...zoned('a', 'b'), node('t', { taints: [{ key: 'k', effect: 'NoSchedule' }] })],
      there: 'a:foo b:foo',
      constraints: [{ rest: { nodeTaintsPolicy: 'Honor' } }],
      feasible: ['a', 'b'],
    },
    {
      sentence: 'distinguishes pods by the value of a label',
      nodes: zoned('a', 'x'),
      there: 'a:foo',
      constraints: [{ key: 'zone', rest: { matchLabelKeys: ['release'] } }],
      labels: { ...FOO, release: '2' },
      feasible: ['a', 'x'],
    },
  ];

  it.each(rows)('$sentence', ({ nodes, there, constraints, labels = FOO, spec, feasible }) => {
    const incoming = spreading(true, constraints, labels, spec);
    expect(feasibleNodes({ nodes, objects: placed(there), pod: incoming })).toEqual(feasible);
  });

  it('refuses a node without the label for good', () => {
    const question = {
      nodes: [node('a', { labels: { zone: '1' } }), node('b'), node('c', { labels: { zone: '2' } })],
      objects: placed('a:foo'),
      pod: spreading(true, [{ key: 'zone' }], FOO),
    };
    expect(refusals(question)).toEqual({ a: UNMET, b: MISSING });
  });

  it('does not count the pods of other namespaces', () => {
    const question = {
      nodes: zoned('a', 'x'),
      objects: placed('a:foo,foo', 'kube-system'),
      pod: spreading(true, [{ key: 'zone' }], FOO),
    };
    expect(feasibleNodes(question)).toEqual(['a', 'x']);
  });
});

describe('a constraint that had better be met', () => {
  const rows: (Row & { candidates?: string[]; scores: (number | undefined)[] })[] = [
    {
      sentence: 'finds empty nodes equal',
      nodes: zoned('a', 'b'),
      there: '',
      constraints: [{}],
      scores: [100, 100],
    },
    {
      sentence: 'gives a single candidate full marks',
      nodes: zoned('a', 'b'),
      there: 'a:foo,foo b:foo',
      constraints: [{}],
      candidates: ['a'],
      scores: [100],
    },
    {
      sentence: 'prefers nodes with fewer pods',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo b:foo y:foo,foo,foo',
      constraints: [{}],
      scores: [20, 60, 100, 0],
    },
    {
      sentence: 'without a selector counts nothing',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo b:foo y:foo,foo,foo',
      constraints: [{ label: null }],
      scores: [100, 100, 100, 100],
    },
    {
      sentence: 'is milder with a larger skew',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo b:foo y:foo,foo,foo',
      constraints: [{ maxSkew: 2 }],
      scores: [33, 66, 100, 16],
    },
    {
      sentence: 'is milder still with a still larger skew',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo,foo,foo b:foo,foo,foo x:foo,foo y:foo',
      constraints: [{ maxSkew: 3 }],
      scores: [44, 66, 77, 100],
    },
    {
      sentence: 'compares candidates only',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo,foo,foo b:foo,foo x:foo y:foo,foo,foo',
      constraints: [{}],
      candidates: ['a', 'b', 'x'],
      scores: [33, 83, 100],
    },
    {
      sentence: 'gives nothing to a node without the label',
      nodes: [...zoned('a'), node('b', { labels: { [HOST]: '' } }), ...zoned('x', 'y')].map((each) =>
        each.metadata.name === 'b' ? { ...each, metadata: { name: 'b', labels: { n: 'b' } } } : each,
      ),
      there: 'a:foo,foo,foo,foo b:foo,foo x:foo y:foo,foo,foo',
      constraints: [{}],
      candidates: ['a', 'b', 'x'],
      scores: [16, 0, 100],
    },
    {
      sentence: 'counts pods of a zone on nodes that are no candidates',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo,foo,foo b:foo,foo x:foo y:foo,foo,foo',
      constraints: [{ key: 'zone' }],
      candidates: ['a', 'b', 'x'],
      scores: [75, 75, 100],
    },
    {
      sentence: 'is added to another',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo,foo b:foo x:foo,foo y:foo,foo,foo,foo',
      constraints: [{ key: 'zone' }, {}],
      candidates: ['a', 'x'],
      scores: [100, 63],
    },
    {
      sentence: 'is added to another with another selector',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo b:foo+bar y:foo,bar',
      constraints: [{ key: 'zone' }, { label: 'bar' }],
      labels: BOTH,
      scores: [60, 20, 100, 60],
    },
    {
      sentence: 'is added to another where some nodes are empty',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'b:bar x:foo y:foo+bar',
      constraints: [{ key: 'zone' }, { label: 'bar' }],
      labels: BOTH,
      scores: [100, 60, 40, 0],
    },
    {
      sentence: 'is added to another where one node is no candidate',
      nodes: zoned('a', 'b', 'x', 'y'),
      there: 'a:foo b:foo+bar y:foo,bar',
      constraints: [{ key: 'zone' }, { label: 'bar' }],
      labels: BOTH,
      candidates: ['a', 'b', 'x'],
      scores: [50, 25, 100],
    },
    {
      sentence: 'leaves out nodes that the pod does not select',
      nodes: ['a', 'b', 'c'].map((name) => node(name, { labels: { host: name, ...(name === 'c' ? {} : FOO) } })),
      there: 'a:foo,foo b:foo c:foo',
      constraints: [{ key: 'host' }],
      spec: { nodeSelector: FOO },
      scores: [0, 33, 100],
    },
    {
      sentence: 'counts nodes that the pod does not select, if told to',
      nodes: ['a', 'b', 'c'].map((name) => node(name, { labels: { host: name, ...(name === 'c' ? {} : FOO) } })),
      there: 'a:foo,foo b:foo c:foo',
      constraints: [{ key: 'host', rest: { nodeAffinityPolicy: 'Ignore' } }],
      spec: { nodeSelector: FOO },
      scores: [66, 100, 100],
    },
  ];

  it.each(rows)('$sentence', ({ nodes, there, constraints, labels = FOO, spec, candidates, scores }) => {
    const incoming = spreading(false, constraints, labels, spec);
    const question = { nodes, objects: placed(there), pod: incoming, ...(candidates ? { candidates } : {}) };
    expect(scoresBy(PLUGIN, question)).toEqual(scores);
  });

  it('does not count pods that are ending', () => {
    const question = { nodes: zoned('a', 'b'), objects: placed('a:foo b:foo'), ending: ['a0'] };
    expect(scoresBy(PLUGIN, { ...question, pod: spreading(false, [{}], FOO) })).toEqual([100, 0]);
  });

  it('is assumed of the pods of a service: five to a zone, three to a node', () => {
    const service: NewObject = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: FOO, ports: [{ port: 80 }] },
    };
    const nodes = ['a', 'b', 'c', 'd'].map((name) => node(name));
    const objects = [service, ...placed('a:foo,foo,foo,foo b:foo,foo,foo c:foo,foo d:foo')];
    const incoming = pod('incoming', {}, {}, { labels: FOO });
    expect(scoresBy(PLUGIN, { nodes, objects, pod: incoming })).toEqual([44, 66, 77, 100]);
    expect(scoresBy(PLUGIN, { nodes, objects: objects.slice(1), pod: incoming })).toEqual(nodes.map(() => undefined));
  });
});
