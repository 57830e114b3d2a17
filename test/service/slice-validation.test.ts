import { describe, expect, it } from 'vitest';
import { EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { network } from './network.ts';

function slice(changes: Record<string, unknown> = {}): NewObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'db-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.10'] }],
    ports: [{ port: 5432 }],
    ...changes,
  } as NewObject;
}

const endpoint = (changes: Record<string, unknown>) => ({ endpoints: [{ addresses: ['192.0.2.10'], ...changes }] });

describe('a slice that people keep themselves', () => {
  it('gets the defaults of its ports', () => {
    const model = network();
    model.create(slice());
    const stored = model.view.get(EndpointSlice, 'default', 'db-1');
    expect(stored?.ports).toEqual([{ name: '', port: 5432, protocol: 'TCP' }]);
  });

  const refused: [string, Record<string, unknown>, string][] = [
    ['without a type of addresses', { addressType: undefined }, 'addressType: Required value'],
    [
      'of a type that is none',
      { addressType: 'IP' },
      'addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"',
    ],
    [
      'with an endpoint without address',
      endpoint({ addresses: [] }),
      'endpoints[0].addresses: Required value: must contain at least 1 address',
    ],
    [
      'with an address of the other family',
      endpoint({ addresses: ['fd00::1'] }),
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
    ],
    [
      'with a loopback address',
      endpoint({ addresses: ['127.0.0.1'] }),
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      'with a name of one part',
      { addressType: 'FQDN', endpoints: [{ addresses: ['db'] }] },
      'endpoints[0].addresses[0]: Invalid value: "db": should be a domain with at least two segments separated by dots',
    ],
    ['with a host name that is none', endpoint({ hostname: 'A_b' }), 'endpoints[0].hostname: Invalid value: "A_b"'],
    [
      'with too many endpoints',
      { endpoints: Array.from({ length: 1001 }, () => ({ addresses: ['192.0.2.10'] })) },
      'endpoints: Too many: 1001: must have at most 1000 items',
    ],
    [
      'with two ports of one name',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'a', port: 2 },
        ],
      },
      'ports[1].name: Duplicate value: "a"',
    ],
    [
      'with a protocol that is none',
      { ports: [{ port: 1, protocol: 'HTTP' }] },
      'ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      'with a hint twice',
      endpoint({ hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }),
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
    ],
  ];

  it.each(refused)('is refused %s', (_what, changes, words) => {
    expect(() => network().create(slice(changes))).toThrow(words);
  });

  it('keeps its type of addresses', () => {
    const model = network();
    model.create(slice());
    let answer = '';
    model.do((api) => {
      const stored = api.get(EndpointSlice, 'default', 'db-1');
      if (!stored) return;
      const changed = api.update<EndpointSlice>({ ...stored, addressType: 'IPv6', endpoints: [] });
      if (!changed.ok) answer = changed.error.message;
    });
    expect(answer).toContain('addressType: Invalid value: "IPv6": field is immutable');
  });
});
