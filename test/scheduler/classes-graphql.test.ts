import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

const MANIFEST = `
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
preemptionPolicy: Never
description: What customers see.
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: kata}
handler: kata-fc
overhead: {podFixed: {cpu: 250m, memory: 120Mi}}
scheduling: {nodeSelector: {kubernetes.io/os: linux}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      priorityClassName: high
      runtimeClassName: kata
      containers: [{name: db, image: postgres, resources: {requests: {cpu: 100m}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: plain}
spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: db}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
  minReplicas: 2
  maxReplicas: 4
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
    - {type: ContainerResource, containerResource: {name: memory, container: db, target: {type: AverageValue, averageValue: 1Gi}}}
    - {type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: "30"}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: lost}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: gone}, maxReplicas: 4}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db}
spec: {minAvailable: 1, selector: {matchLabels: {app: db}}}
`;

const QUERY = `{ cluster(name: "c") {
  priorityClasses { nodes { name value globalDefault description preemptionPolicy pods { nodes { name } } } }
  runtimeClasses { nodes { name handler overhead { cpuMillis memoryMiB } nodeSelector pods(filter: { ready: true }) { totalCount } } }
  pods { nodes {
    name priority preemptionPolicy priorityClass { name } runtimeClass { handler } overhead { cpuMillis }
    disruptionBudgets { name pods { totalCount } }
  } }
  statefulSets { nodes { name autoscalers { name target { kind name } pods { totalCount } } } }
  horizontalPodAutoscalers { nodes { name target { name } pods { totalCount } metrics {
    type name container targetUtilization targetAverageValue currentUtilization currentAverageValue
  } } }
  nodes { nodes { name roles podCIDR internalIP zone pressures taints { key timeAdded } } }
} }`;

test('pods, their classes, budgets and autoscalers lead to each other', async () => {
  const { ask } = await startTestServer();
  await ask('mutation { createCluster(input: { name: "c", nodes: 1, paused: true }) { userErrors { message } } }');
  const applied = await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    { m: MANIFEST },
  );
  expect(applied.data.applyManifest.userErrors).toEqual([]);
  await ask('mutation { stepClock(cluster: "c", by: { duration: "2m" }) { userErrors { message } } }');
  const { data, errors } = await ask(QUERY);
  expect(errors).toBeUndefined();
  const { cluster } = data;
  const classes = cluster.priorityClasses.nodes;
  expect(classes[0]).toEqual({
    name: 'high',
    value: 1000,
    globalDefault: false,
    description: 'What customers see.',
    preemptionPolicy: 'NEVER',
    pods: { nodes: [{ name: 'db-0' }, { name: 'db-1' }] },
  });
  expect(classes.map((each: { name: string; value: number }) => [each.name, each.value])).toEqual([
    ['high', 1000],
    ['system-cluster-critical', 2_000_000_000],
    ['system-node-critical', 2_000_001_000],
  ]);
  expect(cluster.runtimeClasses.nodes).toEqual([
    {
      name: 'kata',
      handler: 'kata-fc',
      overhead: { cpuMillis: 250, memoryMiB: 120 },
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      pods: { totalCount: 2 },
    },
  ]);
  expect(cluster.pods.nodes).toEqual([
    ...['db-0', 'db-1'].map((name) => ({
      name,
      priority: 1000,
      preemptionPolicy: 'NEVER',
      priorityClass: { name: 'high' },
      runtimeClass: { handler: 'kata-fc' },
      overhead: { cpuMillis: 250 },
      disruptionBudgets: [{ name: 'db', pods: { totalCount: 2 } }],
    })),
    {
      name: 'plain',
      priority: 0,
      preemptionPolicy: 'PREEMPT_LOWER_PRIORITY',
      priorityClass: null,
      runtimeClass: null,
      overhead: null,
      disruptionBudgets: [],
    },
  ]);
  expect(cluster.statefulSets.nodes).toEqual([
    { name: 'db', autoscalers: [{ name: 'db', target: { kind: 'StatefulSet', name: 'db' }, pods: { totalCount: 2 } }] },
  ]);
  const [db, lost] = cluster.horizontalPodAutoscalers.nodes;
  expect(db.metrics).toEqual([
    {
      type: 'RESOURCE',
      name: 'cpu',
      container: null,
      targetUtilization: 60,
      targetAverageValue: null,
      currentUtilization: 0,
      currentAverageValue: '0',
    },
    {
      type: 'CONTAINER_RESOURCE',
      name: 'memory',
      container: 'db',
      targetUtilization: null,
      targetAverageValue: '1Gi',
      currentUtilization: null,
      currentAverageValue: '0',
    },
    {
      type: 'EXTERNAL',
      name: 'queue',
      container: null,
      targetUtilization: null,
      targetAverageValue: '30',
      currentUtilization: null,
      currentAverageValue: null,
    },
  ]);
  expect(lost).toMatchObject({ name: 'lost', target: null, pods: { totalCount: 0 } });
  expect(cluster.nodes.nodes).toEqual([
    {
      name: 'node-1',
      roles: [],
      podCIDR: '10.128.0.0/24',
      internalIP: expect.any(String),
      zone: null,
      pressures: [],
      taints: [],
    },
  ]);
});

test('a class that is gone leaves its pods their priority', async () => {
  const { ask } = await startTestServer();
  await ask('mutation { createCluster(input: { name: "c", nodes: 1, paused: true }) { userErrors { message } } }');
  await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    { m: MANIFEST },
  );
  const { data } = await ask('{ cluster(name: "c") { priorityClasses { nodes { id name } } } }');
  const { id } = data.cluster.priorityClasses.nodes[0];
  await ask('mutation ($id: ID!) { deleteObject(input: { id: $id }) { userErrors { message } } }', { id });
  const after = await ask('{ cluster(name: "c") { pods { nodes { priority priorityClass { name } } } } }');
  expect(after.data.cluster.pods.nodes[0]).toEqual({ priority: 1000, priorityClass: null });
});
