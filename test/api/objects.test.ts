import { describe, expect, test } from 'vitest';
import { decodeId, encodeId } from '../../src/api/global-id.ts';
import { startTestServer } from './support.ts';

const { clusters, ask } = await startTestServer();
await clusters.create({ name: 'default', initialCommands: [{ name: 'addNodes', input: { count: 2 } }] });
const cluster = clusters.get('default');

const APP = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { color: red }
---
apiVersion: v1
kind: Secret
metadata: { name: password, annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"key":"aHVudGVyMg=="}}' } }
data: { key: aHVudGVyMg== }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      volumes: [{ name: config, configMap: { name: settings } }, { name: scratch, emptyDir: {} }]
      containers:
        - name: main
          image: web:1
          envFrom: [{ secretRef: { name: password } }]
          volumeMounts: [{ name: config, mountPath: /etc/web }]
          ports: [{ containerPort: 80 }]
          resources: { requests: { cpu: 500m, memory: 64Mi } }
          readinessProbe: { httpGet: { port: 80, path: /ready } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;

const APPLY = `mutation ($manifest: String!, $guard: Guard) {
  applyManifest(input: { manifest: $manifest, guard: $guard }) {
    revision replayed documents { ref action line warnings diff { path before after } userErrors { code message path } } userErrors { message code }
  }
}`;

const applied = await ask(APPLY, { manifest: APP });
cluster?.run(60_000);

async function read(query: string, variables?: object): Promise<any> {
  const { data, errors } = await ask(query, variables);
  expect(errors).toBeUndefined();
  return data;
}

describe('relations', () => {
  test('lead from a Service to its endpoints, their pods and their nodes', async () => {
    const { cluster: seen } = await read(`{ cluster { services(filter: { fieldSelector: "metadata.name=web" }) { nodes {
      dnsName endpoints { addresses pod { name node { name pods { nodes { name } } } services { name } } node { name } } } } } }`);
    const [service] = seen.services.nodes;
    expect(service.dnsName).toBe('web.default.svc.cluster.local');
    expect(service.endpoints).toHaveLength(2);
    for (const { pod, node } of service.endpoints) {
      expect(pod.node.name).toBe(node.name);
      expect(pod.node.pods.nodes).toContainEqual({ name: pod.name });
      expect(pod.services).toEqual([{ name: 'web' }]);
    }
  });

  test('lead from a Deployment to its ReplicaSet and pods, and back', async () => {
    const { cluster: seen } = await read(`{ cluster { deployments { nodes {
      name replicas selector images currentReplicaSet { name deployment { name } owners { name } }
      dependents(kinds: ["rs"]) { nodes { kind } }
      pods { totalCount nodes { controller { name kind } } } rolloutHistory { revision } } } } }`);
    const [deployment] = seen.deployments.nodes;
    expect(deployment).toMatchObject({ name: 'web', replicas: 2, selector: 'app=web', images: ['web:1'] });
    expect(deployment.currentReplicaSet).toMatchObject({ deployment: { name: 'web' }, owners: [{ name: 'web' }] });
    expect(deployment.dependents.nodes).toEqual([{ kind: 'ReplicaSet' }]);
    expect(deployment.pods.totalCount).toBe(2);
    expect(deployment.pods.nodes[0].controller.name).toBe(deployment.currentReplicaSet.name);
    expect(deployment.rolloutHistory).toEqual([{ revision: 1 }]);
  });

  test('lead from a pod to its volumes, ConfigMaps and Secrets, and back', async () => {
    const { cluster: seen } = await read(`{ cluster { pods(first: 1, filter: { labelSelector: "app=web" }) { nodes {
      volumes { name source { __typename ... on ConfigMap { name usedBy { totalCount } } ... on OtherVolume { type } } mountedBy { name } }
      containers { requests { cpuMillis memoryMiB } secrets { name usedBy { totalCount } } probes { type handler } } } } } }`);
    const [pod] = seen.pods.nodes;
    expect(pod.volumes).toEqual([
      {
        name: 'config',
        source: { __typename: 'ConfigMap', name: 'settings', usedBy: { totalCount: 2 } },
        mountedBy: [{ name: 'main' }],
      },
      { name: 'scratch', source: { __typename: 'OtherVolume', type: 'emptyDir' }, mountedBy: [] },
    ]);
    expect(pod.containers[0]).toEqual({
      requests: { cpuMillis: 500, memoryMiB: 64 },
      secrets: [{ name: 'password', usedBy: { totalCount: 2 } }],
      probes: [{ type: 'READINESS', handler: 'http-get http://:80/ready' }],
    });
  });

  test('lead from an object to its events, and from an event to its object', async () => {
    const { cluster: seen } = await read(`{ cluster { object(kind: "deploy", name: "web") {
      events { nodes { reason type regardingRef regarding { name } } } } } }`);
    expect(seen.object.events.nodes[0]).toMatchObject({
      reason: 'ScalingReplicaSet',
      type: 'NORMAL',
      regardingRef: 'deployment/web',
      regarding: { name: 'web' },
    });
  });
});

describe('ids', () => {
  test('fetch what they name, live and as it was', async () => {
    const before = cluster?.view.revision;
    const { cluster: seen } = await read('{ cluster { id object(kind: "cm", name: "settings") { id } } }');
    const { id } = seen.object;
    await ask(APPLY, { manifest: APP.replace('color: red', 'color: blue') });
    const past = encodeId('default', 'ConfigMap', decodeId(id)?.uid ?? '', before);
    const { nodes } = await read(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on ConfigMap { data } ... on Cluster { name } } }',
      { ids: [id, past, seen.id, 'nonsense', encodeId('default', 'Pod', 'gone')] },
    );
    expect(nodes).toEqual([
      { id, data: { color: 'blue' } },
      { id: past, data: { color: 'red' } },
      { id: seen.id, name: 'default' },
      null,
      null,
    ]);
  });

  test('`at` moves everything below it into the past', async () => {
    const { cluster: seen } = await read(
      `{ cluster(at: { revision: "1" }) { revision pods { totalCount } deployments { totalCount } } }`,
    );
    expect(seen).toEqual({ revision: '1', pods: { totalCount: 0 }, deployments: { totalCount: 0 } });
  });
});

