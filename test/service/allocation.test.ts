import { describe, expect, it } from 'vitest';
import { Endpoints } from '../../src/kinds/endpoints/types.ts';
import { EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { nodePortsOf, Service } from '../../src/kinds/service/types.ts';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import { service } from '../support/service-manifests.ts';
import { Model } from '../support/model.ts';

function stored(model: Model, name: string, namespace = 'default'): Service {
  const found = model.view.get(Service, namespace, name);
  if (!found) throw new Error(`no service ${name}`);
  return found;
}

/** Changes the spec of a Service through the API; throws the refusal. */
function change(model: Model, name: string, spec: Record<string, unknown>): Service {
  model.do((api) => {
    const old = stored(model, name);
    const next = { ...old.spec, ...spec } as Record<string, unknown>;
    for (const key in next) if (next[key] === undefined) delete next[key];
    const result = api.update({ ...old, spec: next as unknown as Service['spec'] });
    if (!result.ok) throw new Error(result.error.message);
  });
  return stored(model, name);
}

const DUAL: Partial<ClusterSettings> = { serviceCidr: '10.96.0.0/12,fd00:10:96::/112' };

describe('the defaults of a Service', () => {
  it('fills in what the author left out', () => {
    const model = new Model();
    model.create(service('web'));
    const { spec, status } = stored(model, 'web');
    expect(spec).toMatchObject({
      type: 'ClusterIP',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(spec.clusterIP).toMatch(/^10\.(9[6-9]|10\d|11[01])\./);
    expect(spec.clusterIPs).toEqual([spec.clusterIP]);
    expect(spec.externalTrafficPolicy).toBeUndefined();
    expect(status).toEqual({ loadBalancer: {} });
  });

  it('keeps a client at an endpoint for three hours with affinity by client IP', () => {
    const model = new Model();
    model.create(service('web', { sessionAffinity: 'ClientIP' }));
    expect(stored(model, 'web').spec.sessionAffinityConfig).toEqual({ clientIP: { timeoutSeconds: 10_800 } });
  });

  it('gives the API server the first address and its endpoints', () => {
    const model = new Model();
    expect(stored(model, 'kubernetes').spec).toMatchObject({
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', port: 443, targetPort: 6443, protocol: 'TCP' }],
    });
    expect(model.view.get(EndpointSlice, 'default', 'kubernetes')?.ports).toEqual([
      { name: 'https', port: 6443, protocol: 'TCP' },
    ]);
    expect(model.view.get(Endpoints, 'default', 'kubernetes')?.subsets).toHaveLength(1);
    model.do((api) => api.delete(stored(model, 'kubernetes')));
    expect(stored(model, 'kubernetes').spec.clusterIP).toBe('10.96.0.1');
  });
});

describe('the cluster IP of a Service', () => {
  const model = new Model();
  model.create(service('taken', { clusterIP: '10.96.0.10' }));
  const refused: [string, Record<string, unknown>, string][] = [
    [
      'an address somebody has',
      { clusterIP: '10.96.0.10' },
      'Service "new" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    ],
    [
      'an address outside of the range',
      { clusterIP: '192.168.0.1' },
      'Service "new" is invalid: spec.clusterIPs: Invalid value: ["192.168.0.1"]: failed to allocate IP 192.168.0.1: the provided network does not match the current range',
    ],
    [
      'what is no address',
      { clusterIP: 'somewhere' },
      'Service "new" is invalid: spec.clusterIPs[0]: Invalid value: "somewhere": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      'two families that the cluster has not',
      { ipFamilyPolicy: 'RequireDualStack' },
      'Service "new" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      'a family that the cluster has not',
      { ipFamilies: ['IPv6'] },
      'Service "new" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
  ];
  it.each(refused)('refuses %s', (_what, spec, message) => {
    expect(() => model.create(service('new', spec))).toThrow(message);
  });

  it('is nothing for a headless one and for a name elsewhere', () => {
    const other = new Model();
    other.create(service('db', { clusterIP: 'None' }));
    other.create(service('far', { type: 'ExternalName', externalName: 'db.example.org', selector: undefined }));
    expect(stored(other, 'db').spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'] });
    const { clusterIP, clusterIPs, ipFamilies, internalTrafficPolicy } = stored(other, 'far').spec;
    expect([clusterIP, clusterIPs, ipFamilies, internalTrafficPolicy]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is of both families where the cluster has both and the Service wants them', () => {
    const other = new Model({ settings: DUAL });
    other.create(service('one'), service('two', { ipFamilyPolicy: 'PreferDualStack' }));
    expect(stored(other, 'one').spec.clusterIPs).toHaveLength(1);
    const { clusterIPs, ipFamilies } = stored(other, 'two').spec;
    expect(ipFamilies).toEqual(['IPv4', 'IPv6']);
    expect(clusterIPs?.[1]).toMatch(/^fd00:10:96::/);
    expect(change(other, 'one', { ipFamilyPolicy: 'RequireDualStack' }).spec.clusterIPs).toHaveLength(2);
    expect(change(other, 'one', { ipFamilyPolicy: 'SingleStack' }).spec.clusterIPs).toHaveLength(1);
  });

  it('defaults a headless Service without selector to both families, even where the cluster has one', () => {
    const other = new Model();
    other.create(service('db', { clusterIP: 'None', selector: undefined }));
    expect(stored(other, 'db').spec).toMatchObject({
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'RequireDualStack',
    });
  });

  it('may not change once it is set', () => {
    expect(() => change(model, 'taken', { clusterIP: '10.96.0.11', clusterIPs: ['10.96.0.11'] })).toThrow(
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.11"]: may not change once set',
    );
    expect(change(model, 'taken', { clusterIP: undefined, clusterIPs: undefined }).spec.clusterIP).toBe('10.96.0.10');
  });

  it('is free for others when its Service is gone or has become a name elsewhere', () => {
    const other = new Model();
    other.create(service('a', { clusterIP: '10.96.0.20' }), service('b', { clusterIP: '10.96.0.21' }));
    other.do((api) => api.delete(stored(other, 'a')));
    const far = change(other, 'b', { type: 'ExternalName', externalName: 'example.org' });
    expect([far.spec.clusterIP, far.spec.ipFamilies, far.spec.ipFamilyPolicy]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    other.create(service('c', { clusterIP: '10.96.0.20' }), service('d', { clusterIP: '10.96.0.21' }));
    const back = change(other, 'b', { type: 'ClusterIP', externalName: undefined });
    expect(back.spec.clusterIP).toMatch(/^10\./);
  });

  it('says when the range is full', () => {
    const other = new Model({ settings: { serviceCidr: '10.0.0.0/29' } });
    for (let n = 0; n < 5; n++) other.create(service(`s${n}`));
    const addresses = other.view.list(Service).map(({ spec }) => spec.clusterIP);
    expect(new Set(addresses).size).toBe(6);
    expect(() => other.create(service('more'))).toThrow(
      'Internal error occurred: failed to allocate a serviceIP: range is full',
    );
  });
});

describe('the node ports of a Service', () => {
  it('come from the upper band of the range, and are kept by name when the ports change', () => {
    const model = new Model();
    model.create(service('web', { type: 'NodePort', ports: [{ name: 'a', port: 80 }] }));
    const [first] = nodePortsOf(stored(model, 'web').spec);
    expect(first).toBeGreaterThanOrEqual(30_086);
    const ports = [
      { name: 'b', port: 81, protocol: 'TCP', targetPort: 81 },
      { name: 'a', port: 80, protocol: 'TCP', targetPort: 8080 },
    ];
    const [second, kept] = nodePortsOf(change(model, 'web', { ports }).spec);
    expect(kept).toBe(first);
    expect(second).not.toBe(first);
  });

  it('are one number for TCP and UDP of one port', () => {
    const model = new Model();
    const ports = [
      { name: 'tcp', port: 53 },
      { name: 'udp', port: 53, protocol: 'UDP' },
    ];
    model.create(service('dns', { type: 'NodePort', ports }));
    const [tcp, udp] = nodePortsOf(stored(model, 'dns').spec);
    expect(tcp).toBe(udp);
  });

  const refused: [string, Record<string, unknown>, string][] = [
    ['a port somebody has', { nodePort: 30_001 }, 'provided port is already allocated'],
    [
      'a port outside of the range',
      { nodePort: 80 },
      'provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
  ];
  it.each(refused)('refuse %s', (_what, port, words) => {
    const model = new Model();
    model.create(service('first', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] }));
    expect(() => model.create(service('new', { type: 'NodePort', ports: [{ port: 80, ...port }] }))).toThrow(
      `Service "new" is invalid: spec.ports[0].nodePort: Invalid value: ${String(port['nodePort'])}: ${words}`,
    );
  });

  it('go with the type that needed them, and belong to a cluster IP no more', () => {
    const model = new Model();
    model.create(service('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] }));
    const plain = change(model, 'web', { type: 'ClusterIP' });
    expect(nodePortsOf(plain.spec)).toEqual([]);
    expect(plain.spec.externalTrafficPolicy).toBeUndefined();
    model.create(service('next', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] }));
    expect(() =>
      change(model, 'web', { ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30_002 }] }),
    ).toThrow("spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'");
  });

  it('are not given to a load balancer that does without, but its health check has one', () => {
    const model = new Model();
    model.create(
      service('lb', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, externalTrafficPolicy: 'Local' }),
    );
    const { spec } = stored(model, 'lb');
    expect(spec.ports?.[0]?.nodePort).toBeUndefined();
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
    const cluster = change(model, 'lb', { externalTrafficPolicy: 'Cluster' });
    expect(cluster.spec.healthCheckNodePort).toBeUndefined();
  });
});

describe('a load balancer', () => {
  it('has an address some seconds after it was asked for, and gives it back when it goes', () => {
    const model = new Model();
    model.create(service('lb', { type: 'LoadBalancer' }));
    expect(stored(model, 'lb').status).toEqual({ loadBalancer: {} });
    model.run(5000);
    const [ingress] = stored(model, 'lb').status.loadBalancer.ingress ?? [];
    expect(ingress?.ip).toMatch(/^203\.0\.113\./);
    expect(ingress?.ipMode).toBe('VIP');
    expect(model.restarted().versions).toEqual([]);
    const plain = change(model, 'lb', { type: 'ClusterIP' });
    expect(plain.status).toEqual({ loadBalancer: {} });
    expect(plain.metadata.finalizers ?? []).toEqual([]);
  });

  it('tells of each step, and of having no node to send to', () => {
    const reasons = (model: Model) =>
      model.view
        .list(Event, 'default')
        .map(({ reason }) => reason)
        .filter((reason) => reason.endsWith('LoadBalancer'));
    const model = new Model();
    model.create(service('lb', { type: 'LoadBalancer' }));
    model.run(5000);
    expect(reasons(model)).toEqual(['EnsuringLoadBalancer', 'UnAvailableLoadBalancer', 'EnsuredLoadBalancer']);
    const served = new Model();
    served.command('addNodes', { count: 1 });
    served.create(service('lb', { type: 'LoadBalancer' }));
    served.run(5000);
    served.do((api) => api.delete(stored(served, 'lb')));
    expect(reasons(served)).toEqual([
      'EnsuringLoadBalancer',
      'EnsuredLoadBalancer',
      'DeletingLoadBalancer',
      'DeletedLoadBalancer',
    ]);
  });

  it('is set up anew when what it was set up for changes', () => {
    const model = new Model();
    model.command('addNodes', { count: 1 });
    model.create(service('lb', { type: 'LoadBalancer' }));
    model.run(5000);
    const said = () =>
      model.view
        .list(Event, 'default')
        .filter(({ involvedObject }) => involvedObject.name === 'lb')
        .map(({ reason, message, count }) => `${reason}: ${message} x${count}`);
    change(model, 'lb', { selector: { app: 'other' } });
    expect(said()).toEqual([
      'EnsuringLoadBalancer: Ensuring load balancer x1',
      'EnsuredLoadBalancer: Ensured load balancer x1',
    ]);
    change(model, 'lb', { externalTrafficPolicy: 'Local' });
    change(model, 'lb', { loadBalancerSourceRanges: ['10.0.0.0/8', '192.0.2.0/24'] });
    expect(model.restarted().versions).toEqual([]);
    change(model, 'lb', { type: 'ClusterIP', loadBalancerSourceRanges: undefined });
    expect(said()).toEqual([
      'EnsuringLoadBalancer: Ensuring load balancer x3',
      'EnsuredLoadBalancer: Ensured load balancer x3',
      'ExternalTrafficPolicy: Cluster -> Local x1',
      'LoadBalancerSourceRanges: [] -> [10.0.0.0/8 192.0.2.0/24] x1',
      'Type: LoadBalancer -> ClusterIP x1',
      'DeletingLoadBalancer: Deleting load balancer x1',
      'DeletedLoadBalancer: Deleted load balancer x1',
    ]);
    expect(stored(model, 'lb').runtime?.balanced).toBeUndefined();
  });

  it('of a class is left to whoever has that class', () => {
    const model = new Model();
    model.create(service('lb', { type: 'LoadBalancer', loadBalancerClass: 'example.com/mine' }));
    model.run(60_000);
    expect(stored(model, 'lb').status).toEqual({ loadBalancer: {} });
  });
});

describe('addresses and ports over many changes', () => {
  it('are given out within one instant to as many as there are, and not to one more', () => {
    const model = new Model({ settings: { serviceCidr: '10.0.0.0/28', nodePortRange: [30_000, 30_003] } });
    const answers: string[] = [];
    model.do((api) => {
      for (let index = 0; index < 20; index++) {
        const answer = api.create(service(`s${index}`, { type: index % 2 ? 'NodePort' : 'ClusterIP' }));
        answers.push(answer.ok ? 'ok' : answer.error.message);
      }
    });
    const services = model.view.list(Service);
    const addresses = services.flatMap(({ spec }) => spec.clusterIPs ?? []);
    const ports = services.flatMap(({ spec }) => nodePortsOf(spec));
    // The range has 14 addresses; a Service that gets no port holds no address.
    expect([addresses.length, new Set(addresses).size]).toEqual([14, 14]);
    expect([ports.length, new Set(ports).size]).toEqual([4, 4]);
    expect(new Set(answers)).toEqual(
      new Set([
        'ok',
        'Internal error occurred: failed to allocate a nodePort: range is full',
        'Internal error occurred: failed to allocate a serviceIP: range is full',
      ]),
    );
  });

  it.each(['a', 'b', 'c'])('are never given twice (seed %s)', (seed) => {
    const model = new Model({ seed, settings: { serviceCidr: '10.0.0.0/25', nodePortRange: [30_000, 30_063] } });
    let state = seed.charCodeAt(0);
    const next = (limit: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % limit;
    for (let step = 0; step < 150; step++) {
      const name = `s${next(40)}`;
      const type = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'][next(4)];
      const externalName = type === 'ExternalName' ? 'example.org' : undefined;
      const old = model.view.get(Service, 'default', name);
      if (!old) {
        model.do((api) => void api.create(service(name, { type, ...(externalName ? { externalName } : {}) })));
      } else if (next(3) === 0) {
        model.do((api) => api.delete(old));
      } else {
        model.do((api) => {
          const spec = { ...old.spec, type, ...(externalName ? { externalName } : {}) } as Service['spec'];
          api.update({ ...old, spec });
        });
      }
      const services = model.view.list(Service);
      const addresses = services.flatMap(({ spec }) => spec.clusterIPs ?? []);
      const ports = services.flatMap(({ spec }) => nodePortsOf(spec));
      expect(new Set(addresses).size).toBe(addresses.length);
      expect(new Set(ports).size).toBe(ports.length);
    }
    expect(model.restarted().versions).toEqual([]);
  });
});
