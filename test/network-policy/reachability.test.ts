import { expect, test } from 'vitest';
import { NetworkPolicy } from '../../src/kinds/networkpolicy/types.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { clusterOf, deniedPairs, expectedPairs, podAt } from './truth-table.ts';

/** The cases of test/e2e/network/netpol/network_policy.go. */

interface Policy {
  in?: string;
  pods?: object;
  ingress?: object[];
  egress?: object[];
  types?: string[];
}

const A = { matchLabels: { pod: 'a' } };
const B = { matchLabels: { pod: 'b' } };
const named = (...names: string[]) => ({ matchLabels: { 'kubernetes.io/metadata.name': names[0] } });
const notIn = (...values: string[]) => ({
  matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values }],
});
const podIn = (...values: string[]) => ({ matchExpressions: [{ key: 'pod', operator: 'In', values }] });
const tcp = (port: number | string) => ({ protocol: 'TCP', port });

function manifest({ in: namespace = 'x', pods = {}, ingress, egress, types }: Policy, index: number) {
  const given = [...(ingress ? ['Ingress'] : []), ...(egress ? ['Egress'] : [])];
  const spec = {
    podSelector: pods,
    policyTypes: types ?? given,
    ...(ingress && { ingress }),
    ...(egress && { egress }),
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${index}`, namespace },
    spec,
  };
}

type Check = [port: number, protocol: string, expectations: string[]];
type Row = [title: string, pods: string, policies: Policy[], checks: Check[]];

const rows: Row[] = [
  ['default-deny-ingress', 'x/a x/b y/a y/b', [{ ingress: [] }], [[80, 'TCP', ['-* > x/*']]]],
  ['default-deny-all', 'x/a x/b y/a', [{ ingress: [], egress: [] }], [[80, 'TCP', ['-* > x/*', '-x/* > *']]]],
  [
    'pods of the own namespace by labels',
    'x/a x/b x/c y/a y/b',
    [{ pods: A, ingress: [{ from: [{ podSelector: B }] }] }],
    [[80, 'TCP', ['-* > x/a', '+x/b > x/a']]],
  ],
  [
    'one target allowed beside a policy that denies all',
    'x/a x/b y/a',
    [{ ingress: [] }, { pods: A, ingress: [{ from: [{ podSelector: {}, namespaceSelector: {} }] }] }],
    [[80, 'TCP', ['-* > x/b']]],
  ],
  [
    'pods of all namespaces',
    'x/a x/b y/a z/a',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: { matchLabels: {} } }] }] }],
    [[80, 'TCP', []]],
  ],
  [
    'only another namespace',
    'x/a x/b y/a z/a',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: named('y') }] }] }],
    [[80, 'TCP', ['-x/* > x/a', '-z/* > x/a']]],
  ],
  [
    'pods by expressions',
    'x/a x/b y/a y/b',
    [{ pods: A, ingress: [{ from: [{ podSelector: podIn('b') }] }] }],
    [[80, 'TCP', ['-* > x/a', '+x/b > x/a']]],
  ],
  [
    'a pod selector or a namespace selector',
    'x/a x/b x/c y/a',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: notIn('x') }, { podSelector: B }] }] }],
    [[80, 'TCP', ['-x/c > x/a']]],
  ],
  [
    'a pod selector and a namespace selector',
    'x/a x/b y/a y/b z/b',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: notIn('x'), podSelector: B }] }] }],
    [[80, 'TCP', ['-* > x/a', '+y/b > x/a', '+z/b > x/a']]],
  ],
  [
    'several pods of other namespaces',
    'x/a x/b y/a y/b y/c',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: notIn('x'), podSelector: podIn('b', 'c') }] }] }],
    [[80, 'TCP', ['-x/* > x/a', '-y/a > x/a']]],
  ],
  [
    'any of several pod selectors',
    'x/a x/b x/c x/d',
    [{ pods: A, ingress: [{ from: [{ podSelector: B }, { podSelector: podIn('c') }] }] }],
    [[80, 'TCP', ['-* > x/a', '+x/b > x/a', '+x/c > x/a']]],
  ],
  [
    'a pod of another namespace',
    'x/a x/b y/a y/b z/a',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: named('y'), podSelector: A }] }] }],
    [[80, 'TCP', ['-* > x/a', '+y/a > x/a']]],
  ],
  [
    'a port',
    'x/a x/b y/a y/b z/a',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: named('y') }], ports: [tcp(81)] }] }],
    [
      [81, 'TCP', ['-x/* > x/a', '-z/* > x/a']],
      [80, 'TCP', ['-* > x/a']],
    ],
  ],
  [
    'stacked policies for the same pods',
    'x/a x/b y/a y/b z/a',
    [
      { pods: A, ingress: [{ from: [{ namespaceSelector: named('y') }], ports: [tcp(81)] }] },
      { pods: A, ingress: [{ from: [{ namespaceSelector: named('y') }], ports: [tcp(80)] }] },
    ],
    [
      [81, 'TCP', ['-x/* > x/a', '-z/* > x/a']],
      [80, 'TCP', ['-x/* > x/a', '-z/* > x/a']],
    ],
  ],
  [
    'a policy that allows all',
    'x/a x/b y/a',
    [{ ingress: [{}] }],
    [
      [80, 'TCP', []],
      [81, 'TCP', []],
    ],
  ],
  [
    'a named port for ingress',
    'x/a x/b y/a',
    [{ ingress: [{ ports: [{ port: 'serve-81-tcp' }] }] }],
    [
      [81, 'TCP', []],
      [80, 'TCP', ['-* > x/*']],
    ],
  ],
  [
    'a named port for ingress from a namespace',
    'x/a x/b y/a z/a',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: named('y') }], ports: [tcp('serve-80-tcp')] }] }],
    [
      [80, 'TCP', ['-x/* > x/a', '-z/* > x/a']],
      [81, 'TCP', ['-* > x/a']],
    ],
  ],
  [
    'a named port for egress',
    'x/a y/a',
    [{ egress: [{ ports: [{ port: 'serve-80-tcp' }] }] }],
    [
      [80, 'TCP', []],
      [81, 'TCP', ['-x/* > *']],
    ],
  ],
  [
    'an empty pod selector: the own namespace only',
    'x/a x/b y/a z/a',
    [{ ingress: [{ from: [{ podSelector: { matchLabels: {} } }] }] }],
    [[80, 'TCP', ['-y/* > x/*', '-z/* > x/*']]],
  ],
  ['no egress of some pods', 'x/a x/b y/a', [{ pods: A, egress: [] }], [[80, 'TCP', ['-x/a > *']]]],
  ['no egress of a namespace', 'x/a x/b y/a', [{ egress: [] }], [[80, 'TCP', ['-x/* > *']]]],
  [
    'ingress and egress in one policy',
    'x/a x/b x/c y/a',
    [{ pods: A, ingress: [{ from: [{ podSelector: B }] }], egress: [{ ports: [{ port: 80 }] }] }],
    [
      [80, 'TCP', ['-* > x/a', '+x/b > x/a']],
      [81, 'TCP', ['-* > x/a', '-x/a > *', '+x/b > x/a']],
    ],
  ],
  [
    "the client's egress denied though the server's ingress allows it",
    'x/a y/a y/b',
    [
      { pods: A, egress: [{ to: [{ namespaceSelector: named('y'), podSelector: A }] }] },
      { in: 'y', pods: A, ingress: [{ from: [{ namespaceSelector: named('x'), podSelector: A }] }] },
      { in: 'y', pods: B, ingress: [{ from: [{ namespaceSelector: named('x'), podSelector: A }] }] },
    ],
    [[80, 'TCP', ['-x/a > *', '-* > y/a', '+x/a > y/a', '-* > y/b']]],
  ],
  [
    'egress to a pod of another namespace',
    'x/a y/a y/b',
    [{ pods: A, egress: [{ to: [{ namespaceSelector: named('y'), podSelector: A }] }] }],
    [[80, 'TCP', ['-x/a > *', '+x/a > y/a']]],
  ],
  [
    'every port of a protocol',
    'x/a y/a',
    [{ pods: A, ingress: [{ ports: [{ protocol: 'TCP' }] }] }],
    [
      [80, 'TCP', []],
      [80, 'UDP', ['-* > x/a']],
    ],
  ],
  [
    'an ingress policy that allows all beside one that allows little',
    'x/a y/a',
    [{ ingress: [{ ports: [{ port: 80 }] }] }, { ingress: [{}] }],
    [[81, 'TCP', []]],
  ],
  [
    'an egress policy that allows all beside one that allows little',
    'x/a y/a',
    [{ egress: [{ ports: [{ port: 80 }] }] }, { egress: [{}] }],
    [[81, 'TCP', []]],
  ],
  [
    'egress to a block of addresses',
    'x/a y/a y/b',
    [{ pods: A, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.3/32' } }] }] }],
    [[80, 'TCP', ['-x/a > *', '+x/a > y/b']]],
  ],
  [
    'a hole in a block of addresses',
    'x/a x/b x/c',
    [{ pods: A, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.0.2/32'] } }] }] }],
    [[80, 'TCP', ['-x/a > x/b']]],
  ],
  [
    'an address in a hole of one block and in another block',
    'x/a x/b x/c',
    [
      { pods: A, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.0.2/32'] } }] }] },
      { pods: A, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.2/32' } }] }] },
    ],
    [[80, 'TCP', []]],
  ],
  [
    'egress allowed and ingress denied of the same pod',
    'x/a x/b y/a',
    [
      { pods: A, egress: [{}] },
      { pods: A, ingress: [] },
    ],
    [[80, 'TCP', ['-* > x/a']]],
  ],
  [
    'SCTP is not TCP',
    'x/a y/a',
    [{ ingress: [] }, { pods: A, ingress: [{ ports: [{ protocol: 'SCTP', port: 81 }] }] }],
    [
      [81, 'TCP', ['-* > x/*']],
      [81, 'SCTP', []],
    ],
  ],
  [
    'UDP only',
    'x/a x/b y/a',
    [{ pods: A, ingress: [{ from: [{ podSelector: B }], ports: [{ protocol: 'UDP', port: 81 }] }] }],
    [
      [81, 'UDP', ['-* > x/a', '+x/b > x/a']],
      [81, 'TCP', ['-* > x/a']],
    ],
  ],
  [
    'a rule for SCTP isolates for TCP on other ports too',
    'x/a y/a',
    [{ pods: A, ingress: [{ ports: [{ protocol: 'SCTP', port: 80 }] }] }],
    [[81, 'TCP', ['-* > x/a']]],
  ],
  [
    'egress to all namespaces but one',
    'x/a x/b y/a z/a',
    [{ pods: A, egress: [{ to: [{ namespaceSelector: notIn('y') }] }] }],
    [[80, 'TCP', ['-x/a > y/*']]],
  ],
  [
    'default-deny-ingress for UDP and SCTP',
    'x/a x/b y/a y/b',
    [{ ingress: [] }],
    [
      [80, 'UDP', ['-* > x/*']],
      [80, 'SCTP', ['-* > x/*']],
    ],
  ],
  ...['UDP', 'SCTP'].map((protocol): Row => [
    `a port of ${protocol} from a namespace`,
    'x/a x/b y/a z/a',
    [{ pods: A, ingress: [{ from: [{ namespaceSelector: named('y') }], ports: [{ protocol, port: 81 }] }] }],
    [
      [81, protocol, ['-x/* > x/a', '-z/* > x/a']],
      [81, 'TCP', ['-* > x/a']],
    ],
  ]),
  [
    'a range of ports',
    'x/a x/b y/a',
    [{ egress: [{ ports: [{ port: 32, endPort: 80 }] }] }],
    [
      [80, 'TCP', []],
      [31, 'TCP', ['-x/* > *']],
      [81, 'TCP', ['-x/* > *']],
    ],
  ],
  [
    'several rules of one policy, each by itself',
    'x/a x/b x/c y/a',
    [{ pods: A, ingress: [{ from: [{ podSelector: B }], ports: [tcp(80)] }, { from: [{ podSelector: podIn('c') }] }] }],
    [
      [80, 'TCP', ['-* > x/a', '+x/b > x/a', '+x/c > x/a']],
      [81, 'TCP', ['-* > x/a', '+x/c > x/a']],
    ],
  ],
];

test.each(rows)('%s', (_title, names, policies, checks) => {
  const pods = names.split(' ');
  const model = clusterOf(pods);
  model.create(...policies.map(manifest));
  for (const [port, protocol, expectations] of checks) {
    const place = `${protocol} ${port}`;
    expect([place, ...deniedPairs(model, pods, port, protocol)]).toEqual([place, ...expectedPairs(pods, expectations)]);
  }
});

test('without policies every pod reaches every other', () => {
  const pods = ['x/a', 'y/a', 'z/a'];
  expect(deniedPairs(clusterOf(pods), pods, 80)).toEqual([]);
});

test('a policy that is changed, and one that is deleted, count at once', () => {
  const pods = ['x/a', 'y/a'];
  const model = clusterOf(pods);
  model.create(manifest({ ingress: [{}] }, 0));
  expect(deniedPairs(model, pods, 81)).toEqual([]);
  model.do((api) => {
    const policy = api.get(NetworkPolicy, 'x', 'policy-0')!;
    api.update({ ...policy, spec: { ...policy.spec, ingress: [] } });
  });
  expect(deniedPairs(model, pods, 81)).toEqual(['y/a → x/a']);
  model.do((api) => void api.delete(api.get(NetworkPolicy, 'x', 'policy-0')!));
  expect(deniedPairs(model, pods, 81)).toEqual([]);
});

test('labels of a namespace and of a pod decide as they stand', () => {
  const pods = ['x/a', 'x/b', 'y/a'];
  const model = clusterOf(pods);
  model.create(
    manifest({ pods: A, ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns2: 'updated' } } }] }] }, 0),
    manifest({ pods: A, ingress: [{ from: [{ podSelector: { matchLabels: { pod2: 'updated' } } }] }] }, 1),
    manifest({ pods: { matchLabels: { target: 'isolated' } }, ingress: [] }, 2),
  );
  expect(deniedPairs(model, pods, 80)).toEqual(['x/b → x/a', 'y/a → x/a']);
  model.do((api) => {
    const namespace = api.get(Namespace, undefined, 'y')!;
    const labels = { ...namespace.metadata.labels, ns2: 'updated' };
    api.update({ ...namespace, metadata: { ...namespace.metadata, labels } });
    const pod = podAt(model, 'x/b');
    api.update({ ...pod, metadata: { ...pod.metadata, labels: { pod: 'b', pod2: 'updated', target: 'isolated' } } });
  });
  expect(deniedPairs(model, pods, 80)).toEqual(['x/a → x/b', 'y/a → x/b']);
});
