import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { addBudget, addPod, budgetPlane, counts, finishDeletion, isThere, podTarget, setReady } from './support.ts';

const VIOLATES = "Cannot evict pod as it would violate the pod's disruption budget.";

describe('an eviction', () => {
  it('without a budget deletes the pod and leaves its mark', () => {
    const model = budgetPlane();
    addPod(model, 'a');
    expect(model.command('evictPod', podTarget('a')).errors).toBeUndefined();
    expect(isThere(model, 'a')).toBe(false);
    const last = model.versions.filter(({ kindKey }) => kindKey === 'Pod').at(-1)?.object as Pod;
    expect(last.status.conditions?.at(-1)).toMatchObject({
      type: 'DisruptionTarget',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    });
  });

  it('is refused where the budget has no disruption left, in the API server’s words', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 2 });
    for (const name of ['a', 'b', 'c']) addPod(model, name);
    expect(model.command('evictPod', podTarget('a')).errors).toBeUndefined();
    finishDeletion(model, 'a');
    expect(counts(model)).toEqual([0, 2, 2, 2]);
    const refused = model.command('evictPod', podTarget('b'));
    expect(refused.errors?.[0]).toMatchObject({
      reason: 'TooManyRequests',
      message: VIOLATES,
      details: {
        budget: 'budget',
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget budget needs 2 healthy pods and has 2 currently',
          },
        ],
      },
    });
    expect(isThere(model, 'b')).toBe(true);
  });

  it('is allowed again when the budget is changed', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 1 });
    addPod(model, 'a');
    expect(model.command('evictPod', podTarget('a')).errors).toHaveLength(1);
    model.do((api) => {
      const budget = api.listKey('PodDisruptionBudget')[0];
      if (budget) api.update({ ...budget, spec: { ...(budget.spec as object), minAvailable: 0 } });
    });
    expect(model.command('evictPod', podTarget('a')).errors).toBeUndefined();
  });

  it('is refused where several budgets govern the pod', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 0 }, 'one');
    addBudget(model, { minAvailable: 0 }, 'two');
    addPod(model, 'a');
    expect(model.command('evictPod', podTarget('a')).errors?.[0]?.message).toBe(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  });

  it.each<[string, Pod['status']['phase'], boolean, string | undefined, number, boolean]>([
    ['a pending pod goes whatever the budget says', 'Pending', false, undefined, 5, true],
    ['a finished pod goes', 'Succeeded', false, undefined, 5, true],
    ['a failed pod goes', 'Failed', false, undefined, 5, true],
    ['an unready pod of a budget that is met goes', 'Running', false, undefined, 1, true],
    ['an unready pod of a budget that is not met stays', 'Running', false, undefined, 2, false],
    ['and stays under IfHealthyBudget', 'Running', false, 'IfHealthyBudget', 2, false],
    ['and goes under AlwaysAllow', 'Running', false, 'AlwaysAllow', 2, true],
    ['a ready pod is guarded under AlwaysAllow', 'Running', true, 'AlwaysAllow', 2, false],
    ['an unready pod of a budget that asks for nothing needs a disruption', 'Running', false, undefined, 0, true],
  ])('%s', (_, phase, ready, policy, minAvailable, goes) => {
    const model = budgetPlane();
    addBudget(model, { minAvailable, ...(policy === undefined ? {} : { unhealthyPodEvictionPolicy: policy }) });
    addPod(model, 'other');
    addPod(model, 'a', { phase, ready });
    expect(model.command('evictPod', podTarget('a')).errors === undefined).toBe(goes);
    expect(isThere(model, 'a')).toBe(!goes);
  });

  it('never takes more at one instant than the budget allows', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 3 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) addPod(model, name);
    const answers = ['a', 'b', 'c', 'd', 'e'].map((name) => model.command('evictPod', podTarget(name)).errors);
    expect(answers.map((errors) => errors === undefined)).toEqual([true, true, false, false, false]);
    setReady(model, 'c', false);
    expect(counts(model)[0]).toBe(0);
  });

  it('of a pod that is not there is not found', () => {
    const model = budgetPlane();
    expect(model.command('evictPod', podTarget('a')).errors?.[0]?.message).toBe('pods "a" not found');
  });

  it('as a dry run leaves the budget as it is', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 0 });
    addPod(model, 'a');
    expect(model.command('evictPod', podTarget('a'), { dryRun: true }).errors).toBeUndefined();
    expect(counts(model)).toEqual([1, 1, 0, 1]);
    expect(isThere(model, 'a')).toBe(true);
  });
});
