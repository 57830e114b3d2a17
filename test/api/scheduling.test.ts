import { expect, test } from 'vitest';
import { startTestServer } from './support.ts';

const { clusters, ask } = await startTestServer();
await clusters.create({
  name: 'default',
  initialCommands: [{ name: 'addNodes', input: { count: 3, template: { cpu: '2', memory: '4Gi' } } }],
});
const cluster = clusters.get('default')!;

function workload(cpu: string, replicas = 1): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: 'web:1', resources: { requests: { cpu: ${cpu} } } }] }
`;
}

const WOULD = `query ($manifest: String!, $replicas: Int) { cluster { wouldSchedule(manifest: $manifest, replicas: $replicas) {
  replicas fits message placements { node { name } count } userErrors { message code path } } } }`;

async function would(manifest: string, replicas?: number): Promise<any> {
  const { data, errors } = await ask(WOULD, { manifest, replicas });
  expect(errors).toBeUndefined();
  return data.cluster.wouldSchedule;
}

test('a workload that fits is spread over the nodes, and nothing is stored', async () => {
  const answer = await would(workload('500m', 6));
  expect(answer).toMatchObject({ replicas: 6, fits: 6, message: null, userErrors: [] });
  expect(answer.placements.map(({ count }: any) => count)).toEqual([2, 2, 2]);
  expect((await ask('{ cluster { pods { totalCount } deployments { totalCount } } }')).data.cluster).toEqual({
    pods: { totalCount: 0 },
    deployments: { totalCount: 0 },
  });
});

test('a workload that is too large says how many fit and what is short', async () => {
  const answer = await would(workload('500m'), 100);
  expect(answer).toMatchObject({ replicas: 100, fits: 12 });
  expect(answer.message).toMatch(/^0\/3 nodes are available: 3 Insufficient cpu\./);
});

test('a manifest without a pod, or with a bad one, is told so', async () => {
  expect((await would('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n')).userErrors[0].message).toBe(
    'the manifest has no pod template',
  );
  expect((await would('kind: [')).userErrors[0].message).toMatch(/line 1/);
  expect((await would(workload('lots'))).userErrors[0].message).toMatch(/quantities must match/);
});

test('a pod explains where it is and where it cannot be', async () => {
  cluster.create(workload('1500m', 4));
  cluster.run(60_000);
  const query = `{ cluster { pods { nodes { node { name } scheduling(first: 3) { message feasible total
    verdicts { node { name } feasible rejectedBy reason totalScore scores { plugin score weight } } } } } } }`;
  const pods = (await ask(query)).data.cluster.pods.nodes;
  const placed = pods.find((pod: any) => pod.node);
  expect(placed.scheduling.message).toMatch(
    new RegExp(`^Successfully assigned default/web-.* to ${placed.node.name}$`),
  );
  expect(placed.scheduling).toMatchObject({ feasible: 1, total: 3 });
  const [own, other] = placed.scheduling.verdicts;
  expect(own).toMatchObject({ node: { name: placed.node.name }, feasible: true, rejectedBy: null });
  expect(own.totalScore).toBe(own.scores.reduce((sum: number, { score, weight }: any) => sum + score * weight, 0));
  expect(other).toMatchObject({ feasible: false, rejectedBy: 'NodeResourcesFit', reason: 'Insufficient cpu' });
  const pending = pods.find((pod: any) => !pod.node);
  expect(pending.scheduling).toMatchObject({ feasible: 0, total: 3 });
  expect(pending.scheduling.message).toMatch(/^0\/3 nodes are available: 3 Insufficient cpu\./);
});