describe('values of Secrets', () => {
  test('appear nowhere', async () => {
    const text = JSON.stringify(
      await read(
        `{ cluster { secrets { nodes { keys manifest json: manifest(format: JSON) metadata { annotations } history { nodes { changedPaths object { manifest } } } } } } }`,
      ),
    );
    expect(text).not.toContain('aHVudGVyMg==');
    expect(text).toContain('"keys":["key"]');
  });

  test('are masked in the difference that applying tells of', async () => {
    const { data } = await ask(APPLY, {
      manifest: APP.replace('data: { key: aHVudGVyMg== }', 'data: { key: c2VjcmV0 }'),
    });
    const secret = data.applyManifest.documents.find(({ ref }: { ref: string }) => ref === 'secret/password');
    expect(secret.action).toBe('CONFIGURED');
    expect(JSON.stringify(secret)).not.toMatch(/c2VjcmV0|aHVudGVyMg/);
  });
});

describe('mutations', () => {
  const idOf = async (kind: string, name: string) =>
    (
      await read(
        'query ($kind: String!, $name: String!) { cluster { object(kind: $kind, name: $name) { id metadata { resourceVersion } } } }',
        { kind, name },
      )
    ).cluster.object;
  const SCALE = `mutation ($id: ID!, $replicas: Int!, $guard: Guard) { scaleDeployment(input: { id: $id, replicas: $replicas, guard: $guard }) {
    deployment { replicas } revision replayed userErrors { __typename code message path ... on ConflictError { current { name } } ... on FieldError { value } } } }`;

  test('applying again changes nothing', async () => {
    const { data } = await ask(APPLY, { manifest: APP });
    await ask(APPLY, { manifest: APP });
    const again = await ask(APPLY, { manifest: APP });
    expect(applied.data.applyManifest.documents.map(({ action }: any) => action)).toEqual([
      'CREATED',
      'CREATED',
      'CREATED',
      'CREATED',
    ]);
    expect(data.applyManifest.userErrors).toEqual([]);
    expect(again.data.applyManifest.documents.map(({ action }: any) => action)).toEqual(
      Array.from({ length: 4 }, () => 'UNCHANGED'),
    );
  });

  test('a bad document fails with its place, the others are applied', async () => {
    const { data } = await ask(APPLY, {
      manifest:
        'kind: ConfigMap\napiVersion: v1\nmetadata: { name: fine }\n---\na: [\n---\napiVersion: apps/v1\nkind: Deploymnet\nmetadata: { name: x }\n',
    });
    const [fine, broken, mistyped] = data.applyManifest.documents;
    expect(fine.action).toBe('CREATED');
    expect(broken).toMatchObject({ action: 'FAILED', line: 5 });
    expect(broken.userErrors[0].message).toMatch(/line \d+/);
    expect(mistyped.userErrors[0].message).toBe('no matches for kind "Deploymnet" in version "apps/v1"');
  });

  test('scaling changes the Deployment', async () => {
    const { id } = await idOf('deployment', 'web');
    const { data } = await ask(SCALE, { id, replicas: 3 });
    expect(data.scaleDeployment).toMatchObject({ deployment: { replicas: 3 }, replayed: false, userErrors: [] });
  });

  test('a dry run answers as if it were done and changes nothing', async () => {
    const { id } = await idOf('deployment', 'web');
    const { data } = await ask(SCALE, { id, replicas: 9, guard: { dryRun: true } });
    expect(data.scaleDeployment.deployment.replicas).toBe(9);
    expect(
      (await read('{ cluster { deployments { nodes { replicas } } } }')).cluster.deployments.nodes[0].replicas,
    ).toBe(3);
  });

  test('another resourceVersion than the guard names is a conflict that shows the object', async () => {
    const { id } = await idOf('deployment', 'web');
    const { data } = await ask(SCALE, { id, replicas: 1, guard: { resourceVersion: '1' } });
    expect(data.scaleDeployment.userErrors).toMatchObject([
      { __typename: 'ConflictError', code: 'CONFLICT', current: { name: 'web' } },
    ]);
    expect(data.scaleDeployment.userErrors[0].message).toContain('the object has been modified');
  });

  test('the same idempotency key is done once', async () => {
    const { id } = await idOf('deployment', 'web');
    const guard = { idempotencyKey: 'once' };
    const first = await ask(SCALE, { id, replicas: 2, guard });
    const second = await ask(SCALE, { id, replicas: 2, guard });
    expect(first.data.scaleDeployment.replayed).toBe(false);
    expect(second.data.scaleDeployment).toMatchObject({
      replayed: true,
      revision: first.data.scaleDeployment.revision,
    });
  });

  test('a value that breaks a rule is told of by field', async () => {
    const { id } = await idOf('deployment', 'web');
    const { data } = await ask(SCALE, { id, replicas: -1 });
    expect(data.scaleDeployment.userErrors).toMatchObject([
      { __typename: 'FieldError', code: 'INVALID', path: ['spec', 'replicas'], value: -1 },
    ]);
  });

  test.each([
    ['an id that is none', 'nonsense', 'NOT_FOUND'],
    ['an object that is gone', encodeId('default', 'Deployment', 'gone'), 'NOT_FOUND'],
    ['a cluster that is gone', encodeId('elsewhere', 'Deployment', 'gone'), 'NOT_FOUND'],
  ])('%s is refused', async (_name, id, code) => {
    const { data } = await ask(SCALE, { id, replicas: 1 });
    expect(data.scaleDeployment).toMatchObject({ deployment: null, userErrors: [{ code }] });
  });

  test('an object of another kind is refused', async () => {
    const { id } = await idOf('service', 'web');
    const { data } = await ask(SCALE, { id, replicas: 1 });
    expect(data.scaleDeployment.userErrors[0]).toMatchObject({
      code: 'INVALID',
      message: 'the id names a Service, not a Deployment',
    });
  });

  test('a deleted object is shown once more', async () => {
    const { id } = await idOf('cm', 'fine');
    const { data } = await ask(
      'mutation ($id: ID!) { deleteObject(input: { id: $id }) { object { name } userErrors { code } } }',
      { id },
    );
    expect(data.deleteObject).toEqual({ object: { name: 'fine' }, userErrors: [] });
    expect((await read('{ cluster { object(kind: "cm", name: "fine") { id } } }')).cluster.object).toBeNull();
  });

  test('cordoning keeps pods away until it is taken back', async () => {
    const { id } = await idOf('node', 'node-1');
    const cordon = (name: string) =>
      ask(`mutation ($id: ID!) { ${name}(input: { id: $id }) { node { unschedulable } userErrors { code } } }`, { id });
    expect((await cordon('cordonNode')).data.cordonNode.node.unschedulable).toBe(true);
    expect((await cordon('uncordonNode')).data.uncordonNode.node.unschedulable).toBe(false);
  });

  test('clusters are made, listed and forgotten', async () => {
    const create = `mutation { createCluster(input: { name: "side", nodes: 1, paused: true }) { cluster { id clock { running } nodes { totalCount } } userErrors { code message } } }`;
    const { data } = await ask(create);
    expect(data.createCluster.cluster).toMatchObject({ clock: { running: false }, nodes: { totalCount: 1 } });
    expect((await ask(create)).data.createCluster.userErrors[0].code).toBe('ALREADY_EXISTS');
    expect((await read('{ clusters { name } }')).clusters).toEqual([{ name: 'default' }, { name: 'side' }]);
    const { id } = data.createCluster.cluster;
    expect(
      (
        await ask(
          'mutation ($id: ID!) { deleteCluster(input: { id: $id }) { cluster { name } userErrors { code } } }',
          { id },
        )
      ).data.deleteCluster,
    ).toEqual({ cluster: { name: 'side' }, userErrors: [] });
    expect((await read('{ cluster(name: "side") { name } }')).cluster).toBeNull();
    expect(
      (await ask('mutation { createCluster(input: { name: "Not A Name" }) { userErrors { code path } } }')).data
        .createCluster.userErrors,
    ).toEqual([{ code: 'INVALID', path: ['input', 'name'] }]);
  });

  test('the clock is paused, resumed, sped up and stepped', async () => {
    const { data } = await ask(`mutation {
      pauseClock { clock { running } } resumeClock { clock { running } } setClockSpeed(speed: 60) { clock { speed } }
      bad: setClockSpeed(speed: 0) { userErrors { code path } } stepClock(by: { duration: "1h" }) { clock { now } } }`);
    expect(data).toMatchObject({
      pauseClock: { clock: { running: false } },
      resumeClock: { clock: { running: true } },
      setClockSpeed: { clock: { speed: 60 } },
      bad: { userErrors: [{ code: 'INVALID', path: ['speed'] }] },
    });
  });
});

describe('tables, grid and summary', () => {
  test('are what kubectl prints', async () => {
    const { cluster: seen } = await read(`{ cluster {
      table(kind: "deploy") { columns rows { cells object { name } } } grid { node { name } cells podCount }
      summary { nodesTotal pods { total } cpuRequestedRatio } } }`);
    expect(seen.table.columns).toEqual(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
    expect(seen.table.rows[0].cells[0]).toBe('web');
    expect(seen.grid.map((row: any) => row.podCount).reduce((a: number, b: number) => a + b)).toBe(
      seen.summary.pods.total,
    );
    expect(seen.summary).toMatchObject({ nodesTotal: 2, cpuRequestedRatio: 0.125 });
  });
});
