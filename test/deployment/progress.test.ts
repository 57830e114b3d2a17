import { describe, expect, it } from 'vitest';
import { conditionOf, PROGRESSING, withCondition } from '../../src/kinds/deployment/conditions.ts';
import {
  calculateRolloutStatus,
  hasProgressed,
  hasTimedOut,
  NO_LIMIT,
  progressCheckAt,
} from '../../src/kinds/deployment/progress.ts';
import { actualCount, desiredCount, terminatingCount } from '../../src/kinds/deployment/replica-sets.ts';
import { isComplete } from '../../src/kinds/deployment/status.ts';
import type { DeploymentCondition, DeploymentStatus } from '../../src/kinds/deployment/types.ts';
import type { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { toTimestamp } from '../../src/machinery/time.ts';
import { deploymentOf, NOW, replicaSetOf } from './objects.ts';

function counts(replicas: number, updated: number, ready: number, available: number): DeploymentStatus {
  return { replicas, updatedReplicas: updated, readyReplicas: ready, availableReplicas: available };
}

function progressing(reason: string, status: 'True' | 'False' = 'True', agoMs = 0): DeploymentCondition {
  const time = toTimestamp(NOW - agoMs);
  return { type: PROGRESSING, status, reason, message: '', lastUpdateTime: time, lastTransitionTime: time };
}

/** Cases of deployment_util_test.go (TestDeploymentComplete, TestDeploymentProgressing, TestDeploymentTimedOut). */
describe('a rollout is complete', () => {
  it.each([
    ['not while one of five is unavailable, though that is allowed', 5, 5, 5, 4, false],
    ['not while too few are available', 5, 5, 5, 3, false],
    ['when all are updated and available', 5, 5, 5, 5, true],
    ['not while one is available but not updated', 5, 5, 4, 5, false],
    ['not while an old pod still runs', 1, 2, 1, 1, false],
    ['not while the only replica never comes up', 1, 1, 1, 0, false],
  ])('%s', (_sentence, desired, current, updated, available, expected) => {
    const status = counts(current, updated, available, available);
    expect(isComplete(deploymentOf(desired, {}, status), status)).toBe(expected);
  });

  it('not while the spec was not seen', () => {
    const deployment = deploymentOf(1);
    deployment.metadata.generation = 2;
    expect(isComplete(deployment, { ...counts(1, 1, 1, 1), observedGeneration: 1 })).toBe(false);
    expect(isComplete(deployment, { ...counts(1, 1, 1, 1), observedGeneration: 2 })).toBe(true);
  });
});

describe('a rollout progresses', () => {
  type Counts = [number, number, number, number];
  const rows: [string, Counts, Counts, boolean][] = [
    ['with more updated pods', [10, 4, 4, 4], [10, 6, 4, 4], true],
    ['not when nothing changed', [10, 4, 4, 4], [10, 4, 4, 4], false],
    ['with old pods gone', [10, 4, 6, 6], [8, 4, 6, 6], true],
    ['not with fewer updated pods', [10, 7, 3, 3], [10, 6, 3, 3], false],
    ['with fewer pods in all but more updated ones', [10, 4, 7, 7], [8, 8, 5, 5], true],
    ['with more ready pods', [10, 10, 9, 8], [10, 10, 10, 8], true],
    ['with more available pods', [10, 10, 10, 9], [10, 10, 10, 10], true],
  ];
  it.each(rows)('%s', (_sentence, before, after, expected) => {
    expect(hasProgressed(deploymentOf(10, {}, counts(...before)), counts(...after))).toBe(expected);
  });
});

describe('a rollout times out', () => {
  it.each([
    ['never without a deadline', undefined, 11_000, '', false],
    ['never with a deadline of 2147483647', NO_LIMIT, 11_000, '', false],
    ['11 s after its last progress with a deadline of 10 s', 10, 11_000, '', true],
    ['not 9 s after its last progress', 10, 9_000, '', false],
    ['not at its deadline but after it', 10, 10_000, '', false],
    ['never once it was complete', 10, 99_000, 'NewReplicaSetAvailable', false],
    ['for good, once it has', 10, 0, 'ProgressDeadlineExceeded', true],
  ])('%s', (_sentence, deadline, agoMs, reason, expected) => {
    const status = { conditions: [progressing(reason, 'True', agoMs)] };
    const spec = deadline === undefined ? {} : { progressDeadlineSeconds: deadline };
    expect(hasTimedOut(deploymentOf(1, spec, status), status, NOW)).toBe(expected);
  });
});

/** Cases of pkg/controller/deployment/progress_test.go (TestRequeueStuckDeployment). */
describe('the check of a rollout that may be stuck', () => {
  const stuck = [progressing('ReplicaSetUpdated', 'True', 30_000)];
  const failed = [progressing('ProgressDeadlineExceeded', 'False')];
  const rows: [string, number | undefined, DeploymentStatus, DeploymentCondition[], number | undefined][] = [
    ['is not made without a deadline', undefined, counts(3, 3, 2, 2), stuck, undefined],
    ['is not made with a deadline of 2147483647', NO_LIMIT, counts(3, 3, 2, 2), stuck, undefined],
    ['is not made without a Progressing condition', 60, counts(3, 3, 2, 2), [], undefined],
    ['is not made once complete', 60, counts(3, 3, 3, 3), stuck, undefined],
    ['is not made once it has timed out', 60, counts(3, 3, 0, 0), failed, undefined],
    ['is made one second after the deadline', 60, counts(3, 3, 1, 1), stuck, 31_000],
  ];
  it.each(rows)('%s', (_sentence, deadline, status, conditions, expected) => {
    const spec = deadline === undefined ? {} : { progressDeadlineSeconds: deadline };
    const at = progressCheckAt(deploymentOf(3, spec, { ...status, conditions }));
    expect(at).toBe(expected === undefined ? undefined : NOW + expected);
  });
});

/** Cases of progress_test.go (TestSyncRolloutStatus). */
describe('the Progressing condition', () => {
  const available = (name: string, spec: number, replicas: number, ready: number) =>
    replicaSetOf(name, spec, { status: { replicas, availableReplicas: ready } });
  const updated = progressing('ReplicaSetUpdated', 'True', 30_000);
  const complete = progressing('NewReplicaSetAvailable', 'True', 30_000);
  const timedOut = progressing('ProgressDeadlineExceeded', 'False', 30_000);
  const late = progressing('ReplicaSetUpdated', 'True', 61_000);
  const before = toTimestamp(NOW - 30_000);
  const now = toTimestamp(NOW);
  interface Row {
    deadline?: number;
    desired: number;
    reported: [number, number, number];
    condition?: DeploymentCondition;
    others?: ReplicaSet[];
    newest?: ReplicaSet;
    expected?: [reason: string, status: string, update?: string, transition?: string];
  }
  const rows: [string, Row][] = [
    [
      'goes where there is no deadline',
      { desired: 3, reported: [2, 2, 2], condition: updated, newest: available('foo', 3, 2, 2) },
    ],
    [
      'stays once the rollout was complete',
      {
        deadline: 60,
        desired: 3,
        reported: [3, 3, 3],
        condition: complete,
        newest: available('foo', 3, 3, 2),
        expected: ['NewReplicaSetAvailable', 'True', before, before],
      },
    ],
    [
      'is updated with progress, keeping its transition time while it is True',
      {
        deadline: 60,
        desired: 3,
        reported: [2, 2, 1],
        condition: updated,
        others: [available('bar', 0, 1, 1)],
        newest: available('foo', 3, 2, 2),
        expected: ['ReplicaSetUpdated', 'True', now, before],
      },
    ],
    [
      'turns True with progress after it was False',
      {
        deadline: 60,
        desired: 3,
        reported: [2, 2, 1],
        condition: timedOut,
        others: [available('bar', 0, 1, 1)],
        newest: available('foo', 3, 2, 2),
        expected: ['ReplicaSetUpdated', 'True', now, now],
      },
    ],
    [
      'appears with progress',
      {
        deadline: 60,
        desired: 3,
        reported: [2, 2, 1],
        newest: available('foo', 3, 2, 2),
        expected: ['ReplicaSetUpdated', 'True', now, now],
      },
    ],
    [
      'says NewReplicaSetAvailable when complete, keeping its transition time while it is True',
      {
        deadline: 60,
        desired: 3,
        reported: [3, 3, 3],
        condition: updated,
        newest: available('foo', 3, 3, 3),
        expected: ['NewReplicaSetAvailable', 'True', now, before],
      },
    ],
    [
      'turns True when complete after it was False',
      {
        deadline: 60,
        desired: 3,
        reported: [3, 3, 3],
        condition: timedOut,
        newest: available('foo', 3, 3, 3),
        expected: ['NewReplicaSetAvailable', 'True', now, now],
      },
    ],
    [
      'is complete without a newest ReplicaSet where nothing is wanted',
      {
        deadline: 60,
        desired: 0,
        reported: [3, 3, 3],
        condition: updated,
        others: [available('foo', 0, 0, 0)],
        expected: ['NewReplicaSetAvailable', 'True'],
      },
    ],
    [
      'turns False after the deadline',
      {
        deadline: 60,
        desired: 3,
        reported: [2, 2, 2],
        condition: late,
        newest: available('foo', 3, 2, 2),
        expected: ['ProgressDeadlineExceeded', 'False', now, now],
      },
    ],
    [
      'stays False once the deadline has passed',
      {
        deadline: 60,
        desired: 3,
        reported: [2, 2, 2],
        condition: timedOut,
        newest: available('foo', 3, 2, 2),
        expected: ['ProgressDeadlineExceeded', 'False', before, before],
      },
    ],
  ];
  it.each(rows)('%s', (_sentence, { deadline, desired, reported, condition, others = [], newest, expected }) => {
    const [replicas, updatedReplicas, availableReplicas] = reported;
    const status = { replicas, updatedReplicas, availableReplicas, conditions: condition ? [condition] : [] };
    const spec = {
      strategy: { type: 'Recreate' as const },
      ...(deadline === undefined ? {} : { progressDeadlineSeconds: deadline }),
    };
    const all = newest ? [...others, newest] : others;
    const result = calculateRolloutStatus(deploymentOf(desired, spec, status), all, newest, NOW);
    const found = conditionOf(result, PROGRESSING);
    const [reason, word, update = found?.lastUpdateTime, transition = found?.lastTransitionTime] = expected ?? [];
    const fields = { reason, status: word, lastUpdateTime: update, lastTransitionTime: transition };
    const { type: _type, message: _message, ...shown } = found ?? { type: '', message: '' };
    expect(shown).toEqual(expected ? fields : {});
  });

  it('names the ReplicaSet in its message', () => {
    const newest = available('web-abc', 3, 3, 3);
    const deployment = deploymentOf(3, { progressDeadlineSeconds: 60 });
    const result = calculateRolloutStatus(deployment, [newest], newest, NOW);
    expect(conditionOf(result, PROGRESSING)?.message).toBe('ReplicaSet "web-abc" has successfully progressed.');
  });

  it('has a ReplicaFailure beside it while the newest ReplicaSet, or else another, reports one', () => {
    const failure = {
      type: 'ReplicaFailure',
      status: 'True' as const,
      reason: 'FailedCreate',
      message: 'no',
      lastTransitionTime: before,
    };
    const old = replicaSetOf('old', 1, { status: { conditions: [{ ...failure, message: 'old' }] } });
    const newest = replicaSetOf('new', 1, { minute: 1, status: { conditions: [failure] } });
    const deployment = deploymentOf(1);
    const message = (all: ReplicaSet[]) =>
      conditionOf(calculateRolloutStatus(deployment, all, all.at(-1), NOW), 'ReplicaFailure')?.message;
    expect(message([old, newest])).toBe('no');
    expect(message([old, replicaSetOf('new', 1)])).toBe('old');
    expect(message([replicaSetOf('new', 1)])).toBeUndefined();
  });
});

describe('conditions', () => {
  const one = progressing('One', 'False', 10_000);
  it.each([
    ['are added at the end', [], progressing('Two'), [progressing('Two')]],
    [
      'are replaced with a new transition time when the status changes',
      [one],
      progressing('Two'),
      [progressing('Two')],
    ],
    [
      'keep their transition time while the status stays',
      [one],
      progressing('Two', 'False'),
      [{ ...progressing('Two', 'False'), lastTransitionTime: one.lastTransitionTime }],
    ],
    ['stay as they are when status and reason do', [one], progressing('One', 'False'), [one]],
  ])('%s', (_sentence, conditions, added, expected) => {
    expect(withCondition(conditions, added)).toEqual(expected);
  });
});

/** Cases of deployment_util_test.go (TestGetReplicaCountForReplicaSets). */
describe('counting over ReplicaSets', () => {
  const down = replicaSetOf('down', 1, { status: { replicas: 2, terminatingReplicas: 3, observedGeneration: 1 } });
  const other = replicaSetOf('other', 2, { status: { replicas: 3, terminatingReplicas: 1, observedGeneration: 1 } });
  const unseen = replicaSetOf('unseen', 3, { status: { replicas: 0 } });
  const dropped = replicaSetOf('dropped', 1, { status: { replicas: 1, observedGeneration: 1 } });
  const rows: [string, ReplicaSet[], number, number, number | undefined][] = [
    ['one on its way down', [down], 1, 2, 3],
    ['two', [down, other], 3, 5, 4],
    ['one that was never reconciled has none terminating', [unseen], 3, 0, 0],
    ['three', [down, other, unseen], 6, 5, 4],
    ['one that was and does not count makes the sum unknown', [dropped], 1, 1, undefined],
    ['that holds for all together', [down, other, unseen, dropped], 7, 6, undefined],
  ];
  it.each(rows)('%s', (_sentence, replicaSets, desired, actual, terminating) => {
    expect(desiredCount(replicaSets)).toBe(desired);
    expect(actualCount(replicaSets)).toBe(actual);
    expect(terminatingCount(replicaSets)).toBe(terminating);
  });
});
