import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { feasibleNodes, refusals, scoresBy } from './evaluate.ts';
import { node, pod } from './support.ts';

const PLUGIN = 'InterPodAffinity';

type Labels = Record<string, string>;

const china = { region: 'China' };
const india = { region: 'India' };
const zone1 = { az: '1' };
const zone2 = { az: '2' };
const S1 = { security: 'S1' };
const S2 = { security: 'S2' };

interface Term {
  labels: Labels;
  key: string;
  rest?: object;
}

const term = ({ labels, key, rest }: Term): object => ({
  labelSelector: { matchLabels: labels },
  topologyKey: key,
  ...rest,
});
const prefer = (weight: number, wanted: Term): object => ({
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: term(wanted) }],
});
const require = (...wanted: Term[]): object => ({ requiredDuringSchedulingIgnoredDuringExecution: wanted.map(term) });

const near = (podAffinity: object): object => ({ affinity: { podAffinity } });
const away = (podAntiAffinity: object): object => ({ affinity: { podAntiAffinity } });

const team = (name: string, owner: string): NewObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { team: owner } },
});
const ofTeam = (owner: string) => ({ namespaceSelector: { matchLabels: { team: owner } } });

/** Pods as [node, labels, spec, namespace]. */
type Placed = readonly [on: string, labels: Labels, spec?: object, namespace?: string];

const objectsOf = (pods: readonly Placed[]): NewObject[] =>
  pods.map(([on, labels, spec = {}, namespace = 'default'], index) =>
    pod(`p${index}`, {}, { nodeName: on, ...spec }, { labels, namespace }),
  );

const nodesOf = (labels: readonly Labels[]): NewObject[] =>
  labels.map((each, index) => node(`n${index + 1}`, { labels: each }));

interface ScoreRow {
  sentence: string;
  nodes: Labels[];
  there: Placed[];
  spec?: object;
  labels?: Labels;
  namespace?: string;
  scores: (number | undefined)[];
}

