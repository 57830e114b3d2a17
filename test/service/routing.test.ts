import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { routeRequests, type RoutingQuestion } from '../../src/kinds/service/routing.ts';
import { Service } from '../../src/kinds/service/types.ts';
import { boundPod, readyNode, service } from '../support/service-manifests.ts';
import type { Model } from '../support/model.ts';
import { addPod, emptyNetwork, report } from './network.ts';

/** Two nodes in zone a, one in zone b, one in none; pods `p1` on `n1` … as the row says. */
function town(spec: Record<string, unknown>, pods: Record<string, string>): Model {
  const model = emptyNetwork();
  const zones: Record<string, string> = { n1: 'a', n2: 'a', n3: 'b' };
  for (const name of ['n1', 'n2', 'n3', 'n4']) {
    const zone = zones[name];
    model.create(readyNode(name, zone ? { 'topology.kubernetes.io/zone': zone } : {}));
  }
  model.create(service('web', spec));
  for (const [name, node] of Object.entries(pods)) addPod(model, { name, node });
  return model;
}

/** The pods that get requests, or why none does. */
function reached(model: Model, question: Partial<RoutingQuestion>, name = 'web'): string {
  const found = model.view.get(Service, 'default', name);
  if (!found) throw new Error('no service');
  const { shares, reason } = routeRequests(model.view, found, { requests: 100, ...question });
  return reason ?? shares.flatMap(({ endpoint }) => endpoint.endpoint.targetRef?.name ?? '').join(' ');
}

const PODS = { p1: 'n1', p2: 'n2', p3: 'n3' };
const NONE_HERE = 'connection timed out: no endpoint on the node';

describe('requests from a client', () => {
  const cases: [string, Record<string, unknown>, Record<string, string>, Partial<RoutingQuestion>, string][] = [
    ['anywhere go to every endpoint', {}, PODS, {}, 'p1 p2 p3'],
    ['on a node go to every endpoint without further ado', {}, PODS, { node: 'n1' }, 'p1 p2 p3'],
    [
      'stay on its node where the policy inside is Local',
      { internalTrafficPolicy: 'Local' },
      PODS,
      { node: 'n2' },
      'p2',
    ],
    [
      'on a node without endpoint are dropped then',
      { internalTrafficPolicy: 'Local' },
      PODS,
      { node: 'n4' },
      NONE_HERE,
    ],
    [
      'from outside do not heed the policy inside',
      { internalTrafficPolicy: 'Local' },
      PODS,
      { node: 'n2', external: true },
      'p1 p2 p3',
    ],
    [
      'from outside stay on the node where the policy outside is Local',
      { type: 'NodePort', externalTrafficPolicy: 'Local' },
      PODS,
      { node: 'n3', external: true },
      'p3',
    ],
    [
      'from outside are dropped at a node without endpoint',
      { type: 'NodePort', externalTrafficPolicy: 'Local' },
      PODS,
      { node: 'n4', external: true },
      NONE_HERE,
    ],
    [
      'inside do not heed the policy outside',
      { type: 'NodePort', externalTrafficPolicy: 'Local' },
      PODS,
      { node: 'n4' },
      'p1 p2 p3',
    ],
    ['stay in its zone with PreferClose', { trafficDistribution: 'PreferClose' }, PODS, { node: 'n2' }, 'p1 p2'],
    ['stay in its zone with PreferSameZone', { trafficDistribution: 'PreferSameZone' }, PODS, { zone: 'b' }, 'p3'],
    [
      'go anywhere from a zone without endpoint',
      { trafficDistribution: 'PreferSameZone' },
      PODS,
      { zone: 'c' },
      'p1 p2 p3',
    ],
    [
      'go anywhere from a node without zone',
      { trafficDistribution: 'PreferSameZone' },
      PODS,
      { node: 'n4' },
      'p1 p2 p3',
    ],
    [
      'go anywhere when an endpoint has no zone',
      { trafficDistribution: 'PreferSameZone' },
      { ...PODS, p4: 'n4' },
      { zone: 'a' },
      'p1 p2 p3 p4',
    ],
    ['stay on its node with PreferSameNode', { trafficDistribution: 'PreferSameNode' }, PODS, { node: 'n1' }, 'p1'],
    [
      'stay in the zone when the node has no endpoint',
      { trafficDistribution: 'PreferSameNode' },
      { p2: 'n2', p3: 'n3' },
      { node: 'n1' },
      'p2',
    ],
  ];

  it.each(cases)('%s', (_name, spec, pods, question, wanted) => {
    expect(reached(town(spec, pods), question)).toBe(wanted);
  });

  it('with a Local policy fall back to what terminates there, though others are ready elsewhere', () => {
    const model = town({ internalTrafficPolicy: 'Local' }, { p1: 'n1' });
    addPod(model, { name: 'p2', node: 'n2', finalizers: ['example.com/hold'] });
    model.do((api) => api.delete(api.get(Pod, 'default', 'p2') as Pod));
    expect(reached(model, { node: 'n2' })).toBe('p2');
    expect(reached(model, {})).toBe('p1');
  });

  it('to a headless Service go to the pods that its name stands for, near or far', () => {
    const model = town({ clusterIP: 'None', internalTrafficPolicy: 'Local' }, PODS);
    expect(reached(model, { node: 'n4' })).toBe('p1 p2 p3');
    for (const name of Object.keys(PODS)) report(model, name, false);
    expect(reached(model, {})).toBe('no such host: no endpoint is ready');
  });

  it('reach pods that are not ready where the Service publishes them', () => {
    const model = town({ publishNotReadyAddresses: true }, {});
    addPod(model, { name: 'p1', node: 'n1' }, false);
    expect(reached(model, {})).toBe('p1');
  });

  it('reach each pod at the number that its port of that name has', () => {
    const model = town({ ports: [{ port: 80, targetPort: 'http' }] }, {});
    addPod(model, { name: 'old', node: 'n1', ports: [{ name: 'http', containerPort: 8080 }] });
    addPod(model, { name: 'new', node: 'n2', ports: [{ name: 'http', containerPort: 9090 }] });
    model.create(boundPod({ name: 'none', node: 'n3' }));
    report(model, 'none', true);
    const found = model.view.get(Service, 'default', 'web') as Service;
    const { shares } = routeRequests(model.view, found, { requests: 2 });
    expect(shares.map(({ endpoint }) => [endpoint.endpoint.targetRef?.name, endpoint.slice.ports[0]?.port])).toEqual([
      ['old', 8080],
      ['new', 9090],
    ]);
  });

  it('go to the addresses of its family', () => {
    const model = emptyNetwork({ settings: { serviceCidr: '10.96.0.0/16,fd00::/108' } });
    model.create(readyNode('n1'), service('web', { ipFamilyPolicy: 'RequireDualStack' }));
    model.create(boundPod({ name: 'p1', node: 'n1' }));
    report(model, 'p1', true, { podIP: '10.9.9.9', podIPs: [{ ip: '10.9.9.9' }, { ip: 'fd01::9' }] });
    const addresses = (ip?: string) => {
      const found = model.view.get(Service, 'default', 'web') as Service;
      return routeRequests(model.view, found, { requests: 1, ip }).shares.map(
        ({ endpoint }) => endpoint.endpoint.addresses[0],
      );
    };
    expect(addresses()).toEqual(['10.9.9.9']);
    expect(addresses('10.1.1.1')).toEqual(['10.9.9.9']);
    expect(addresses('fd01::1')).toEqual(['fd01::9']);
  });
});
