import { describe, expect, it } from 'vitest';
import { hintByZone } from '../../src/kinds/endpointslice/hints.ts';
import { reachableEndpoints, type Client } from '../../src/kinds/endpointslice/queries.ts';
import type { Endpoint, EndpointConditions } from '../../src/kinds/endpointslice/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { readyNode, service } from '../support/service-manifests.ts';
import { emptyNetwork } from './network.ts';

/**
 * Which endpoints a kube-proxy sends requests to, in the cases of pkg/proxy/topology_test.go: slices are written as the
 * case says, and the client is on the node `here` in zone a.
 */

const READY: EndpointConditions = { ready: true, serving: true, terminating: false };
const ENDING: EndpointConditions = { ready: false, serving: true, terminating: true };
const NOT_READY: EndpointConditions = { ready: false, serving: false, terminating: false };
const GONE: EndpointConditions = { ready: false, serving: false, terminating: true };

interface Row {
  on?: 'here' | 'there';
  zones?: string[];
  is?: EndpointConditions;
}

function reached(rows: Row[], spec: object, client: Client): string {
  const model = emptyNetwork();
  model.create(readyNode('here', { 'topology.kubernetes.io/zone': 'a' }), readyNode('there'));
  const endpoints = rows.map(({ on = 'there', zones, is = READY }, index) => ({
    addresses: [`192.0.2.${index + 1}`],
    conditions: is,
    nodeName: on,
    ...(zones ? { hints: { forZones: zones.map((name) => ({ name })) } } : {}),
  }));
  model.create(service('web', { selector: undefined, ...spec }), {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints,
    ports: [{ name: '', port: 80, protocol: 'TCP' }],
  } as NewObject);
  const found = model.view.get(Service, 'default', 'web');
  const answer = found && reachableEndpoints(model.view, found, '', client);
  const numbers = answer?.endpoints.map(({ endpoint }) => endpoint.addresses[0]?.split('.').at(-1));
  return answer?.reason ?? numbers?.join(' ') ?? '';
}

const REFUSED = 'connection refused: no endpoints';
const DROPPED = 'connection timed out: no endpoint on the node';
const CLUSTER = {};
const LOCAL = { internalTrafficPolicy: 'Local' };
const OUTSIDE = { type: 'NodePort', externalTrafficPolicy: 'Local' };
const FROM_HERE: Client = { node: 'here' };
const FROM_OUTSIDE: Client = { node: 'here', external: true };

describe('endpoints by category', () => {
  const cases: [string, object, Client, Row[], string][] = [
    [
      'hints of all: those of the zone',
      CLUSTER,
      FROM_HERE,
      [{ zones: ['a'] }, { zones: ['b'] }, { zones: ['a'] }],
      '1 3',
    ],
    ['a hint is missing: all', CLUSTER, FROM_HERE, [{ zones: ['a'] }, {}, { zones: ['b'] }], '1 2 3'],
    ['no hint for the zone: all', CLUSTER, FROM_HERE, [{ zones: ['b'] }, { zones: ['c'] }], '1 2'],
    [
      'several zones in a hint',
      CLUSTER,
      FROM_HERE,
      [{ zones: ['a', 'b'] }, { zones: ['b', 'c'] }, { zones: ['c', 'a'] }],
      '1 3',
    ],
    [
      'one that is not ready in the zone',
      CLUSTER,
      FROM_HERE,
      [{ zones: ['a'] }, { zones: ['a'], is: NOT_READY }, { zones: ['b'] }],
      '1',
    ],
    [
      'only such as are not ready in the zone: all that are',
      CLUSTER,
      FROM_HERE,
      [{ zones: ['a'], is: NOT_READY }, { zones: ['b'] }],
      '2',
    ],
    [
      'a hint is missing of one that is not ready: no matter',
      CLUSTER,
      FROM_HERE,
      [{ zones: ['a'] }, { is: NOT_READY }, { zones: ['b'] }],
      '1',
    ],
    [
      'hints do not count where the policy is Local',
      LOCAL,
      FROM_HERE,
      [{ on: 'here', zones: ['b'] }, { zones: ['a'] }],
      '1',
    ],
    ['Local without any endpoint', LOCAL, FROM_HERE, [], REFUSED],
    ['Local, all elsewhere', LOCAL, FROM_HERE, [{}, {}], DROPPED],
    ['Local, all here', LOCAL, FROM_HERE, [{ on: 'here' }, { on: 'here' }], '1 2'],
    ['Local, some here', LOCAL, FROM_HERE, [{ on: 'here' }, {}], '1'],
    ['Local, ready here and terminating', LOCAL, FROM_HERE, [{ on: 'here' }, { on: 'here', is: ENDING }], '1'],
    ['Local, only terminating here', LOCAL, FROM_HERE, [{ on: 'here', is: ENDING }, { on: 'here', is: GONE }, {}], '1'],
    [
      'Local, nothing serves here, terminating elsewhere',
      LOCAL,
      FROM_HERE,
      [{ on: 'here', is: GONE }, { is: ENDING }],
      DROPPED,
    ],
    ['Local, nothing serves at all', LOCAL, FROM_HERE, [{ on: 'here', is: GONE }, { is: NOT_READY }], REFUSED],
    ['Cluster, ready and terminating', CLUSTER, FROM_HERE, [{}, { is: ENDING }], '1'],
    [
      'Cluster, only terminating',
      CLUSTER,
      FROM_HERE,
      [{ is: ENDING }, { is: GONE }, { on: 'here', is: ENDING }],
      '1 3',
    ],
    ['Cluster, nothing serves', CLUSTER, FROM_HERE, [{ is: GONE }, { is: NOT_READY }], REFUSED],
    [
      'terminating ones have no hints to heed',
      CLUSTER,
      FROM_HERE,
      [
        { is: ENDING, zones: ['b'] },
        { is: ENDING, zones: ['a'] },
      ],
      '1 2',
    ],
    ['from outside, Local there, terminating here', OUTSIDE, FROM_OUTSIDE, [{ on: 'here', is: ENDING }, {}], '1'],
    ['from outside, Local there, from inside', OUTSIDE, FROM_HERE, [{ on: 'here', is: ENDING }, {}], '2'],
    ['from outside, all elsewhere', OUTSIDE, FROM_OUTSIDE, [{}, {}], DROPPED],
  ];

  it.each(cases)('%s', (_name, spec, client, rows, wanted) => {
    expect(reached(rows, spec, client)).toBe(wanted);
  });
});

describe('hints for ten endpoints in three zones', () => {
  it('move one endpoint from the zone that has most, as in topologycache_test.go', () => {
    const model = emptyNetwork();
    const zones: [string, string][] = [
      ['a', '35'],
      ['b', '35'],
      ['c', '30'],
    ];
    for (const [zone, cpu] of zones) {
      model.create({
        ...readyNode(`node-${zone}`, { 'topology.kubernetes.io/zone': zone }),
        status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
    const endpoints = 'abccaaabca'.split('').map((zone, index): Endpoint => ({
      addresses: [`10.1.2.${index}`],
      zone,
      conditions: READY,
    }));
    const { endpoints: hinted } = hintByZone(model.view, endpoints, false);
    expect(hinted.map(({ hints }) => hints?.forZones?.[0]?.name).join('')).toBe('bbccaaabca');
  });
});
