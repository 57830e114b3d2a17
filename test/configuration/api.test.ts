import { beforeAll, describe, expect, it } from 'vitest';
import { apiClient, type ApiClient, type AskedAs } from '../support/api-client.ts';
import { MemoryClusters, type MemoryCluster } from '../support/memory-clusters.ts';

const PASSWORD = 'correct-horse-battery';
const ADMIN: AskedAs = { user: 'root', groups: ['system:masters'] };

const MANIFEST = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {MODE: fast, COLOUR: red}
binaryData: {LOGO: AAEC}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: mounted}
data: {a: b}
---
apiVersion: v1
kind: Secret
metadata: {name: database}
stringData: {PASSWORD: ${PASSWORD}}
---
apiVersion: v1
kind: Secret
metadata: {name: registry}
type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: e30=}
---
apiVersion: v1
kind: Secret
metadata: {name: files}
stringData: {a: b}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  imagePullSecrets: [{name: registry}, {name: nowhere}]
  volumes:
  - name: all
    projected: {sources: [{configMap: {name: mounted}}, {secret: {name: files}}]}
  containers:
  - name: web
    image: web:1
    resources: {limits: {memory: 64Mi}}
    command: [sh, -c, "connect $(PASSWORD); $(MODE)", $$(MODE), plain]
    args: ["--url=$(URL)", "--mode=$(MODE)"]
    volumeMounts: [{name: all, mountPath: /etc/all}]
    envFrom: [{prefix: APP_, configMapRef: {name: settings}}]
    env:
    - {name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: MODE}}}
    - {name: PASSWORD, valueFrom: {secretKeyRef: {name: database, key: PASSWORD}}}
    - {name: URL, value: "db://user:$(PASSWORD)@db"}
    - {name: INDIRECT, value: "<$(URL)>"}
    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: PLAIN, value: plain}
---
apiVersion: v1
kind: Pod
metadata: {name: broken}
spec:
  containers: [{name: web, image: web:1, env: [{name: A, valueFrom: {configMapKeyRef: {name: none, key: a}}}]}]
`;

const ENV = `name value masked origin fromName key problem from { __typename name }`;

let cluster: MemoryCluster;
let client: ApiClient;

beforeAll(async () => {
  const clusters = new MemoryClusters();
  cluster = clusters.add('default');
  cluster.submit({ cluster: 'default', name: 'addNodes', input: { count: 1 }, actor: 'test' });
  cluster.create(
    ...MANIFEST.split('---\n').map((text) => text.replace('metadata: {', 'metadata: {namespace: default, ')),
  );
  cluster.run(20_000);
  client = await apiClient(clusters);
});

async function podFields(fields: string, viewer?: AskedAs, name = 'web'): Promise<any> {
  const answer = await client.ask(
    `{ cluster { object(kind: "pod", name: "${name}", namespace: "default") { ... on Pod { ${fields} } } } }`,
    undefined,
    viewer,
  );
  expect(answer.errors).toBeUndefined();
  return (answer.data as any).cluster.object;
}

async function envOf(viewer?: AskedAs, name = 'web'): Promise<any[]> {
  const pod = await podFields(`containers { env { ${ENV} } }`, viewer, name);
  return pod.containers[0].env.filter(({ origin }: { origin: string }) => origin !== 'SERVICE');
}

const text = (name: string, value: string | null, origin: string, more: object = {}) => ({
  name,
  value,
  masked: false,
  origin,
  fromName: null,
  key: null,
  problem: null,
  from: null,
  ...more,
});
const ofMap = (key: string) => ({ fromName: 'settings', key, from: { __typename: 'ConfigMap', name: 'settings' } });
const ofSecret = { fromName: 'database', key: 'PASSWORD', from: { __typename: 'Secret', name: 'database' } };

describe('Container.env', () => {
  it('shows values, and where each comes from; those made of Secrets are masked', async () => {
    expect(await envOf()).toEqual([
      text('APP_COLOUR', 'red', 'CONFIG_MAP', ofMap('COLOUR')),
      text('APP_MODE', 'fast', 'CONFIG_MAP', ofMap('MODE')),
      text('MODE', 'fast', 'CONFIG_MAP', ofMap('MODE')),
      text('PASSWORD', null, 'SECRET', { masked: true, ...ofSecret }),
      text('URL', null, 'LITERAL', { masked: true }),
      text('INDIRECT', null, 'LITERAL', { masked: true }),
      text('NAME', 'web', 'FIELD', { key: 'metadata.name' }),
      text('MEMORY', '64', 'RESOURCE', { key: 'limits.memory' }),
      text('PLAIN', 'plain', 'LITERAL'),
    ]);
  });

  it('shows the values of Secrets to those who may see them', async () => {
    const env = await envOf(ADMIN);
    expect(env.filter(({ origin, name }) => origin === 'SECRET' || name === 'URL' || name === 'INDIRECT')).toEqual([
      text('PASSWORD', PASSWORD, 'SECRET', ofSecret),
      text('URL', `db://user:${PASSWORD}@db`, 'LITERAL'),
      text('INDIRECT', `<db://user:${PASSWORD}@db>`, 'LITERAL'),
    ]);
  });

  it('ends with the variables of Services', async () => {
    const pod = await podFields(`containers { env { ${ENV} } }`);
    const last = pod.containers[0].env.filter(({ origin }: { origin: string }) => origin === 'SERVICE');
    expect(last[0]).toMatchObject({
      name: 'KUBERNETES_SERVICE_HOST',
      value: cluster.view.listKey('Service').map((service: any) => service.spec.clusterIP)[0],
      fromName: 'kubernetes',
      from: { __typename: 'Service', name: 'kubernetes' },
    });
  });

  it('names what keeps a container from being created', async () => {
    const problem = 'configmap "none" not found';
    expect(await envOf(undefined, 'broken')).toEqual([
      text('A', null, 'CONFIG_MAP', { fromName: 'none', key: 'a', problem }),
    ]);
    const pod = await podFields(
      'containers { state { ... on ContainerWaiting { reason message } } }',
      undefined,
      'broken',
    );
    expect(pod.containers[0].state).toEqual({ reason: 'CreateContainerConfigError', message: problem });
  });

  it('belongs to the moment that is asked about', async () => {
    const before = cluster.view.revision;
    cluster.do((api) => {
      const map: any = api.listKey('ConfigMap', 'default').find(({ metadata }) => metadata.name === 'settings');
      api.update({ ...map, data: { MODE: 'slow' } });
    });
    cluster.submit({
      cluster: 'default',
      name: 'injectFault',
      input: { fault: { containerExit: { pods: 'app=web', exitCode: 1 } }, durationMs: 500 },
      actor: 'test',
    });
    cluster.run(20_000);
    const mode = async (at: string) => {
      const answer: any = await client.ask(
        `{ cluster${at} { object(kind: "pod", name: "web", namespace: "default") { ... on Pod { containers { env { name value } } } } } }`,
      );
      return answer.data.cluster.object.containers[0].env.find(({ name }: { name: string }) => name === 'MODE').value;
    };
    expect(await mode('')).toBe('slow');
    expect(await mode(`(at: { revision: "${before}" })`)).toBe('fast');
  });
});

