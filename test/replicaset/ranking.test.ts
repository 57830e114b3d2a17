import { describe, expect, it } from 'vitest';
import {
  compareForDeletion,
  deletionCost,
  POD_DELETION_COST,
  podsToDelete,
  rankForDeletion,
} from '../../src/controllers/replicas/ranking.ts';
import { slowStart } from '../../src/controllers/replicas/slow-start.ts';
import type { Pod, PodPhase } from '../../src/kinds/pod/types.ts';
import { DAY_MS, HOUR_MS, toTimestamp } from '../../src/machinery/time.ts';

const NOW = Date.UTC(2026, 0, 1);

interface PodOptions {
  node?: string;
  phase?: PodPhase;
  /** How long ago it became ready, in milliseconds; null for ready at no known time; absent for not ready. */
  readyForMs?: number | null;
  ageMs?: number;
  restarts?: number;
  sidecarRestarts?: number;
  cost?: string;
}

function podOf(name: string, options: PodOptions): Pod {
  const { node, phase = 'Running', readyForMs, ageMs, restarts = 0, sidecarRestarts, cost } = options;
  const transition = typeof readyForMs === 'number' ? { lastTransitionTime: toTimestamp(NOW - readyForMs) } : {};
  const sidecar = { name: 'mesh', image: 'mesh', restartPolicy: 'Always' };
  const status = (restartCount: number, container: string) => ({
    name: container,
    image: '',
    imageID: '',
    ready: true,
    restartCount,
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: ageMs === undefined ? '' : toTimestamp(NOW - ageMs),
      ...(cost === undefined ? {} : { annotations: { [POD_DELETION_COST]: cost } }),
    },
    spec: {
      containers: [],
      ...(node === undefined ? {} : { nodeName: node }),
      ...(sidecarRestarts === undefined ? {} : { initContainers: [sidecar] }),
    },
    status: {
      phase,
      ...(readyForMs === undefined ? {} : { conditions: [{ type: 'Ready', status: 'True', ...transition }] }),
      containerStatuses: [status(restarts, 'web')],
      ...(sidecarRestarts === undefined ? {} : { initContainerStatuses: [status(sidecarRestarts, 'mesh')] }),
    },
  };
}

const MONTH_MS = 31 * DAY_MS;
const node = 'node';
const pods = {
  unscheduled: podOf('unscheduled', { phase: 'Pending' }),
  pending: podOf('pending', { node, phase: 'Pending' }),
  unknown: podOf('unknown', { node, phase: 'Unknown' }),
  notReady: podOf('notReady', { node }),
  readyAtNoTime: podOf('readyAtNoTime', { node, readyForMs: null }),
  readyNow: podOf('readyNow', { node, readyForMs: 0, ageMs: 0 }),
  readyThen: podOf('readyThen', { node, readyForMs: MONTH_MS, ageMs: MONTH_MS }),
  restarted: podOf('restarted', { node, readyForMs: 0, ageMs: 0, restarts: 9001 }),
  sidecarRestarted: podOf('sidecarRestarted', { node, readyForMs: 0, ageMs: 0, sidecarRestarts: 3 }),
  readyNowCreatedThen: podOf('readyNowCreatedThen', { node, readyForMs: 0, ageMs: MONTH_MS }),
  cheap: podOf('cheap', { node, readyForMs: 0, ageMs: MONTH_MS, cost: '10' }),
  dear: podOf('dear', { node, readyForMs: 0, ageMs: MONTH_MS, cost: '100' }),
  ready2Hours: podOf('ready2Hours', { readyForMs: 2 * HOUR_MS, ageMs: MONTH_MS }),
  ready5Hours: podOf('ready5Hours', { readyForMs: 5 * HOUR_MS, ageMs: MONTH_MS }),
  ready8Hours: podOf('ready8Hours', { readyForMs: 8 * HOUR_MS, ageMs: MONTH_MS }),
  unscheduled5Hours: podOf('unscheduled5Hours', { phase: 'Pending', ageMs: 5 * HOUR_MS }),
  unscheduled8Hours: podOf('unscheduled8Hours', { phase: 'Pending', ageMs: 8 * HOUR_MS }),
};

