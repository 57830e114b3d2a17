import { describe, expect, it } from 'vitest';
import { endpointsOf, slicesOfPod } from '../../src/kinds/endpointslice/queries.ts';
import { EndpointSlice, type Endpoint } from '../../src/kinds/endpointslice/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { dnsName, servicesOf } from '../../src/kinds/service/queries.ts';
import { Service } from '../../src/kinds/service/types.ts';
import { boundPod, readyNode, service } from '../support/service-manifests.ts';
import type { Model } from '../support/model.ts';
import { addPod, network, report } from './network.ts';

function slices(model: Model, name = 'web'): EndpointSlice[] {
  return model.view
    .list(EndpointSlice, 'default')
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
}

function listed(model: Model, name = 'web'): Endpoint[] {
  return slices(model, name).flatMap(({ endpoints }) => endpoints);
}

function conditionsOf(model: Model): (string | boolean | undefined)[][] {
  return listed(model).map(({ targetRef, conditions }) => [
    targetRef?.name,
    conditions.ready,
    conditions.serving,
    conditions.terminating,
  ]);
}

describe('the slices of a Service', () => {
  it('are one empty slice while nothing is selected', () => {
    const model = network();
    model.create(service('web'));
    const [placeholder, ...others] = slices(model);
    expect(others).toEqual([]);
    expect(placeholder).toMatchObject({ addressType: 'IPv4', endpoints: [], ports: [] });
    expect(placeholder?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
    expect(placeholder?.metadata.labels).toEqual({
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': 'web',
    });
    expect(placeholder?.metadata.ownerReferences).toMatchObject([{ kind: 'Service', name: 'web', controller: true }]);
  });

  it('list pods that have an address, with node and zone, whether they are ready or not', () => {
    const model = network();
    model.create(service('web'), boundPod({ name: 'waiting' }));
    addPod(model, { name: 'a' });
    addPod(model, { name: 'b', node: 'node-2' }, false);
    expect(conditionsOf(model)).toEqual([
      ['a', true, true, false],
      ['b', false, false, false],
    ]);
    expect(listed(model).map(({ nodeName, zone }) => [nodeName, zone])).toEqual([
      ['node-1', 'east'],
      ['node-2', undefined],
    ]);
    expect(slices(model)).toHaveLength(1);
    expect(slices(model)[0]?.ports).toEqual([{ name: '', port: 80, protocol: 'TCP' }]);
    report(model, 'b', true);
    expect(conditionsOf(model)[1]).toEqual(['b', true, true, false]);
    expect(model.restarted().versions).toEqual([]);
  });

  it('keep a terminating pod as serving but not ready, and drop one that ended', () => {
    const model = network();
    model.create(service('web'));
    addPod(model, { name: 'a', finalizers: ['example.com/hold'] });
    addPod(model, { name: 'b' });
    model.do((api) => api.delete(api.get(Pod, 'default', 'a')!));
    report(model, 'b', false, { phase: 'Succeeded' });
    expect(conditionsOf(model)).toEqual([['a', false, true, true]]);
  });

  it('call every pod ready where the Service publishes those that are not', () => {
    const model = network();
    model.create(service('web', { publishNotReadyAddresses: true }));
    addPod(model, { name: 'a' }, false);
    expect(conditionsOf(model)).toEqual([['a', true, false, false]]);
  });

  it('are apart for pods whose named port has another number', () => {
    const model = network();
    model.create(service('web', { ports: [{ name: 'http', port: 80, targetPort: 'http' }] }));
    addPod(model, { name: 'a', ports: [{ name: 'http', containerPort: 8080 }] });
    addPod(model, { name: 'b', ports: [{ name: 'http', containerPort: 9090 }] });
    addPod(model, { name: 'c', ports: [{ name: 'other', containerPort: 1 }] });
    expect(slices(model).map(({ ports, endpoints }) => [ports[0]?.port, endpoints[0]?.targetRef?.name])).toEqual([
      [8080, 'a'],
      [9090, 'b'],
      [undefined, 'c'],
    ]);
  });

  it('name the host of a pod whose subdomain is the headless Service', () => {
    const model = network();
    model.create(service('db', { clusterIP: 'None', ports: undefined }));
    addPod(model, { name: 'db-0', hostname: 'db-0', subdomain: 'db' });
    expect(listed(model, 'db')[0]?.hostname).toBe('db-0');
    expect(slices(model, 'db')[0]?.metadata.labels).toHaveProperty('service.kubernetes.io/headless');
  });

  it('let a pod in when its node appears', () => {
    const model = network();
    model.create(service('web'));
    addPod(model, { name: 'a', node: 'node-3' });
    expect(listed(model)).toEqual([]);
    model.create(readyNode('node-3'));
    expect(conditionsOf(model)).toEqual([['a', true, true, false]]);
  });

  it('follow the labels of pods and of the Service, and its selector', () => {
    const model = network();
    model.create(service('web'));
    addPod(model, { name: 'a', labels: { app: 'db' } });
    expect(listed(model)).toEqual([]);
    model.do((api) => {
      const found = api.get(Pod, 'default', 'a')!;
      api.update({ ...found, metadata: { ...found.metadata, labels: { app: 'web' } } });
    });
    expect(conditionsOf(model)).toHaveLength(1);
    model.do((api) => {
      const found = api.get(Service, 'default', 'web')!;
      const metadata = { ...found.metadata, labels: { team: 'shop' } };
      api.update({ ...found, metadata, spec: { ...found.spec, selector: { app: 'other' } } });
    });
    expect(listed(model)).toEqual([]);
    expect(slices(model)[0]?.metadata.labels).toMatchObject({ team: 'shop' });
  });

  it('are not made for a Service without selector or of another name', () => {
    const model = network();
    model.create(
      service('free', { selector: undefined }),
      service('far', { type: 'ExternalName', externalName: 'example.org', selector: undefined }),
    );
    expect([...slices(model, 'free'), ...slices(model, 'far')]).toEqual([]);
  });

  it('are put right when somebody changes them, and made again when somebody deletes them', () => {
    const model = network();
    model.create(service('web'));
    addPod(model, { name: 'a' });
    model.do((api) => api.update({ ...slices(model)[0]!, endpoints: [] }));
    expect(conditionsOf(model)).toHaveLength(1);
    model.do((api) => api.delete(slices(model)[0]!));
    expect(conditionsOf(model)).toHaveLength(1);
  });
});

describe('the packing of slices', () => {
  function crowd(count: number): Model {
    const model = network();
    model.create(service('web'));
    model.do((api) => {
      for (let n = 0; n < count; n++) api.create(boundPod({ name: `p-${n}` }));
    });
    model.do((api) => {
      for (let n = 0; n < count; n++) {
        const found = api.get(Pod, 'default', `p-${n}`)!;
        const podIP = `10.0.${Math.floor(n / 250)}.${(n % 250) + 1}`;
        const conditions = [{ type: 'Ready', status: 'True' as const }];
        api.updateStatus({ ...found, status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions } });
      }
    });
    return model;
  }

  it('fills slices with a hundred endpoints each', () => {
    const model = crowd(250);
    expect(slices(model).map(({ endpoints }) => endpoints.length)).toEqual([50, 100, 100]);
  });

  it('changes one slice for one pod, and fills the fullest that has room', () => {
    const model = crowd(450);
    expect(slices(model).map(({ endpoints }) => endpoints.length)).toEqual([50, 100, 100, 100, 100]);
    model.versions.length = 0;
    report(model, 'p-120', false);
    expect(model.versions.filter(({ kindKey }) => kindKey === 'EndpointSlice')).toHaveLength(1);
    model.do((api) => api.delete(api.get(Pod, 'default', 'p-107')!, { gracePeriodSeconds: 0 }));
    expect(slices(model).map(({ endpoints }) => endpoints.length)).toEqual([50, 100, 99, 100, 100]);
    addPod(model, { name: 'new' });
    expect(slices(model).map(({ endpoints }) => endpoints.length)).toEqual([50, 100, 100, 100, 100]);
    expect(model.restarted().versions).toEqual([]);
  });

  it('writes what happens to one slice within a second together, where the Service is large', () => {
    const model = crowd(450);
    report(model, 'p-120', false);
    model.run(400);
    report(model, 'p-121', false);
    model.run(200);
    report(model, 'p-122', false);
    const unready = () => listed(model).filter(({ conditions }) => !conditions.ready).length;
    expect(unready()).toBe(1);
    const again = model.restarted();
    expect([again.versions, again.engine.nextTimer()]).toEqual([[], model.engine.nextTimer()]);
    model.run(400);
    expect(unready()).toBe(3);
  });

  it('deletes a slice that runs empty', () => {
    const model = crowd(301);
    model.do((api) => api.delete(api.get(Pod, 'default', 'p-300')!, { gracePeriodSeconds: 0 }));
    expect(slices(model).map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 100]);
  });
});

describe('questions about Services', () => {
  it('find the Services of a pod, the slices of a pod, and the endpoints of a Service', () => {
    const model = network();
    model.create(service('web'), service('db', { selector: { app: 'db' } }), service('also'));
    addPod(model, { name: 'a' });
    addPod(model, { name: 'b' }, false);
    const a = model.view.get(Pod, 'default', 'a')!;
    const web = model.view.get(Service, 'default', 'web')!;
    expect(servicesOf(model.view, a).map(({ metadata }) => metadata.name)).toEqual(['web', 'also']);
    expect(slicesOfPod(model.view, a)).toHaveLength(2);
    expect(endpointsOf(model.view, web)).toHaveLength(2);
    expect(endpointsOf(model.view, web, true).map(({ endpoint }) => endpoint.targetRef?.name)).toEqual(['a']);
    expect(dnsName(web)).toBe('web.default.svc.cluster.local');
  });
});