describe('Container.command and Container.args', () => {
  it('show the words the process gets, without what comes from Secrets', async () => {
    const pod = await podFields('containers { command args }');
    expect(pod.containers[0]).toEqual({
      command: ['sh', '-c', 'connect ******; slow', '$(MODE)', 'plain'],
      args: ['--url=******', '--mode=slow'],
    });
    const seen = await podFields('containers { command args }', ADMIN);
    expect(seen.containers[0].command[2]).toBe(`connect ${PASSWORD}; slow`);
    expect(seen.containers[0].args[0]).toBe(`--url=db://user:${PASSWORD}@db`);
  });
});

describe('the value of a Secret that is a variable', () => {
  it('is nowhere in what those see who may not read it', async () => {
    const answer = await podFields(
      `manifest history { nodes { changedPaths object { manifest } } } events { nodes { message manifest } }
       containers { command args env { ${ENV} } configMaps { data } secrets { name keys manifest } }`,
    );
    const seen = JSON.stringify(answer);
    expect(seen).not.toContain(PASSWORD);
    expect(seen).not.toContain(Buffer.from(PASSWORD).toString('base64'));
    expect(seen).toContain('PASSWORD');
  });
});

describe('relations of ConfigMaps and Secrets', () => {
  it('lead from a container to all it sees, and from a pod to what its images are pulled with', async () => {
    const pod = await podFields('imagePullSecrets { name } containers { configMaps { name } secrets { name } }');
    expect(pod).toEqual({
      imagePullSecrets: [{ name: 'registry' }],
      containers: [
        {
          configMaps: [{ name: 'settings' }, { name: 'mounted' }],
          secrets: [{ name: 'database' }, { name: 'files' }],
        },
      ],
    });
  });

  it('lead back to the pods', async () => {
    const answer: any = await client.ask(`{ cluster {
      configMaps(filter: { namespaces: ["default"] }) { nodes { name keys sizeBytes binaryData usedBy { nodes { name } } } }
      secrets(filter: { namespaces: ["default"] }) { nodes { name usedBy { nodes { name } } } } } }`);
    expect(answer.errors).toBeUndefined();
    const { configMaps, secrets } = answer.data.cluster;
    const settings = configMaps.nodes.find(({ name }: { name: string }) => name === 'settings');
    expect(settings).toEqual({
      name: 'settings',
      keys: ['LOGO', 'MODE'],
      sizeBytes: 7,
      binaryData: { LOGO: 'AAEC' },
      usedBy: { nodes: [{ name: 'web' }] },
    });
    const users = Object.fromEntries(
      [...configMaps.nodes, ...secrets.nodes].map(({ name, usedBy }) => [name, usedBy.nodes.length]),
    );
    expect(users).toMatchObject({ mounted: 1, database: 1, registry: 1, files: 1 });
  });
});