/** Cases of pkg/controller/controller_utils_test.go (TestSortingActivePodsWithRanks). */
describe('of two pods, the first to go', () => {
  const rows: [string, Pod, number, Pod, number][] = [
    ['has no node', pods.unscheduled, 1, pods.pending, 2],
    ['has no node, whatever stands beside it', pods.unscheduled, 2, pods.pending, 1],
    ['is pending rather than of unknown phase', pods.pending, 1, pods.unknown, 2],
    ['is of unknown phase rather than running', pods.unknown, 1, pods.notReady, 2],
    ['is not ready', pods.notReady, 1, pods.readyAtNoTime, 1],
    ['is ready at no known time', pods.readyAtNoTime, 1, pods.readyNow, 1],
    ['has more neighbours, whatever its times', pods.readyNow, 2, pods.readyAtNoTime, 1],
    ['is ready for a shorter time', pods.readyNow, 1, pods.readyThen, 1],
    ['has more neighbours and is ready for a shorter time', pods.readyNow, 2, pods.readyThen, 1],
    ['restarted more often', pods.restarted, 1, pods.readyNow, 1],
    ['has more neighbours, whatever its restarts', pods.readyNow, 2, pods.restarted, 1],
    ['has a sidecar that restarted more often', pods.sidecarRestarted, 1, pods.readyNow, 1],
    ['restarted itself rather than its sidecar', pods.restarted, 1, pods.sidecarRestarted, 1],
    ['is younger', pods.readyNow, 1, pods.readyNowCreatedThen, 1],
    ['has more neighbours, whatever its age', pods.readyNowCreatedThen, 2, pods.readyNow, 1],
    ['costs less to delete, though it has more neighbours', pods.cheap, 2, pods.dear, 1],
    ['costs less to delete, though it has fewer neighbours', pods.cheap, 1, pods.dear, 2],
    ['is ready for 2 hours rather than 5, another power of two', pods.ready2Hours, 1, pods.ready5Hours, 1],
    ['has the lower uid where 5 and 8 hours are of one power of two', pods.ready5Hours, 1, pods.ready8Hours, 1],
    ['has the lower uid where ages are of one power of two', pods.unscheduled5Hours, 1, pods.unscheduled8Hours, 1],
  ];
  it.each(rows)('%s', (_sentence, first, firstRank, second, secondRank) => {
    const left = { pod: first, rank: firstRank };
    const right = { pod: second, rank: secondRank };
    expect(compareForDeletion(left, right, NOW)).toBeLessThan(0);
    expect(compareForDeletion(right, left, NOW)).toBeGreaterThan(0);
  });

  it.each(Object.entries(pods))('is neither, of %s and itself', (_name, pod) => {
    expect(compareForDeletion({ pod, rank: 1 }, { pod, rank: 1 }, NOW)).toBe(0);
  });
});

describe('the deletion cost', () => {
  it.each([
    ['is a whole number', '17', 17],
    ['may be negative', '-17', -17],
    ['is at most 2147483647', '2147483647', 2_147_483_647],
    ['counts as 0 beyond that', '2147483648', 0],
    ['counts as 0 with a plus sign', '+10', 0],
    ['counts as 0 with leading zeros', '0010', 0],
    ['counts as 0 where it is no number', 'dear', 0],
    ['counts as 0 where it is missing', undefined, 0],
  ])('%s', (_sentence, cost, expected) => {
    expect(deletionCost(podOf('web', cost === undefined ? {} : { cost }))).toBe(expected);
  });
});

/** Cases of pkg/controller/replicaset/replica_set_test.go (TestGetPodsToDelete). */
describe('the pods to delete', () => {
  const names = (list: readonly Pod[]) => list.map(({ metadata }) => metadata.name);
  const ready = (name: string, onNode: string) => podOf(name, { node: onNode, readyForMs: 0, ageMs: 0 });

  it('are all where all must go, in no order of rank', () => {
    const both = [pods.readyNow, pods.unscheduled];
    expect(names(podsToDelete(both, [], 2, NOW))).toEqual(['readyNow', 'unscheduled']);
    expect(podsToDelete([], [], 0, NOW)).toEqual([]);
  });

  it('are those furthest from ready first', () => {
    const all = [pods.readyThen, pods.notReady, pods.pending, pods.unscheduled];
    expect(names(podsToDelete(all, all, 3, NOW))).toEqual(['unscheduled', 'pending', 'notReady']);
  });

  it('are on the node with most pods of the family, other ReplicaSets included', () => {
    const mine = [ready('a', 'one'), ready('b', 'two')];
    const sibling = ready('sibling', 'two');
    expect(names(podsToDelete(mine, [...mine, sibling], 1, NOW))).toEqual(['b']);
    expect(names(podsToDelete(mine, mine, 1, NOW))).toEqual(['a']);
  });

  it('do not count the ended pods of the family', () => {
    const mine = [ready('a', 'one'), ready('b', 'two')];
    const ended = podOf('ended', { node: 'two', phase: 'Succeeded' });
    expect(names(podsToDelete(mine, [...mine, ended], 1, NOW))).toEqual(['a']);
  });
});

describe('the order by the pods alone', () => {
  it('compares times as they are', () => {
    const sorted = rankForDeletion([pods.ready8Hours, pods.ready5Hours, pods.ready2Hours, pods.dear, pods.cheap]);
    expect(sorted.map(({ metadata }) => metadata.name)).toEqual([
      'ready2Hours',
      'ready5Hours',
      'ready8Hours',
      'dear',
      'cheap',
    ]);
  });
});

/** Cases of replica_set_test.go (TestSlowStartBatch). */
describe('slow start', () => {
  const refusal = { reason: 'Forbidden' as const, message: 'no' };
  it.each([
    ['makes no call where none is wanted', 0, undefined, 0, 0],
    ['makes one call', 1, undefined, 1, 1],
    ['makes all calls while they succeed', 10, undefined, 10, 10],
    ['stops after the first batch, of one', 10, 0, 1, 0],
    ['stops after the second batch, of two', 10, 1, 3, 1],
    ['carries the batch of a failure through', 10, 3, 7, 3],
  ])('%s', (_sentence, count, succeeding, expectedCalls, expectedSuccesses) => {
    let calls = 0;
    const { successes, error } = slowStart(count, () => {
      calls++;
      return succeeding !== undefined && calls > succeeding ? refusal : undefined;
    });
    expect({ calls, successes }).toEqual({ calls: expectedCalls, successes: expectedSuccesses });
    expect(error).toBe(succeeding === undefined ? undefined : refusal);
  });
});
