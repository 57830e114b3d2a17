import { expect, test } from 'vitest';
import { startTestServer } from './support.ts';

const { clusters, ask } = await startTestServer();

test('settings of createCluster reach the control plane: a node is not ready after its own grace period', async () => {
  const { data } = await ask(`mutation { createCluster(input: {
      name: "quick", nodes: 1, paused: true,
      settings: { nodeMonitorGracePeriod: "10s", schedulerScoringStrategy: { type: MOST_ALLOCATED } } }) {
    cluster { id } userErrors { message } } }`);
  expect(data.createCluster.userErrors).toEqual([]);
  expect(clusters.get('quick')?.record.settings).toEqual({
    nodeMonitorGracePeriodMs: 10_000,
    schedulerScoringStrategy: {
      type: 'MostAllocated',
      resources: [
        { name: 'cpu', weight: 1 },
        { name: 'memory', weight: 1 },
      ],
    },
  });
  await ask(
    'mutation { injectFault(input: { cluster: "quick", fault: { nodeDown: { node: "node-1" } } }) { revision } }',
  );
  const ready = async () =>
    (await ask('{ cluster(name: "quick") { nodes { nodes { ready } } } }')).data.cluster.nodes.nodes;
  const step = (by: string) =>
    ask(`mutation { stepClock(cluster: "quick", by: { duration: "${by}" }) { clock { now } } }`);
  await step('9s');
  expect(await ready()).toEqual([{ ready: true }]);
  await step('2s');
  expect(await ready()).toEqual([{ ready: false }]);
});
