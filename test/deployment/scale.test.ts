import { describe, expect, it } from 'vitest';
import { isScalingEvent, planScale, proportionOf } from '../../src/kinds/deployment/scale.ts';
import { MAX_REPLICAS } from '../../src/kinds/deployment/annotations.ts';
import type { Deployment } from '../../src/kinds/deployment/types.ts';
import { annotatedBy, deploymentOf, replicaSetOf, rolling } from './objects.ts';

type Sizes = Record<string, number>;

/** Sizes by name, in the order of age; `new` is the newest, the others are old. */
function sizesAfter(before: Deployment, after: Deployment, sizes: Sizes, unavailable: string[] = []): Sizes {
  const members = Object.entries(sizes).map(([name, size], index, all) => {
    const availableReplicas = unavailable.includes(name) ? 0 : size;
    const replicaSet = replicaSetOf(name, size, { minute: all.length - index, status: { availableReplicas } });
    return annotatedBy(before, replicaSet);
  });
  const newest = members.find((replicaSet) => replicaSet.metadata.name === 'new');
  const old = members.filter((replicaSet) => replicaSet !== newest);
  const result = { ...sizes };
  for (const { replicaSet, replicas } of planScale(after, { newest, old }).scalings) {
    result[replicaSet.metadata.name] = replicas;
  }
  return result;
}

/** Cases of pkg/controller/deployment/sync_test.go (TestScale). */
describe('scaling a Deployment', () => {
  const rows: [string, number, number, Sizes, Sizes][] = [
    ['up gives all to the only ReplicaSet', 10, 12, { new: 10 }, { new: 12 }],
    ['down takes all from the only ReplicaSet', 10, 5, { new: 10 }, { new: 5 }],
    ['5 to 10 doubles both', 5, 10, { new: 2, v1: 3 }, { new: 4, v1: 6 }],
    ['5 to 3 takes one of each', 5, 3, { new: 2, v1: 3 }, { new: 1, v1: 2 }],
    ['9 to 4 leaves nothing of the small one', 9, 4, { new: 8, v1: 1 }, { new: 4, v1: 0 }],
    ['7 to 10 gives one to each of three', 7, 10, { new: 2, v2: 3, v1: 2 }, { new: 3, v2: 4, v1: 3 }],
    ['13 to 8 takes most from the largest', 13, 8, { new: 2, v2: 8, v1: 3 }, { new: 1, v2: 5, v1: 2 }],
    ['3 to 4 gives the left-over to the newest', 3, 4, { new: 1, v2: 1, v1: 1 }, { new: 2, v2: 1, v1: 1 }],
    ['3 to 2 takes the left-over from the oldest', 3, 2, { new: 1, v2: 1, v1: 1 }, { new: 1, v2: 1, v1: 0 }],
    ['without a newest, 4 to 5 goes to the younger', 4, 5, { v2: 2, v1: 2 }, { v2: 3, v1: 2 }],
    ['to zero empties all', 6, 0, { new: 3, v2: 2, v1: 1 }, { new: 0, v2: 0, v1: 0 }],
    ['from zero gives all to the newest', 6, 6, { new: 0, v2: 0, v1: 0 }, { new: 6, v2: 0, v1: 0 }],
    ['together with a new template keeps the old proportion', 10, 14, { v2: 7, v1: 3 }, { v2: 10, v1: 4 }],
  ];
  it.each(rows)('%s', (_sentence, before, after, sizes, expected) => {
    expect(sizesAfter(deploymentOf(before), deploymentOf(after), sizes)).toEqual(expected);
  });

  it('counts the surge of a rollout in the proportion', () => {
    const surge = rolling(2, 0);
    const sizes = sizesAfter(deploymentOf(10, surge), deploymentOf(20, surge), { new: 6, v1: 6 });
    expect(sizes).toEqual({ new: 11, v1: 11 });
  });

  it('can change surge and size at once', () => {
    const before = deploymentOf(10, rolling(3, 0));
    expect(sizesAfter(before, deploymentOf(50, rolling(6, 0)), { new: 5, v1: 8 })).toEqual({ new: 22, v1: 34 });
  });

  it('leaves old pods alone when the newest has its size but is broken', () => {
    const deployment = deploymentOf(2, rolling(1, 1));
    expect(sizesAfter(deployment, deployment, { new: 2, v1: 1 }, ['new'])).toEqual({ new: 2, v1: 1 });
  });

  it('sends old ones to zero when the newest has its size and is available', () => {
    const deployment = deploymentOf(2, rolling(1, 1));
    expect(sizesAfter(deployment, deployment, { new: 2, v2: 1, v1: 1 })).toEqual({ new: 2, v2: 0, v1: 0 });
  });

  it('does nothing in proportion for Recreate', () => {
    const deployment = deploymentOf(5, { strategy: { type: 'Recreate' } });
    expect(sizesAfter(deployment, deploymentOf(6, deployment.spec), { v2: 2, v1: 1 })).toEqual({ v2: 2, v1: 1 });
  });
});

