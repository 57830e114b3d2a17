import { describe, expect, it } from 'vitest';
import { linksOf, variablesOf } from '../../src/kinds/pod/service-variables.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import { START_MS } from '../support/model.ts';
import { crash, env, kubeletModel, podWith, seconds, serviceEnv } from './support.ts';

interface Port {
  name?: string;
  port: number;
  protocol: string;
}

function named(name: string, clusterIP: string, ports: Port[]): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      clusterIP,
      ports: ports.map((port) => ({ ...port, targetPort: 1 })),
    },
    status: { loadBalancer: {} },
  } as unknown as Service;
}

describe('the variables of one Service', () => {
  it.each<[string, Service, string[]]>([
    [
      'name its address and its port, also as links',
      named('foo-bar', '1.2.3.4', [{ port: 8080, protocol: 'TCP' }]),
      [
        'FOO_BAR_SERVICE_HOST=1.2.3.4',
        'FOO_BAR_SERVICE_PORT=8080',
        'FOO_BAR_PORT=tcp://1.2.3.4:8080',
        'FOO_BAR_PORT_8080_TCP=tcp://1.2.3.4:8080',
        'FOO_BAR_PORT_8080_TCP_PROTO=tcp',
        'FOO_BAR_PORT_8080_TCP_PORT=8080',
        'FOO_BAR_PORT_8080_TCP_ADDR=1.2.3.4',
      ],
    ],
    [
      'have one more for each port with a name',
      named('abc-123', '5.6.7.8', [
        { name: 'u-d-p', port: 8081, protocol: 'UDP' },
        { name: 't-c-p', port: 8081, protocol: 'TCP' },
      ]),
      [
        'ABC_123_SERVICE_HOST=5.6.7.8',
        'ABC_123_SERVICE_PORT=8081',
        'ABC_123_SERVICE_PORT_U_D_P=8081',
        'ABC_123_SERVICE_PORT_T_C_P=8081',
        'ABC_123_PORT=udp://5.6.7.8:8081',
        'ABC_123_PORT_8081_UDP=udp://5.6.7.8:8081',
        'ABC_123_PORT_8081_UDP_PROTO=udp',
        'ABC_123_PORT_8081_UDP_PORT=8081',
        'ABC_123_PORT_8081_UDP_ADDR=5.6.7.8',
        'ABC_123_PORT_8081_TCP=tcp://5.6.7.8:8081',
        'ABC_123_PORT_8081_TCP_PROTO=tcp',
        'ABC_123_PORT_8081_TCP_PORT=8081',
        'ABC_123_PORT_8081_TCP_ADDR=5.6.7.8',
      ],
    ],
    [
      'take names of ports as they are',
      named('q-u-u-x', '9.8.7.6', [
        { port: 8082, protocol: 'TCP' },
        { name: '8083', port: 8083, protocol: 'TCP' },
      ]),
      [
        'Q_U_U_X_SERVICE_HOST=9.8.7.6',
        'Q_U_U_X_SERVICE_PORT=8082',
        'Q_U_U_X_SERVICE_PORT_8083=8083',
        'Q_U_U_X_PORT=tcp://9.8.7.6:8082',
        'Q_U_U_X_PORT_8082_TCP=tcp://9.8.7.6:8082',
        'Q_U_U_X_PORT_8082_TCP_PROTO=tcp',
        'Q_U_U_X_PORT_8082_TCP_PORT=8082',
        'Q_U_U_X_PORT_8082_TCP_ADDR=9.8.7.6',
        'Q_U_U_X_PORT_8083_TCP=tcp://9.8.7.6:8083',
        'Q_U_U_X_PORT_8083_TCP_PROTO=tcp',
        'Q_U_U_X_PORT_8083_TCP_PORT=8083',
        'Q_U_U_X_PORT_8083_TCP_ADDR=9.8.7.6',
      ],
    ],
    [
      'write addresses of version 6 in brackets where a port follows',
      named('six', 'fd00::1', [{ port: 80, protocol: 'TCP' }]),
      [
        'SIX_SERVICE_HOST=fd00::1',
        'SIX_SERVICE_PORT=80',
        'SIX_PORT=tcp://[fd00::1]:80',
        'SIX_PORT_80_TCP=tcp://[fd00::1]:80',
        'SIX_PORT_80_TCP_PROTO=tcp',
        'SIX_PORT_80_TCP_PORT=80',
        'SIX_PORT_80_TCP_ADDR=fd00::1',
      ],
    ],
  ])('%s', (_rule, service, expected) => {
    const variables = variablesOf(service.metadata.name, linksOf(service)!);
    expect(variables.map(([name, value]) => `${name}=${value}`)).toEqual(expected);
  });
});

