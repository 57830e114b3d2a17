import { describe, expect, it } from 'vitest';
import { newestReplicas } from '../../src/kinds/deployment/new-replica-set.ts';
import { planCleanUp, planNewest, planOld, planScaleDown } from '../../src/kinds/deployment/rolling.ts';
import type { Scaling } from '../../src/kinds/deployment/scale.ts';
import { deploymentOf, replicaSetOf, rolling } from './objects.ts';

function sizes(scalings: readonly Scaling[] | undefined): string[] | undefined {
  return scalings?.map(({ replicaSet, replicas }) => `${replicaSet.metadata.name}=${replicas}`);
}

/** Cases of pkg/controller/deployment/rolling_test.go and deployment_util_test.go (TestNewRSNewReplicas). */
describe('the newest ReplicaSet in a rolling update', () => {
  it.each([
    ['waits while there is no room', 10, 0, 10, 0, undefined],
    ['takes the surge', 10, 2, 10, 0, 2],
    ['takes what old ones gave up and the surge', 10, 2, 5, 0, 7],
    ['waits while the surge is used up', 10, 2, 10, 2, undefined],
    ['goes down to the wanted number', 10, 2, 2, 11, 10],
  ])('%s', (_sentence, desired, surge, old, newest, expected) => {
    const deployment = deploymentOf(desired, rolling(surge, 0));
    const newReplicaSet = replicaSetOf('new', newest, { minute: 1 });
    const scaling = planNewest(deployment, [replicaSetOf('old', old), newReplicaSet], newReplicaSet);
    expect(scaling?.replicas === newest ? undefined : scaling?.replicas).toBe(expected);
  });

  it.each([
    ['stays where it cannot grow', 'RollingUpdate' as const, 1, 5, 1, 5],
    ['grows to the wanted number', 'RollingUpdate' as const, 6, 2, 10, 6],
    ['has the wanted number at once under Recreate', 'Recreate' as const, 3, 1, 1, 3],
  ])('%s', (_sentence, type, desired, current, surge, expected) => {
    const deployment = deploymentOf(desired, { strategy: { ...rolling(surge, 1).strategy, type } });
    expect(newestReplicas(deployment, [replicaSetOf('other', 5)], current)).toBe(expected);
  });
});

describe('the old ReplicaSets in a rolling update', () => {
  it.each([
    ['give one up where neither surge nor unavailable are allowed', 10, 0, 10, 0, 10, 0, 9],
    ['give up as many as may be unavailable', 10, 2, 10, 0, 10, 0, 8],
    ['give up those that are not available', 10, 2, 10, 0, 8, 0, 8],
    ['give up those that are not available first, then available ones', 10, 2, 10, 0, 9, 0, 8],
    ['keep theirs while the new pods are not available', 10, 2, 8, 2, 8, 0, 8],
  ])('%s', (_sentence, desired, unavailable, old, newest, oldReady, newReady, expected) => {
    const deployment = deploymentOf(desired, rolling(0, unavailable));
    const oldSet = replicaSetOf('old', old, { status: { availableReplicas: oldReady } });
    const newSet = replicaSetOf('new', newest, { minute: 1, status: { availableReplicas: newReady } });
    const scalings = planOld(deployment, [oldSet, newSet], [oldSet], newSet);
    expect(scalings.at(-1)?.replicas ?? old).toBe(expected);
  });

  it.each([
    ['clean up no more than allowed', 10, 8, 1, ['old=9']],
    ['clean up all that are not available', 10, 8, 3, ['old=8']],
    ['clean up nothing where nothing is allowed', 10, 8, 0, []],
    ['clean up nothing where all are available', 10, 10, 3, []],
    ['decide nothing while their status is behind their spec', 8, 10, 3, undefined],
  ])('%s', (_sentence, replicas, available, limit, expected) => {
    const old = replicaSetOf('old', replicas, { status: { replicas, availableReplicas: available } });
    expect(sizes(planCleanUp([old], limit))).toEqual(expected);
  });

  it('clean up the oldest first', () => {
    const younger = replicaSetOf('younger', 3, { minute: 1, status: { availableReplicas: 1 } });
    const older = replicaSetOf('older', 3, { status: { availableReplicas: 1 } });
    expect(sizes(planCleanUp([younger, older], 3))).toEqual(['older=1', 'younger=2']);
  });

  it.each([
    ['go down by one where none may be unavailable', 10, 0, 10, 10, ['old=9']],
    ['go down by as many as may be unavailable', 10, 2, 10, 10, ['old=8']],
    ['stay where too few are available', 10, 2, 8, 10, []],
    ['stay where they are empty', 10, 2, 10, 0, []],
    ['stay where hardly any is available', 10, 2, 1, 10, []],
  ])('%s', (_sentence, desired, unavailable, available, old, expected) => {
    const deployment = deploymentOf(desired, rolling(0, unavailable));
    const oldSet = replicaSetOf('old', old, { status: { availableReplicas: available } });
    expect(sizes(planScaleDown(deployment, [oldSet], [oldSet]))).toEqual(expected);
  });
});