/** Cases of deployment_util_test.go (TestGetReplicaSetFraction). */
describe('the share of one ReplicaSet', () => {
  const rows: [string, number, number, number, number, string | undefined, number][] = [
    ['of an empty Deployment is all it has', 0, 0, 0, 10, undefined, -10],
    ['is nothing where neither annotation nor status tell the former size', 10, 0, 0, 5, undefined, 0],
    ['is nothing where the annotation says 0 and the status says nothing', 10, 0, 0, 5, '0', 0],
    ['goes by the status where the annotation is missing', 120, 100, 0, 50, undefined, 10],
    ['goes by the status where the annotation says 0', 120, 100, 0, 50, '0', 10],
    ['goes by the annotation', 120, 0, 0, 50, '100', 10],
    ['counts the surge', 120, 0, 10, 50, '110', 9],
    ['shrinks with the Deployment', 10, 0, 0, 6, '12', -1],
    ['shrinks with the Deployment and its surge', 100, 0, 10, 50, '130', -8],
  ];
  it.each(rows)('%s', (_sentence, desired, reported, surge, size, maxReplicas, expected) => {
    const deployment = deploymentOf(desired, rolling(surge, 1), { replicas: reported });
    const annotations: Record<string, string> = maxReplicas === undefined ? {} : { [MAX_REPLICAS]: maxReplicas };
    const replicaSet = replicaSetOf('web', size, { metadata: { annotations } });
    const toAdd = expected < 0 || desired === 0 ? -1000 : 1000;
    expect(proportionOf(deployment, replicaSet, toAdd, 0)).toBe(expected);
  });

  it('is never more than what is left to share', () => {
    const replicaSet = annotatedBy(deploymentOf(10), replicaSetOf('web', 10));
    expect(proportionOf(deploymentOf(20), replicaSet, 10, 7)).toBe(3);
    expect(proportionOf(deploymentOf(2), replicaSet, -8, -6)).toBe(-2);
    expect(proportionOf(deploymentOf(20), replicaSet, 10, 10)).toBe(0);
  });
});

describe('a change of size', () => {
  const active = annotatedBy(deploymentOf(3), replicaSetOf('web', 3));
  it.each([
    ['is seen where an active ReplicaSet was told another size', deploymentOf(5), active, true],
    ['is not seen where it was told this size', deploymentOf(3), active, false],
    [
      'is not seen in a ReplicaSet without pods',
      deploymentOf(5),
      { ...active, spec: { ...active.spec, replicas: 0 } },
      false,
    ],
    ['is not seen in a ReplicaSet that was told nothing', deploymentOf(5), replicaSetOf('web', 3), false],
  ])('%s', (_sentence, deployment, replicaSet, expected) => {
    expect(isScalingEvent(deployment, [replicaSet])).toBe(expected);
  });
});
