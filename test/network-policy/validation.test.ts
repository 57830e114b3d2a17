import { describe, expect, it } from 'vitest';
import { NetworkPolicy } from '../../src/kinds/networkpolicy/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { clusterOf } from './truth-table.ts';

/** The rules of pkg/apis/networking/validation and the defaults of pkg/apis/networking/v1. */

function policy(spec: unknown): NewObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'p', namespace: 'x' }, spec };
}

function refusal(spec: unknown): string | undefined {
  let message: string | undefined;
  clusterOf([]).do((api) => {
    const answer = api.create(policy(spec));
    if (!answer.ok) message = answer.error.message;
  });
  return message?.replace('NetworkPolicy.networking.k8s.io "p" is invalid: ', '');
}

const port = (entry: object) => ({ podSelector: {}, ingress: [{ ports: [entry] }] });
const from = (peer: object) => ({ podSelector: {}, ingress: [{ from: [peer] }] });
const block = (cidr: string, ...except: string[]) => ({
  podSelector: {},
  egress: [{ to: [{ ipBlock: { cidr, except } }] }],
});
const BAD_KEY = { matchLabels: { 'NoUppercaseOrSpecialCharsLike=Equals': 'b' } };

const rows: [string, unknown, RegExp | string | undefined][] = [
  ['nothing but a selector', { podSelector: {} }, undefined],
  ['an empty rule', { podSelector: {}, ingress: [{ from: [], ports: [] }] }, undefined],
  ['a range of ports', port({ protocol: 'TCP', port: 32000, endPort: 32768 }), undefined],
  ['a named port', port({ protocol: 'UDP', port: 'dns' }), undefined],
  ['selectors together', from({ podSelector: {}, namespaceSelector: {} }), undefined],
  ['a block with a hole', block('192.168.0.0/16', '192.168.3.0/24', '192.168.4.0/24'), undefined],
  ['both directions', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }, undefined],
  [
    'a protocol that is none',
    port({ protocol: 'ICMP', port: 80 }),
    'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
  ],
  [
    'a port that is none',
    port({ port: 123456789 }),
    'spec.ingress[0].ports[0].port: Invalid value: 123456789: must be between 1 and 65535, inclusive',
  ],
  [
    'a port name that is none',
    port({ port: '!@#$' }),
    /^\[?spec\.ingress\[0\]\.ports\[0\]\.port: Invalid value: "!@#\$"/,
  ],
  [
    'an end without a start',
    port({ endPort: 80 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified',
  ],
  [
    'an end of a named port',
    port({ port: 'http', endPort: 80 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
  ],
  [
    'an end before its start',
    port({ port: 81, endPort: 80 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
  ],
  [
    'an end beyond all ports',
    port({ port: 81, endPort: 65536 }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
  ],
  ['a selector of a bad key', { podSelector: BAD_KEY }, /^spec\.podSelector\.matchLabels: Invalid value/],
  ['a peer of a bad key', from({ podSelector: BAD_KEY }), /^spec\.ingress\[0\]\.from\[0\]\.podSelector\.matchLabels/],
  [
    'namespaces of a bad key',
    from({ namespaceSelector: BAD_KEY }),
    /^spec\.ingress\[0\]\.from\[0\]\.namespaceSelector/,
  ],
  ['an empty peer', from({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
  [
    'a block and a selector',
    from({ podSelector: {}, ipBlock: { cidr: '192.168.0.0/16' } }),
    'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
  ],
  ['no block', block(''), 'spec.egress[0].to[0].ipBlock.cidr: Required value'],
  [
    'an address instead of a block',
    block('192.168.5.6'),
    'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "192.168.5.6": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'leading zeros',
    block('192.168.000.000/16'),
    'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "192.168.000.000/16": must not have leading 0s in IP or prefix length',
  ],
  [
    'bits beyond the prefix',
    block('192.168.8.0/16'),
    'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "192.168.8.0/16": must not have bits set beyond the prefix length',
  ],
  [
    'a hole outside of its block',
    block('192.168.8.0/24', '192.168.9.1/32'),
    'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "192.168.9.1/32": must be a strict subset of `cidr`',
  ],
  [
    'a hole as large as its block',
    block('192.168.8.0/24', '192.168.8.0/24'),
    'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "192.168.8.0/24": must be a strict subset of `cidr`',
  ],
  [
    'a hole of the other family',
    block('192.168.8.0/24', 'fd00:192:168::/64'),
    'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "fd00:192:168::/64": must be a strict subset of `cidr`',
  ],
  [
    'three directions',
    { podSelector: {}, policyTypes: ['foo', 'bar', 'baz'] },
    'spec.policyTypes: Invalid value: ["foo","bar","baz"]: may not specify more than two policyTypes',
  ],
  [
    'a direction that is none',
    { podSelector: {}, policyTypes: ['Ingress', 'Outside'] },
    'spec.policyTypes[1]: Unsupported value: "Outside": supported values: "Ingress", "Egress"',
  ],
];

describe('a policy with', () => {
  it.each(rows)('%s', (_what, spec, words) => {
    if (words === undefined || typeof words === 'string') expect(refusal(spec)).toBe(words);
    else expect(refusal(spec)).toMatch(words);
  });
});

describe('the defaults', () => {
  const defaults: [string, object, string[]][] = [
    ['are ingress', { podSelector: {} }, ['Ingress']],
    ['are ingress and egress with egress rules', { podSelector: {}, egress: [{}] }, ['Ingress', 'Egress']],
    ['are ingress with an empty list of egress rules', { podSelector: {}, egress: [] }, ['Ingress']],
    ['are what is written', { podSelector: {}, policyTypes: ['Egress'] }, ['Egress']],
  ];
  it.each(defaults)('%s', (_what, spec, types) => {
    const model = clusterOf([]);
    model.create(policy(spec));
    expect(model.view.get(NetworkPolicy, 'x', 'p')?.spec.policyTypes).toEqual(types);
  });

  it('of a port is TCP', () => {
    const model = clusterOf([]);
    model.create(policy(port({ port: 80 })));
    const stored = model.view.get(NetworkPolicy, 'x', 'p');
    expect(stored?.spec.ingress?.[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
    expect(stored?.metadata.generation).toBe(1);
    expect(model.restarted().versions).toEqual([]);
  });
});