function service(name: string, spec: string, namespace = 'default'): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}\n`;
}

function oneIn(namespace: string, more = ''): string {
  return podWith('', more).replace('  name: web', `  name: web\n  namespace: ${namespace}`);
}

const hosts = (lines: readonly string[]) => lines.filter((line) => line.includes('_SERVICE_HOST='));

const SERVICES = [
  service('kubernetes', '{clusterIP: 10.96.0.1, ports: [{port: 443}]}'),
  service('test', '{clusterIP: 10.96.1.3, ports: [{port: 8083}]}', 'test1'),
  service('kubernetes', '{clusterIP: 10.96.1.4, ports: [{port: 8084}]}', 'test2'),
  service('test', '{clusterIP: 10.96.1.5, ports: [{port: 8085}]}', 'test2'),
  service('headless', '{clusterIP: None, ports: [{port: 8085}]}', 'test2'),
  service('elsewhere', '{type: ExternalName, externalName: example.org}', 'test2'),
  service('not-special', '{clusterIP: 10.96.1.8, ports: [{port: 8088}]}'),
];

/** A cluster with the Services, whether or not it has the one of its API server already. */
function model() {
  const cluster = kubeletModel();
  for (const name of ['default', 'test1', 'test2', 'test3']) {
    cluster.do((api) => void api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  }
  const own = cluster.view.get(Service, 'default', 'kubernetes');
  cluster.create(...(own ? SERVICES.slice(1) : SERVICES));
  return cluster;
}

describe('the Services a container is told of', () => {
  const OFF = '  enableServiceLinks: false';
  const master = 'KUBERNETES_SERVICE_HOST=10.96.0.1';
  it.each<[string, string, string, string[]]>([
    ['are those of its namespace and the API server', 'test1', '', [master, 'TEST_SERVICE_HOST=10.96.1.3']],
    ['are only the API server without links', 'test1', OFF, [master]],
    [
      "are its namespace's own of that name first",
      'test2',
      '',
      ['KUBERNETES_SERVICE_HOST=10.96.1.4', 'TEST_SERVICE_HOST=10.96.1.5'],
    ],
    ['are not its own of that name without links', 'test2', OFF, [master]],
    ['are those of the default namespace there', 'default', '', [master, 'NOT_SPECIAL_SERVICE_HOST=10.96.1.8']],
    ['are only the API server there without links', 'default', OFF, [master]],
    ['are only the API server in a namespace without Services', 'test3', '', [master]],
  ])('%s', (_rule, namespace, more, expected) => {
    const cluster = model();
    cluster.create(oneIn(namespace, more));
    cluster.runTo(START_MS + 5000);
    expect(hosts(serviceEnv(cluster, 'web', namespace))).toEqual(expected);
  });

  it('are those that were there when it started', () => {
    const cluster = model();
    cluster.create(podWith(''));
    seconds(cluster, 5);
    cluster.create(service('late', '{clusterIP: 10.96.2.1, ports: [{port: 80}]}'));
    seconds(cluster, 50);
    expect(hosts(serviceEnv(cluster))).not.toContain('LATE_SERVICE_HOST=10.96.2.1');
    expect(hosts(serviceEnv(cluster.restarted()))).toEqual(hosts(serviceEnv(cluster)));
    crash(cluster);
    seconds(cluster, 80);
    expect(hosts(serviceEnv(cluster))).toContain('LATE_SERVICE_HOST=10.96.2.1');
  });

  it('stay when they are deleted, or have other ports, until the container is started again', () => {
    const cluster = model();
    cluster.create(
      service('gone', '{clusterIP: 10.96.2.2, ports: [{port: 80}]}'),
      service('moved', '{clusterIP: 10.96.2.3, ports: [{name: web, port: 80}]}'),
    );
    seconds(cluster, 2);
    cluster.create(podWith(''));
    seconds(cluster, 10);
    const before = serviceEnv(cluster);
    expect(before).toContain('GONE_SERVICE_HOST=10.96.2.2');
    expect(before).toContain('MOVED_SERVICE_PORT_WEB=80');
    cluster.do((api) => {
      void api.delete(api.get(Service, 'default', 'gone')!);
      for (const port of [81, 82]) {
        const moved = api.get(Service, 'default', 'moved')!;
        void api.update<Service>({
          ...moved,
          spec: { ...moved.spec, ports: [{ name: 'web', port, protocol: 'TCP', targetPort: 80 }] },
        });
      }
    });
    seconds(cluster, 20);
    cluster.create(service('gone', '{clusterIP: 10.96.2.9, ports: [{port: 8080}]}'));
    seconds(cluster, 30);
    expect(serviceEnv(cluster)).toEqual(before);
    expect(serviceEnv(cluster.restarted())).toEqual(before);
    expect(cluster.restarted().versions).toEqual([]);
    crash(cluster);
    seconds(cluster, 50);
    expect(serviceEnv(cluster)).toContain('GONE_SERVICE_HOST=10.96.2.9');
    expect(serviceEnv(cluster)).toContain('MOVED_SERVICE_PORT=82');
  });

  it('are remembered only where there are pods, and where what they are told changes', () => {
    const cluster = model();
    const past = () => cluster.view.list(Namespace).flatMap(({ runtime }) => runtime?.pastServices ?? []);
    const label = (namespace: string, name: string) =>
      cluster.do((api) => {
        const found = api.get(Service, namespace, name)!;
        void api.update<Service>({
          ...found,
          metadata: { ...found.metadata, labels: { a: 'b' } },
          spec: { ...found.spec, selector: { a: 'b' } },
        });
      });
    cluster.do((api) => void api.delete(api.get(Service, 'test1', 'test')!));
    cluster.create(oneIn('test2'));
    label('test2', 'test');
    cluster.do((api) => void api.delete(api.get(Service, 'test2', 'headless')!));
    expect(past()).toEqual([]);
    for (let count = 0; count < 70; count++) {
      cluster.create(service('brief', `{clusterIP: 10.96.3.${count}, ports: [{port: 80}]}`, 'test2'));
      cluster.do((api) => void api.delete(api.get(Service, 'test2', 'brief')!));
    }
    expect(past()).toHaveLength(64);
    expect(past().at(-1)).toMatchObject({ name: 'brief', clusterIP: '10.96.3.69' });
  });

  it('give way to variables of the container and may be used by them', () => {
    const cluster = model();
    cluster.create(
      podWith(`    env:
    - {name: NOT_SPECIAL_PORT, value: mine}
    - {name: URL, value: http://$(NOT_SPECIAL_SERVICE_HOST):$(NOT_SPECIAL_SERVICE_PORT)/}
    - {name: PORT, value: $(NOT_SPECIAL_PORT)}`),
    );
    seconds(cluster, 5);
    expect(env(cluster)).toEqual(['NOT_SPECIAL_PORT=mine', 'URL=http://10.96.1.8:8088/', 'PORT=mine']);
    expect(serviceEnv(cluster).some((line) => line.startsWith('NOT_SPECIAL_PORT='))).toBe(false);
    expect(serviceEnv(cluster)).toContain('NOT_SPECIAL_PORT_8088_TCP=tcp://10.96.1.8:8088');
  });
});
