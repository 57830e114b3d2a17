import { describe, expect, it } from 'vitest';
import { maxUnavailable, resolveFenceposts } from '../../src/kinds/deployment/fenceposts.ts';
import { deploymentOf, rolling } from './objects.ts';

/** Cases of pkg/controller/deployment/util/deployment_util_test.go (TestResolveFenceposts, TestMaxUnavailable). */
describe('the fenceposts of a rolling update', () => {
  it.each([
    ['both zero per cent allow one to be unavailable', '0%', '0%', 0, 0, 1],
    ['surge rounds up and unavailable rounds down', '39%', '39%', 10, 4, 3],
    ['a quarter of three is one up and none down', '25%', '25%', 3, 1, 0],
    ['a surge that is no percentage makes both zero', 'oops', '39%', 10, 0, 0],
    ['an unavailable that is no percentage makes both zero', '55%', 'urg', 10, 0, 0],
    ['a missing surge counts as zero', undefined, '39%', 10, 0, 3],
    ['a missing unavailable counts as zero', '39%', undefined, 10, 4, 0],
    ['both missing allow one to be unavailable', undefined, undefined, 10, 0, 1],
    ['numbers stay as they are', 3, 2, 10, 3, 2],
  ])('%s', (_sentence, surge, unavailable, desired, expectedSurge, expectedUnavailable) => {
    expect(resolveFenceposts(surge, unavailable, desired)).toEqual({
      surge: expectedSurge,
      unavailable: expectedUnavailable,
    });
  });

  it.each([
    ['fewer than the replicas stay', 10, 5, 5],
    ['as many as the replicas stay', 10, 10, 10],
    ['more than the replicas are cut to them', 5, 10, 5],
    ['without replicas none can be unavailable', 0, 10, 0],
    ['a percentage is taken of the replicas', 10, '50%', 5],
    ['all of them may be unavailable', 10, '100%', 10],
    ['all of five may be unavailable', 5, '100%', 5],
  ])('maxUnavailable: %s', (_sentence, replicas, value, expected) => {
    expect(maxUnavailable(deploymentOf(replicas, rolling(1, value)))).toBe(expected);
  });

  it('maxUnavailable: Recreate allows none', () => {
    expect(maxUnavailable(deploymentOf(10, { strategy: { type: 'Recreate' } }))).toBe(0);
  });
});