describe('the wish to be near or away', () => {
  const withS1 = near(prefer(5, { labels: S1, key: 'region' }));
  const withS2 = near(prefer(6, { labels: S2, key: 'region' }));
  const notWithS1 = away(prefer(5, { labels: S1, key: 'az' }));
  const notWithS2 = away(prefer(5, { labels: S2, key: 'az' }));
  const rows: ScoreRow[] = [
    {
      sentence: 'is nothing to a pod without wishes among pods without wishes',
      nodes: [china, india],
      there: [['n1', S1]],
      scores: [undefined, undefined],
    },
    {
      sentence: 'leads to where the wanted pod is',
      nodes: [china, india, zone1],
      there: [
        ['n1', S1],
        ['n2', S2],
        ['n3', S1],
      ],
      spec: withS1,
      scores: [100, 0, 0],
    },
    {
      sentence: 'holds for all nodes of the topology',
      nodes: [china, { ...china, ...zone1 }, india],
      there: [['n1', S1]],
      spec: withS1,
      scores: [100, 100, 0],
    },
    {
      sentence: 'leads to where more of the wanted pods are',
      nodes: [china, india, china, china, india],
      there: ['n1', 'n1', 'n2', 'n3', 'n4', 'n5'].map((on): Placed => [on, S2]),
      spec: withS2,
      scores: [100, 0, 100, 100, 0],
    },
    {
      sentence: 'of pods that are there counts for the one that comes',
      nodes: [china, india, zone1],
      there: [
        ['n1', S1, withS1],
        ['n2', S2, withS2],
      ],
      labels: S2,
      scores: [0, 100, 0],
    },
    {
      sentence: 'of pods that are there counts with its namespaces',
      nodes: [china, india, zone1],
      there: [
        ['n1', S1, near(prefer(5, { labels: S1, key: 'region', rest: ofTeam('one') }))],
        ['n2', S2, withS2],
      ],
      labels: S1,
      namespace: 'one',
      scores: [100, 0, 0],
    },
    {
      sentence: 'of pods that are there to be alone counts with its namespaces',
      nodes: [china, india, zone1],
      there: [
        ['n1', S1, away(prefer(5, { labels: S1, key: 'region', rest: ofTeam('one') }))],
        ['n2', S2, withS2],
      ],
      labels: S1,
      namespace: 'one',
      scores: [0, 100, 100],
    },
    {
      sentence: 'of pods that are there counts a little when it is a demand',
      nodes: [china, india, zone1],
      there: [
        ['n1', S1, near(require({ labels: S1, key: 'region' }))],
        ['n2', S2, near(require({ labels: S1, key: 'region' }))],
      ],
      labels: S1,
      scores: [100, 100, 0],
    },
    {
      sentence: 'to be away leads to where the pod is not',
      nodes: [zone1, china],
      there: [
        ['n1', S1],
        ['n2', S2],
      ],
      spec: notWithS1,
      labels: S1,
      scores: [0, 100],
    },
    {
      sentence: 'to be away says nothing of nodes without the label',
      nodes: [zone1, china],
      there: [
        ['n1', S1],
        ['n2', S1],
      ],
      spec: notWithS1,
      labels: S1,
      scores: [0, 100],
    },
    {
      sentence: 'to be away of pods that are there counts for the one that comes',
      nodes: [zone1, zone2],
      there: [
        ['n1', S1, notWithS2],
        ['n2', S2, notWithS1],
      ],
      labels: S2,
      scores: [0, 100],
    },
    {
      sentence: 'to be near and the wish to be away are added',
      nodes: [china, zone1],
      there: [
        ['n1', S1],
        ['n2', S1],
      ],
      spec: {
        affinity: {
          podAffinity: prefer(8, { labels: S1, key: 'region' }),
          podAntiAffinity: prefer(5, { labels: S2, key: 'az' }),
        },
      },
      labels: S1,
      scores: [100, 0],
    },
    {
      sentence: 'distinguishes by the value of a label of its own',
      nodes: [china, india],
      there: [
        ['n1', { ...S1, release: '1' }],
        ['n2', { ...S1, release: '2' }],
      ],
      spec: near(prefer(5, { labels: S1, key: 'region', rest: { matchLabelKeys: ['release'] } })),
      labels: { release: '2' },
      scores: [0, 100],
    },
    {
      sentence: 'distinguishes by another value than that of a label of its own',
      nodes: [china, india],
      there: [
        ['n1', { ...S1, release: '1' }],
        ['n2', { ...S1, release: '2' }],
      ],
      spec: near(prefer(5, { labels: S1, key: 'region', rest: { mismatchLabelKeys: ['release'] } })),
      labels: { release: '2' },
      scores: [100, 0],
    },
  ];

  it.each(rows)('$sentence', ({ nodes, there, spec, labels = {}, namespace = 'default', scores }) => {
    const question = {
      nodes: nodesOf(nodes),
      objects: [team('one', 'one'), ...objectsOf(there)],
      pod: pod('incoming', {}, spec, { labels, namespace }),
    };
    expect(scoresBy(PLUGIN, question)).toEqual(scores);
  });
});

interface FilterRow {
  sentence: string;
  nodes: Labels[];
  there: Placed[];
  spec?: object;
  labels?: Labels;
  feasible: string[];
}

