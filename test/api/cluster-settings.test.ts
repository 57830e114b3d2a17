import { describe, expect, it, test } from 'vitest';
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

test('every option of the control plane and the kubelets can be given', async () => {
  const { data, errors } = await ask(`mutation { createCluster(input: { name: "all", nodes: 0, paused: true, settings: {
    nodeStartupGracePeriod: "30s", nodeEvictionRate: 1, secondaryNodeEvictionRate: 0, unhealthyZoneThreshold: 0.4,
    largeClusterSizeThreshold: 10, hpaSyncPeriod: "5s", hpaDownscaleStabilization: "1m",
    hpaCpuInitializationPeriod: "0s", hpaInitialReadinessDelay: "0s", hpaTolerance: 0.2,
    evictionSoft: { memory_available: "1Gi" }, nodePortRange: "31000-31099", schedulerPopFromBackoff: false,
    schedulerMaxUnschedulable: "1m", evictionMaxPodGracePeriodSeconds: 30 } }) { userErrors { message path } } }`);
  expect(errors).toBeUndefined();
  expect(data.createCluster.userErrors).toEqual([
    {
      message:
        'settings.evictionSoft: Invalid value: "memory_available: 1Gi": unsupported eviction signal memory_available',
      path: ['input', 'settings', 'evictionSoft'],
    },
  ]);
});

describe('createCluster refuses settings that no component would start with', () => {
  const grace = (text: string) => ({
    evictionSoft: { 'memory.available': '1Gi' },
    evictionSoftGracePeriod: { 'memory.available': text },
  });
  const rows: [string, object, string][] = [
    ['a negative period', { nodeMonitorGracePeriod: '-5s' }, 'settings.nodeMonitorGracePeriod: Invalid value: "-5s"'],
    [
      'no time between looks',
      { hpaSyncPeriod: '0s' },
      'settings.hpaSyncPeriod: Invalid value: "0s": must be greater than 0',
    ],
    ['a share above one', { unhealthyZoneThreshold: 2 }, 'must be between 0 and 1'],
    ['an unknown signal', { evictionHard: { 'cpu.available': '1' } }, 'unsupported eviction signal cpu.available'],
    [
      'a threshold that is no amount',
      { evictionHard: { 'memory.available': 'lots' } },
      'must be a quantity or a percentage',
    ],
    ['more than everything', { evictionHard: { 'memory.available': '120%' } }, 'must be a quantity or a percentage'],
    [
      'a soft threshold without grace',
      { evictionSoft: { 'memory.available': '1Gi' } },
      'grace period must be specified for the soft eviction threshold memory.available',
    ],
    ['a grace that is no time', grace('soon'), 'must be a duration greater than 0'],
    ['ports that are no range', { nodePortRange: '30000' }, 'must be a range of ports: 30000-32767'],
    ['ports the wrong way round', { nodePortRange: '32000-31000' }, 'must be a range of ports: 30000-32767'],
    ['a network that is none', { clusterCidr: 'ten' }, 'must be a range of addresses'],
    [
      'two networks of one family',
      { serviceCidr: '10.96.0.0/16,10.97.0.0/16' },
      'must be one range of addresses, or one of each IP family',
    ],
    ['proxies that are ahead of time', { kubeProxyMinSyncPeriod: '-1s' }, 'must be greater than or equal to 0'],
    [
      'a back-off that shrinks',
      { schedulerInitialBackoff: '20s' },
      'must be greater than or equal to schedulerInitialBackoff',
    ],
    [
      'critical pods given more than all',
      { shutdownGracePeriodCriticalPods: '10s' },
      'must be less than or equal to shutdownGracePeriod',
    ],
    [
      'no weight',
      { schedulerScoringStrategy: { type: 'LEAST_ALLOCATED', resources: [{ name: 'cpu', weight: 0 }] } },
      'weight of cpu must be between 1 and 100',
    ],
    [
      'no shape',
      { schedulerScoringStrategy: { type: 'REQUESTED_TO_CAPACITY_RATIO' } },
      'at least one point must be specified',
    ],
    [
      'a shape that goes back',
      {
        schedulerScoringStrategy: {
          type: 'REQUESTED_TO_CAPACITY_RATIO',
          shape: [
            { utilization: 50, score: 1 },
            { utilization: 10, score: 2 },
          ],
        },
      },
      'utilization values must be sorted in increasing order',
    ],
  ];
  it.each(rows)('%s', async (_sentence, settings, message) => {
    const { data, errors } = await ask(
      'mutation ($s: ClusterSettingsInput) { createCluster(input: { name: "bad", settings: $s }) { userErrors { code message } } }',
      { s: settings },
    );
    expect(errors).toBeUndefined();
    expect(data.createCluster.userErrors).toEqual([{ code: 'INVALID', message: expect.stringContaining(message) }]);
    expect(clusters.get('bad')).toBeUndefined();
  });

  it('but takes those that fit together', async () => {
    const settings = {
      ...grace('90s'),
      evictionMinimumReclaim: { 'memory.available': '5%' },
      nodePortRange: '31000-31099',
    };
    const { data } = await ask(
      'mutation ($s: ClusterSettingsInput) { createCluster(input: { name: "good", nodes: 0, paused: true, settings: $s }) { userErrors { message } } }',
      { s: settings },
    );
    expect(data.createCluster.userErrors).toEqual([]);
    expect(clusters.get('good')?.record.settings).toEqual({
      evictionSoft: { 'memory.available': '1Gi' },
      evictionSoftGracePeriodMs: { 'memory.available': 90_000 },
      evictionMinimumReclaim: { 'memory.available': '5%' },
      nodePortRange: [31_000, 31_099],
    });
  });
});
