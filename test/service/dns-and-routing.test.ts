import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { resolveName } from '../../src/kinds/service/dns.ts';
import { routeRequests } from '../../src/kinds/service/routing.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { Model } from '../support/model.ts';
import { boundPod, readyNode, service } from '../support/service-manifests.ts';
import { webCluster } from '../traffic/support.ts';
import { addPod, emptyNetwork, network, report } from './network.ts';

const DOMAIN = 'cluster.local';

function ask(model: Model, name: string, namespace?: string): string[] {
  const { code, records } = resolveName(model.view, name, DOMAIN, namespace);
  return code === 'NXDOMAIN' ? ['NXDOMAIN'] : records.map(({ type, value }) => `${type} ${value}`);
}

function podIp(model: Model, name: string): string {
  return model.view.get(Pod, 'default', name)?.status.podIP ?? '';
}

function town(): Model {
  const model = network();
  model.create(
    service('web', { clusterIP: '10.96.0.50', ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
    service('db', { clusterIP: 'None', selector: { app: 'db' }, ports: [{ name: 'sql', port: 5432 }] }),
    service('empty', { clusterIP: 'None', selector: { app: 'nobody' } }),
    service('far', { type: 'ExternalName', externalName: 'db.example.org.', selector: undefined, ports: undefined }),
  );
  model.create(
    service('near', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
    service('astray', { type: 'ExternalName', externalName: 'nothing.default.svc.cluster.local' }),
    service('numeric', { type: 'ExternalName', externalName: '192.0.2.7' }),
    service('all', { selector: { app: 'db' } }),
  );
  addPod(model, { name: 'db-0', labels: { app: 'db' }, hostname: 'db-0', subdomain: 'db' });
  addPod(model, { name: 'db-1', labels: { app: 'db' } });
  addPod(model, { name: 'db-2', labels: { app: 'db' } }, false);
  return model;
}

describe('the DNS of a cluster', () => {
  const model = town();
  const ip0 = podIp(model, 'db-0');
  const ip1 = podIp(model, 'db-1');
  const dashed = ip1.replaceAll('.', '-');
  const questions: [string, string, string[]][] = [
    ['a Service by its cluster IP', 'web.default.svc.cluster.local', ['A 10.96.0.50']],
    ['a headless Service by its ready pods', 'db.default.svc.cluster.local', [`A ${ip0}`, `A ${ip1}`]],
    ['a pod by its host name', 'db-0.db.default.svc.cluster.local', [`A ${ip0}`]],
    ['a pod without one by its address', `${dashed}.db.default.svc.cluster.local`, [`A ${ip1}`]],
    ['a name elsewhere', 'far.default.svc.cluster.local', ['CNAME db.example.org']],
    ['a port of a Service', '_http._tcp.web.default.svc.cluster.local', ['SRV 0 100 80 web.default.svc.cluster.local']],
    [
      'a port of a headless Service',
      '_sql._tcp.db.default.svc.cluster.local',
      ['SRV 0 50 5432 db-0.db.default.svc.cluster.local', `SRV 0 50 5432 ${dashed}.db.default.svc.cluster.local`],
    ],
    ['a pod by what its name spells', '10-1-2-3.default.pod.cluster.local', ['A 10.1.2.3']],
    ['a cluster IP backwards', '50.0.96.10.in-addr.arpa', ['PTR web.default.svc.cluster.local']],
    [
      'an alias of a Service of the cluster, and where that leads',
      'near.default.svc.cluster.local',
      ['CNAME web.default.svc.cluster.local', 'A 10.96.0.50'],
    ],
    ['an alias of nothing', 'astray.default.svc.cluster.local', ['CNAME nothing.default.svc.cluster.local']],
    ['no alias to an address', 'numeric.default.svc.cluster.local', ['NXDOMAIN']],
    ['nothing below an alias', 'host.far.default.svc.cluster.local', ['NXDOMAIN']],
    ['a pod of a Service with a cluster IP by its address', `${dashed}.all.default.svc.cluster.local`, [`A ${ip1}`]],
    ['a step of the way without records', 'default.svc.cluster.local', []],
    ['the section of Services without records', 'svc.cluster.local', []],
    ['the section of pods without records', 'pod.cluster.local', []],
    ['no namespace that is not there', 'elsewhere.svc.cluster.local', ['NXDOMAIN']],
    ['no section of another name', 'foo.cluster.local', ['NXDOMAIN']],
    ['no name that is too long', 'a.b.c.web.default.svc.cluster.local', ['NXDOMAIN']],
    ['nothing outside of the cluster', 'example.org', ['NXDOMAIN']],
    ['no Service of that name', 'nothing.default.svc.cluster.local', ['NXDOMAIN']],
    ['no pod behind a headless Service', 'empty.default.svc.cluster.local', ['NXDOMAIN']],
    ['no port of that protocol', '_http._udp.web.default.svc.cluster.local', ['NXDOMAIN']],
    ['no namespace of that name', '10-1-2-3.nowhere.pod.cluster.local', ['NXDOMAIN']],
  ];
  it.each(questions)('answers %s', (_what, name, records) => {
    expect(ask(model, name)).toEqual(records);
  });

  it('searches from the namespace that asks', () => {
    expect(ask(model, 'web', 'default')).toEqual(['A 10.96.0.50']);
    expect(ask(model, 'web', 'kube-system')).toEqual(['NXDOMAIN']);
    expect(ask(model, 'web.default', 'kube-system')).toEqual(['A 10.96.0.50']);
    expect(ask(model, 'web.', 'default')).toEqual(['NXDOMAIN']);
  });
});

describe('names of a cluster with two families', () => {
  const model = emptyNetwork({ settings: { serviceCidr: '10.96.0.0/16,fd00::/108' } });
  model.create(
    readyNode('node-1'),
    service('web', {
      ipFamilyPolicy: 'RequireDualStack',
      clusterIPs: ['10.96.0.50', 'fd00::50'],
      clusterIP: '10.96.0.50',
      ports: [{ name: 'http', port: 80 }],
    }),
    service('each', { clusterIP: 'None', ipFamilyPolicy: 'RequireDualStack', ports: [{ name: 'http', port: 80 }] }),
    boundPod({ name: 'p1' }),
  );
  report(model, 'p1', true, { podIP: '10.9.9.9', podIPs: [{ ip: '10.9.9.9' }, { ip: 'fd01::9' }] });

  const questions: [string, string, string[]][] = [
    ['a Service by both addresses', 'web.default.svc.cluster.local', ['A 10.96.0.50', 'AAAA fd00::50']],
    [
      'its port once, at half of the weight',
      '_http._tcp.web.default.svc.cluster.local',
      ['SRV 0 50 80 web.default.svc.cluster.local'],
    ],
    ['a pod by both', 'each.default.svc.cluster.local', ['A 10.9.9.9', 'AAAA fd01::9']],
    ['a pod by the name of one', 'fd01--9.each.default.svc.cluster.local', ['AAAA fd01::9']],
    [
      'the later address backwards',
      '0.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa',
      ['PTR web.default.svc.cluster.local'],
    ],
  ];
  it.each(questions)('tell %s', (_what, name, records) => {
    expect(ask(model, name)).toEqual(records);
  });

  it("tell a pod's address backwards by each Service that has it", () => {
    const running = webCluster({ replicas: 1 });
    const [pod] = running.view.list(Pod, 'default');
    const ip = pod?.status.podIP ?? '';
    const dashed = ip.replaceAll('.', '-');
    expect(ask(running, `${ip.split('.').reverse().join('.')}.in-addr.arpa`)).toEqual([
      `PTR ${dashed}.web.default.svc.cluster.local`,
    ]);
  });
});

describe('the requests to a Service', () => {
  function route(model: Model, question: { requests: number; clientIP?: string; port?: string }, name = 'web') {
    const found = model.view.get(Service, 'default', name);
    if (!found) throw new Error(`no service ${name}`);
    const { answered, failed, shares, reason } = routeRequests(model.view, found, question);
    return {
      answered,
      failed,
      counts: shares.map((share) => share.requests).sort((one, other) => one - other),
      reasons: shares.map((share) => share.reason),
      reason,
    };
  }

  it('go evenly to the ready endpoints', () => {
    const model = network();
    model.create(service('web'));
    for (const name of ['a', 'b', 'c']) addPod(model, { name });
    addPod(model, { name: 'd' }, false);
    expect(route(model, { requests: 10 })).toMatchObject({ answered: 10, failed: 0, counts: [3, 3, 4] });
  });

  it('of one client stay at one endpoint with affinity', () => {
    const model = network();
    model.create(service('web', { sessionAffinity: 'ClientIP' }));
    for (const name of ['a', 'b', 'c']) addPod(model, { name });
    expect(route(model, { requests: 9, clientIP: '10.0.0.1' }).counts).toEqual([0, 0, 9]);
  });

  it('go to what still serves while it terminates, when nothing is ready', () => {
    const model = network();
    model.create(service('web'));
    addPod(model, { name: 'a', finalizers: ['example.com/hold'] });
    model.do((api) => api.delete(api.get(Pod, 'default', 'a')!));
    expect(route(model, { requests: 4 })).toMatchObject({ answered: 4, counts: [4] });
  });

  it('fail without endpoints, without such a port, and where the container does not run', () => {
    const model = network();
    model.create(service('web'));
    expect(route(model, { requests: 4 })).toMatchObject({ failed: 4, reason: 'connection refused: no endpoints' });
    addPod(model, { name: 'a' });
    expect(route(model, { requests: 4, port: '81' })).toMatchObject({ failed: 4, reason: 'no such port' });
    const waiting = { name: 'main', image: 'web:1', imageID: '', ready: true, restartCount: 0, state: { waiting: {} } };
    report(model, 'a', true, { containerStatuses: [waiting] });
    expect(route(model, { requests: 4, port: '80' })).toMatchObject({
      failed: 4,
      reasons: ['connection refused: the container does not run'],
    });
  });
});
