import { beforeAll, describe, expect, it } from 'vitest';
import { apiClient, type Ask } from '../support/api-client.ts';
import { MemoryClusters } from '../support/memory-clusters.ts';
import { service } from '../support/service-manifests.ts';

const SETTINGS = { serviceCidr: '10.96.0.0/16,fd00:10:96::/112', clusterCidr: '10.128.0.0/16,fd00:10:128::/48' };

describe('a Service through the API', () => {
  let ask: Ask;

  beforeAll(async () => {
    const clusters = new MemoryClusters();
    const cluster = clusters.add('default', { settings: SETTINGS });
    ({ ask } = await apiClient(clusters));
    cluster.create(
      service('all', {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.9',
        ipFamilyPolicy: 'PreferDualStack',
        sessionAffinity: 'ClientIP',
        externalTrafficPolicy: 'Local',
        internalTrafficPolicy: 'Local',
        trafficDistribution: 'PreferSameNode',
        publishNotReadyAddresses: true,
        healthCheckNodePort: 31_000,
        loadBalancerIP: '203.0.113.7',
      }),
      service('far', { type: 'ExternalName', externalName: 'db.example.org', selector: undefined, ports: undefined }),
    );
    cluster.run(10_000);
  });

  async function fields(name: string, asked: string): Promise<unknown> {
    const query = `{ cluster { object(kind: "Service", namespace: "default", name: "${name}") { ... on Service { ${asked} } } } }`;
    const { data, errors } = await ask(query);
    return errors ?? (data as { cluster: { object: object } }).cluster.object;
  }

  it('tells everything that decides where its requests go', async () => {
    const asked = `type ipFamilies ipFamilyPolicy loadBalancerIPs sessionAffinity sessionAffinityTimeout
      internalTrafficPolicy externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses trafficDistribution
      externalName endpointSlices { addressType ports { name } managedBy endpoints { ready hints { zones nodes } } }`;
    expect(await fields('all', asked)).toEqual({
      type: 'LoadBalancer',
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'PreferDualStack',
      loadBalancerIPs: ['203.0.113.7'],
      sessionAffinity: 'ClientIP',
      sessionAffinityTimeout: '3h0m0s',
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 31_000,
      publishNotReadyAddresses: true,
      trafficDistribution: 'PreferSameNode',
      externalName: null,
      endpointSlices: ['IPv4', 'IPv6'].map((addressType) => ({
        addressType,
        ports: [],
        managedBy: 'endpointslice-controller.k8s.io',
        endpoints: [],
      })),
    });
    expect(await fields('all', 'clusterIPs')).toEqual({
      clusterIPs: ['10.96.0.9', expect.stringMatching(/^fd00:10:96::/)],
    });
  });

  it('tells of a name elsewhere', async () => {
    expect(await fields('far', 'type clusterIP clusterIPs externalName route { failed reason }')).toEqual({
      type: 'ExternalName',
      clusterIP: null,
      clusterIPs: [],
      externalName: 'db.example.org',
      route: { failed: 100, reason: 'an ExternalName is not proxied' },
    });
  });
});
