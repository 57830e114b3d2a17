import { describe, expect, it } from 'vitest';
import { REVISION, REVISION_HISTORY } from '../../src/kinds/deployment/annotations.ts';
import { planForgetting } from '../../src/kinds/deployment/history.ts';
import { revisionToRollBackTo } from '../../src/kinds/deployment/history-queries.ts';
import { NO_LIMIT } from '../../src/kinds/deployment/progress.ts';
import { lastRevision } from '../../src/kinds/deployment/replica-sets.ts';
import { extendHistory, newestAnnotations } from '../../src/kinds/deployment/revision.ts';
import type { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { deploymentOf, replicaSetOf } from './objects.ts';

function withSizes(name: string, spec: number, status: number): ReplicaSet {
  return replicaSetOf(name, spec, { status: { replicas: status } });
}

function revised(name: string, replicas: number, minute: number, revision: number | undefined): ReplicaSet {
  return replicaSetOf(name, replicas, { minute, ...(revision === undefined ? {} : { revision }) });
}

function forgotten(old: ReplicaSet[], limit: number): string[] {
  return planForgetting(deploymentOf(1, { revisionHistoryLimit: limit }), old).map(({ metadata }) => metadata.name);
}

/** Cases of pkg/controller/deployment/sync_test.go (TestDeploymentController_cleanupDeployment, …Order). */
describe('forgetting old ReplicaSets', () => {
  const gone = replicaSetOf('one', 0, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
  const rows: [string, ReplicaSet[], number, number][] = [
    ['leaves as many as the limit', [withSizes('1', 0, 0), withSizes('2', 0, 0), withSizes('3', 0, 0)], 1, 2],
    [
      'spares those that have pods or want some',
      [withSizes('1', 0, 0), withSizes('2', 0, 1), withSizes('3', 1, 0), withSizes('4', 1, 1)],
      0,
      1,
    ],
    ['forgets all with a limit of 0', [withSizes('1', 0, 0), withSizes('2', 0, 0)], 0, 2],
    ['spares all that are in use', [withSizes('1', 1, 1), withSizes('2', 1, 1)], 0, 0],
    ['leaves alone what is being deleted', [gone], 0, 0],
    ['forgets nothing with a limit of 2147483647', [withSizes('1', 0, 0), withSizes('2', 0, 0)], NO_LIMIT, 0],
  ];
  it.each(rows)('%s', (_sentence, old, limit, expected) => {
    expect(forgotten(old, limit)).toHaveLength(expected);
  });

  it('waits for a ReplicaSet that has not seen its spec', () => {
    const behind = replicaSetOf('one', 0, { metadata: { generation: 2 }, status: { observedGeneration: 1 } });
    expect(forgotten([behind], 0)).toEqual([]);
  });

  const orders: [string, ReplicaSet[], number, string[]][] = [
    ['takes the lower revision', [revised('1', 0, 0, 1), revised('2', 0, 1, 2)], 1, ['1']],
    ['takes the lower revision though it is younger', [revised('1', 0, 0, 2), revised('2', 0, 1, 1)], 1, ['2']],
    ['takes the one without revision', [revised('1', 0, 0, 1), revised('2', 0, 1, undefined)], 1, ['2']],
    ['takes the older one without revision', [revised('1', 0, 0, undefined), revised('2', 0, 1, 2)], 1, ['1']],
    ['passes over one with pods', [revised('1', 1, 0, 1), revised('2', 0, 1, 2), revised('3', 0, 2, 3)], 1, ['2']],
    [
      'takes none where those beyond the limit have pods',
      [revised('1', 1, 0, 1), revised('2', 1, 1, 2), revised('3', 0, 2, 3)],
      1,
      [],
    ],
    [
      'goes by revision over four',
      [revised('1', 0, 0, 3), revised('2', 0, 1, 1), revised('3', 0, 2, 4), revised('4', 0, 3, 2)],
      2,
      ['2', '4'],
    ],
  ];
  it.each(orders)('%s', (_sentence, old, limit, expected) => {
    expect(forgotten(old, limit)).toEqual(expected);
  });
});

/** Cases of deployment_util_test.go (TestAnnotationUtils). */
describe('the revision of the newest ReplicaSet', () => {
  it('goes up, and its history keeps as many revisions as fit', () => {
    const histories: (string | undefined)[] = [];
    for (let revision = 10; revision < 15; revision++) {
      histories.push(extendHistory(histories.at(-1), String(revision), 5));
    }
    expect(histories).toEqual(['10', '10,11', '11,12', '12,13', '13,14']);
    expect(extendHistory('1,2', '123456', 5)).toBeUndefined();
  });

  it('is remembered when the ReplicaSet comes back with a higher one', () => {
    const annotations = newestAnnotations(deploymentOf(1), { [REVISION]: '1' }, 3);
    expect(annotations).toEqual({ [REVISION]: '3', [REVISION_HISTORY]: '1' });
    expect(newestAnnotations(deploymentOf(1), annotations, 5)[REVISION_HISTORY]).toBe('1,3');
  });

  it('never goes down, and one that is no number is left alone', () => {
    expect(newestAnnotations(deploymentOf(1), { [REVISION]: '4' }, 3)).toEqual({ [REVISION]: '4' });
    expect(newestAnnotations(deploymentOf(1), { [REVISION]: 'x' }, 3)).toEqual({ [REVISION]: 'x' });
  });

  it('comes with the annotations of the Deployment, but for those of the machinery', () => {
    const deployment = deploymentOf(1);
    deployment.metadata.annotations = {
      'kubernetes.io/change-cause': 'why',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      [REVISION]: '9',
    };
    expect(newestAnnotations(deployment, undefined, 1)).toEqual({
      'kubernetes.io/change-cause': 'why',
      [REVISION]: '1',
    });
  });
});

describe('the revision to roll back to', () => {
  const replicaSets = [1, 4, 3].map((revision) => revised(`web-${revision}`, 0, revision, revision));
  const target = (asked: number, from = replicaSets) => {
    const result = revisionToRollBackTo(deploymentOf(1), from, asked);
    return result.ok ? result.value.replicaSet.metadata.name : result.error.message;
  };
  it.each([
    ['is the one before the highest where none is named', 0, 'web-3'],
    ['is the one that is named', 1, 'web-1'],
    ['must be there', 7, 'unable to find specified revision 7 in history'],
    ['must not be negative', -1, 'unable to find specified revision -1 in history'],
  ])('%s', (_sentence, asked, expected) => {
    expect(target(asked)).toBe(expected);
  });

  it('needs a history', () => {
    expect(target(0, replicaSets.slice(0, 1))).toBe('no rollout history found for deployment "web"');
  });

  it('is 0 for the controller where there is only one', () => {
    expect(lastRevision(replicaSets)).toBe(3);
    expect(lastRevision(replicaSets.slice(0, 1))).toBe(0);
  });
});
