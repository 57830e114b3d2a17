import { expect, test } from 'vitest';
import { startTestServer } from '../api/support.ts';

const MANIFEST = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {nodeSelector: {kubernetes.io/hostname: node-1}, containers: [{name: db, image: postgres}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: logs}
spec:
  selector: {matchLabels: {app: logs}}
  template:
    metadata: {labels: {app: logs}}
    spec: {containers: [{name: logs, image: fluentd}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db}
spec: {minAvailable: 2, selector: {matchLabels: {app: db}}}
`;

test('a drain says which budget holds which pod, and the kinds show what they keep', async () => {
  const { ask } = await startTestServer();
  const created = await ask(
    'mutation { createCluster(input: { name: "c", nodes: 2, paused: true }) { userErrors { message } } }',
  );
  expect(created.errors).toBeUndefined();
  await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    {
      m: MANIFEST,
    },
  );
  await ask('mutation { stepClock(cluster: "c", by: { duration: "2m" }) { userErrors { message } } }');
  const { data, errors } = await ask(`{ cluster(name: "c") {
    nodes { nodes { id name lastHeartbeat drain { phase } } }
    statefulSets { nodes { serviceName readyReplicas rolloutMessage revisions { revision images } } }
    daemonSets { nodes { desiredNumberScheduled rolloutMessage rolloutDone } }
    podDisruptionBudgets { nodes { minAvailable disruptionsAllowed currentHealthy pods { totalCount } } }
  } }`);
  expect(errors).toBeUndefined();
  expect(data.cluster.statefulSets.nodes).toEqual([
    {
      serviceName: 'db',
      readyReplicas: 2,
      rolloutMessage: 'partitioned roll out complete: 2 new pods have been updated...',
      revisions: [{ revision: 1, images: ['postgres'] }],
    },
  ]);
  expect(data.cluster.daemonSets.nodes).toEqual([
    { desiredNumberScheduled: 2, rolloutMessage: 'daemon set "logs" successfully rolled out', rolloutDone: true },
  ]);
  expect(data.cluster.podDisruptionBudgets.nodes).toEqual([
    { minAvailable: '2', disruptionsAllowed: 0, currentHealthy: 2, pods: { totalCount: 2 } },
  ]);
  const [node] = data.cluster.nodes.nodes;
  expect(node.drain).toBeNull();
  expect(node.lastHeartbeat).toMatch(/T/);
  const drained = await ask(
    `mutation ($id: ID!) { drainNode(input: { id: $id }) {
      node { name unschedulable } warnings userErrors { message }
      drain { phase total gone blocked { pod { name } budget { name } message } }
    } }`,
    { id: node.id },
  );
  expect(drained.errors).toBeUndefined();
  expect(drained.data.drainNode).toMatchObject({
    node: { name: 'node-1', unschedulable: true },
    userErrors: [],
    drain: { phase: 'DRAINING', total: 2, gone: 0 },
  });
  expect(drained.data.drainNode.warnings[0]).toMatch(/^ignoring DaemonSet-managed Pods: default\/logs-/);
  expect(drained.data.drainNode.drain.blocked).toEqual(
    ['db-0', 'db-1'].map((name) => ({
      pod: { name },
      budget: { name: 'db' },
      message: 'The disruption budget db needs 2 healthy pods and has 2 currently',
    })),
  );
});

test('an eviction that a budget refuses has the code DISRUPTION_BUDGET', async () => {
  const { ask } = await startTestServer();
  await ask('mutation { createCluster(input: { name: "c", nodes: 1, paused: true }) { userErrors { message } } }');
  await ask(
    'mutation ($m: String!) { applyManifest(input: { cluster: "c", manifest: $m }) { userErrors { message } } }',
    {
      m: MANIFEST,
    },
  );
  await ask('mutation { stepClock(cluster: "c", by: { duration: "2m" }) { userErrors { message } } }');
  const { data } = await ask(
    '{ cluster(name: "c") { pods(filter: { labelSelector: "app=db" }) { nodes { id evictionBlockedBy { message } } } } }',
  );
  const [pod] = data.cluster.pods.nodes;
  expect(pod.evictionBlockedBy.message).toContain('needs 2 healthy pods');
  const evicted = await ask('mutation ($id: ID!) { evictPod(input: { id: $id }) { userErrors { code message } } }', {
    id: pod.id,
  });
  expect(evicted.data.evictPod.userErrors).toEqual([
    { code: 'DISRUPTION_BUDGET', message: "Cannot evict pod as it would violate the pod's disruption budget." },
  ]);
});
