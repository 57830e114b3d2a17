import { describe, expect, it } from 'vitest';
import { EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { resolveName } from '../../src/kinds/service/dns.ts';
import { routeRequests } from '../../src/kinds/service/routing.ts';
import { Service } from '../../src/kinds/service/types.ts';
import { parseIp, parseRange, rangeHolds } from '../../src/machinery/ip-address.ts';
import type { Model } from '../support/model.ts';
import { webCluster } from '../traffic/support.ts';

const BOTH = { serviceCidr: '10.96.0.0/16,fd00:10:96::/112', clusterCidr: '10.128.0.0/16,fd00:10:128::/48' };

function pods(model: Model): readonly Pod[] {
  return model.view.list(Pod, 'default');
}

describe('a cluster of two families', () => {
  const model = webCluster({ replicas: 4, readiness: true }, BOTH);
  model.do((api) => {
    const web = api.get(Service, 'default', 'web');
    if (web) api.update<Service>({ ...web, spec: { ...web.spec, ipFamilyPolicy: 'RequireDualStack' } });
  });
  const service = () => model.view.get(Service, 'default', 'web') as Service;

  it('gives each node a range of both, of one number', () => {
    expect(model.view.list(Node).map(({ spec }) => spec.podCIDRs)).toEqual([
      ['10.128.0.0/24', 'fd00:10:128::/64'],
      ['10.128.1.0/24', 'fd00:10:128:1::/64'],
    ]);
  });

  it('gives each pod an address of both, in the ranges of its node, and none twice', () => {
    for (const { spec, status } of pods(model)) {
      const ranges = model.view.get(Node, undefined, spec.nodeName ?? '')?.spec.podCIDRs ?? [];
      const addresses = (status.podIPs ?? []).map(({ ip = '' }) => ip);
      expect(addresses[0]).toBe(status.podIP);
      for (const [index, cidr] of ranges.entries()) {
        const range = parseRange(cidr);
        const address = parseIp(addresses[index] ?? '');
        expect(range && address && rangeHolds(range, address)).toBe(true);
      }
    }
    const all = pods(model).flatMap(({ status }) => status.podIPs ?? []);
    expect(new Set(all.map(({ ip }) => ip)).size).toBe(8);
  });

  it('lists the pods of a Service of both in a slice for each, and routes by the family of the client', () => {
    const slices = model.view
      .list(EndpointSlice, 'default')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web');
    expect(slices.map(({ addressType, endpoints }) => [addressType, endpoints.length])).toEqual([
      ['IPv4', 4],
      ['IPv6', 4],
    ]);
    const families = (ip?: string) =>
      routeRequests(model.view, service(), { requests: 4, ip }).shares.map(({ endpoint, requests, failed }) => [
        endpoint.slice.addressType,
        requests,
        failed,
      ]);
    expect(families()).toEqual(Array.from({ length: 4 }, () => ['IPv4', 1, 0]));
    expect(families('fd00::1')).toEqual(Array.from({ length: 4 }, () => ['IPv6', 1, 0]));
  });

  it('knows the Service by both addresses', () => {
    const { records } = resolveName(model.view, 'web', 'cluster.local', 'default');
    expect(records.map(({ type }) => type)).toEqual(['A', 'AAAA']);
    expect(records.map(({ value }) => value)).toEqual(service().spec.clusterIPs);
  });

  it('is as it was after a restart', () => {
    expect(model.restarted().versions).toEqual([]);
  });
});

describe('a cluster of the later family alone', () => {
  it('runs pods and Services by it', () => {
    const model = webCluster({ replicas: 2 }, { serviceCidr: 'fd00:10:96::/112', clusterCidr: 'fd00:10:128::/48' });
    const service = model.view.get(Service, 'default', 'web');
    expect(service?.spec.ipFamilies).toEqual(['IPv6']);
    expect(service?.spec.clusterIP).toMatch(/^fd00:10:96::/);
    for (const { status } of pods(model))
      expect(status.podIPs).toEqual([{ ip: expect.stringMatching(/^fd00:10:128:/) }]);
    const answered = service && routeRequests(model.view, service, { requests: 10 }).answered;
    expect(answered).toBe(10);
  });
});