describe('the demand to be near or away', () => {
  const nearS1 = near(require({ labels: S1, key: 'region' }));
  const awayFromS1 = away(require({ labels: S1, key: 'region' }));
  const rows: FilterRow[] = [
    {
      sentence: 'lets no node do when the wanted pod is nowhere',
      nodes: [china, india],
      there: [['n1', S2]],
      spec: nearS1,
      feasible: [],
    },
    {
      sentence: 'lets the nodes of the topology do',
      nodes: [china, { ...china, ...zone1 }, india],
      there: [['n1', S1]],
      spec: nearS1,
      feasible: ['n1', 'n2'],
    },
    {
      sentence: 'lets the first of a group be anywhere in the topology',
      nodes: [china, india, zone1],
      there: [],
      spec: nearS1,
      labels: S1,
      feasible: ['n1', 'n2'],
    },
    {
      sentence: 'wants one pod that meets all its terms',
      nodes: [
        { ...china, ...zone1 },
        { ...india, ...zone2 },
      ],
      there: [
        ['n1', S1],
        ['n2', { ...S1, app: 'db' }],
      ],
      spec: near(require({ labels: S1, key: 'region' }, { labels: { app: 'db' }, key: 'az' })),
      feasible: ['n2'],
    },
    {
      sentence: 'looks at other namespaces only if it says so',
      nodes: [china, india],
      there: [
        ['n1', S1, {}, 'one'],
        ['n2', S1, {}, 'two'],
      ],
      spec: near(require({ labels: S1, key: 'region', rest: ofTeam('one') })),
      feasible: ['n1'],
    },
    {
      sentence: 'looks at all namespaces with an empty selector',
      nodes: [china, india],
      there: [
        ['n1', S1, {}, 'one'],
        ['n2', S1, {}, 'two'],
      ],
      spec: near(require({ labels: S1, key: 'region', rest: { namespaceSelector: {} } })),
      feasible: ['n1', 'n2'],
    },
    {
      sentence: 'looks at the namespaces it names',
      nodes: [china, india],
      there: [
        ['n1', S1],
        ['n2', S1, {}, 'two'],
      ],
      spec: near(require({ labels: S1, key: 'region', rest: { namespaces: ['two'] } })),
      feasible: ['n2'],
    },
    {
      sentence: 'to be away leaves the other nodes',
      nodes: [china, { ...china, ...zone1 }, india, zone2],
      there: [['n1', S1]],
      spec: awayFromS1,
      feasible: ['n3', 'n4'],
    },
    {
      sentence: 'to be away of a pod that is there holds for the one that comes',
      nodes: [china, { ...china, ...zone1 }, india],
      there: [['n1', S2, awayFromS1]],
      labels: S1,
      feasible: ['n3'],
    },
    {
      sentence: 'to be away is met when one of several terms is of another topology',
      nodes: [{ ...china, ...zone1 }, { ...china, ...zone2 }, india],
      there: [['n1', S1]],
      spec: away(require({ labels: S1, key: 'az' }, { labels: S2, key: 'region' })),
      feasible: ['n2', 'n3'],
    },
  ];

  it.each(rows)('$sentence', ({ nodes, there, spec, labels = {}, feasible }) => {
    const question = {
      nodes: nodesOf(nodes),
      objects: [team('one', 'one'), team('two', 'two'), ...objectsOf(there)],
      pod: pod('incoming', {}, spec, { labels }),
    };
    expect(feasibleNodes(question)).toEqual(feasible);
  });

  it('says which of the demands is not met', () => {
    const question = {
      nodes: nodesOf([{ ...china, ...zone1 }, { ...india, ...zone2 }, { az: '3' }, { ...china, az: '4' }]),
      objects: objectsOf([
        ['n1', S1],
        ['n4', S1],
        ['n4', { app: 'db' }],
        ['n2', S1, away(require({ labels: { app: 'web' }, key: 'region' }))],
      ]),
      pod: pod(
        'incoming',
        {},
        {
          affinity: {
            podAffinity: require({ labels: S1, key: 'region' }),
            podAntiAffinity: require({ labels: { app: 'db' }, key: 'az' }),
          },
        },
        { labels: { app: 'web' } },
      ),
    };
    expect(refusals(question)).toEqual({
      n2: "node(s) didn't satisfy existing pods anti-affinity rules",
      n3: "node(s) didn't match pod affinity rules",
      n4: "node(s) didn't match pod anti-affinity rules",
    });
  });
});
