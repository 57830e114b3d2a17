import { expect, test } from 'vitest';
import { startTestServer } from './support.ts';

const { clusters, ask } = await startTestServer();
await clusters.create({ name: 'default', initialCommands: [{ name: 'addNodes', input: { count: 2 } }] });
const cluster = clusters.get('default')!;
cluster.create(`apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: default }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: 'web:1', envFrom: [{ configMapRef: { name: settings } }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ port: 80, protocol: TCP, targetPort: 80 }], type: ClusterIP, sessionAffinity: None }
---
apiVersion: v1
kind: Pod
metadata: { name: alone, namespace: default }
spec: { containers: [{ name: main, image: 'alone:1' }] }
`);
cluster.run(60_000);

async function topology(
  args: string,
): Promise<{ nodes: any[]; edges: string[]; truncated: boolean; hiddenCount: number }> {
  const query = `{ cluster { topology${args} { truncated hiddenCount
    nodes { id kind label health podCount object { id } } edges { from to relation active } } } }`;
  const { data, errors } = await ask(query);
  expect(errors).toBeUndefined();
  const { nodes, edges, ...rest } = data.cluster.topology;
  const name = new Map<string, string>(
    nodes.map(({ id, kind, label }: any) => [id, `${kind} ${label.replace(/-[0-9a-f]{6,10}$/, '')}`]),
  );
  const lines = edges.map(
    ({ from, to, relation, active }: any) => `${name.get(from)} ${relation} ${name.get(to)}${active ? '' : ' (idle)'}`,
  );
  return { nodes, edges: lines.sort(), ...rest };
}

test('pods of one controller are one node, joined to all they have to do with', async () => {
  const { nodes, edges, truncated } = await topology('(filter: { search: "web" })');
  expect(edges).toEqual([
    'Deployment web OWNS ReplicaSet web',
    'Pod 4 pods MOUNTS ConfigMap settings',
    'Pod 4 pods RUNS_ON Node node-1',
    'Pod 4 pods RUNS_ON Node node-2',
    'ReplicaSet web OWNS Pod 4 pods',
    'Service web ROUTES_TO Pod 4 pods',
  ]);
  expect(nodes.find(({ podCount }) => podCount)).toMatchObject({ podCount: 4, object: null, health: 'HEALTHY' });
  expect(truncated).toBe(false);
});

test('from a root only what has to do with it is shown; without collapse each pod stands for itself', async () => {
  const { data } = await ask('{ cluster { service: object(kind: "svc", name: "web") { id } } }');
  const { nodes } = await topology(`(root: "${data.cluster.service.id}", collapse: false)`);
  expect(nodes.filter(({ kind }) => kind === 'Pod')).toHaveLength(4);
  expect(nodes.map(({ label }) => label)).not.toContain('alone');
});

test('what is too much is counted, and its edges are left out', async () => {
  const { nodes, edges, truncated, hiddenCount } = await topology('(maxNodes: 3)');
  expect([nodes.length, truncated]).toEqual([3, true]);
  expect(hiddenCount).toBeGreaterThan(3);
  expect(edges.every((line) => !line.includes('undefined'))).toBe(true);
});

test('a root that is not there is told so', async () => {
  const { errors } = await ask('{ cluster { topology(root: "nobody") { hiddenCount } } }');
  expect(errors?.[0]?.message).toBe('root names no object of this cluster');
});
