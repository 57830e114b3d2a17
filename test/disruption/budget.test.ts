import { describe, expect, it } from 'vitest';
import { podDisruptionBudget } from '../../src/kinds/poddisruptionbudget/definition.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { eventsAbout, SECOND } from '../node/support.ts';
import { addBudget, addPod, budgetNamed, budgetPlane, counts, owner, reason, setReady } from './support.ts';

describe('the counts of a budget', () => {
  it('without pods allow nothing', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 3 });
    expect(counts(model)).toEqual([0, 0, 3, 0]);
    expect(budgetNamed(model).status.conditions).toEqual([
      {
        type: 'DisruptionAllowed',
        status: 'False',
        reason: 'InsufficientPods',
        message: '',
        observedGeneration: 1,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ]);
    expect(eventsAbout(model, 'PodDisruptionBudget')).toEqual(['NoPods: No matching pods found']);
  });

  it('with a number of pods that must be available count any pod, owned or not', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 3 });
    for (const [index, expected] of [
      [0, 1, 3, 1],
      [0, 2, 3, 2],
      [0, 3, 3, 3],
      [1, 4, 3, 4],
    ].entries()) {
      addPod(model, `pod-${index}`);
      expect(counts(model)).toEqual(expected);
    }
    expect(reason(model)).toBe('SufficientPods');
    setReady(model, 'pod-1', false);
    expect(counts(model)).toEqual([0, 3, 3, 4]);
    expect(reason(model)).toBe('InsufficientPods');
  });

  it('with a share take the scale of the controller, not the pods that are there', () => {
    const model = budgetPlane();
    const set = owner(model, 'ReplicaSet', 'web', 10);
    addBudget(model, { minAvailable: '28%' });
    for (let n = 1; n <= 3; n++) addPod(model, `pod-${n}`, { owner: set });
    expect(counts(model)).toEqual([0, 3, 3, 10]);
    addPod(model, 'pod-4', { owner: set });
    expect(counts(model)).toEqual([1, 4, 3, 10]);
  });

  it.each([
    ['maxUnavailable 1 of 3', { maxUnavailable: 1 }, 3, [1, 3, 2, 3]],
    ['maxUnavailable 30% of 10 rounds up to 3', { maxUnavailable: '30%' }, 10, [3, 10, 7, 10]],
    ['maxUnavailable 21% of 10 rounds up to 3', { maxUnavailable: '21%' }, 10, [3, 10, 7, 10]],
    ['maxUnavailable 50% of 7 rounds up to 4', { maxUnavailable: '50%' }, 7, [4, 7, 3, 7]],
    ['maxUnavailable 5 of 3 keeps nothing', { maxUnavailable: 5 }, 3, [3, 3, 0, 3]],
    ['maxUnavailable 0 of 3 keeps all', { maxUnavailable: 0 }, 3, [0, 3, 3, 3]],
    ['minAvailable 50% of 7 rounds up to 4', { minAvailable: '50%' }, 7, [3, 7, 4, 7]],
    ['minAvailable 100% of 3', { minAvailable: '100%' }, 3, [0, 3, 3, 3]],
    ['minAvailable 0', { minAvailable: 0 }, 2, [2, 2, 0, 2]],
  ])('%s', (_, spec, replicas, expected) => {
    const model = budgetPlane();
    const set = owner(model, 'StatefulSet', 'web', replicas);
    for (let n = 0; n < replicas; n++) addPod(model, `pod-${n}`, { owner: set });
    addBudget(model, spec);
    expect(counts(model)).toEqual(expected);
  });

  it('take the Deployment above a ReplicaSet, and add up several controllers', () => {
    const model = budgetPlane();
    const deployment = owner(model, 'Deployment', 'web', 10);
    const set = owner(model, 'ReplicaSet', 'web-1', 4, deployment);
    const other = owner(model, 'StatefulSet', 'db', 2);
    addBudget(model, { maxUnavailable: '50%' });
    addPod(model, 'a', { owner: set });
    expect(counts(model)).toEqual([0, 1, 5, 10]);
    addPod(model, 'b', { owner: other });
    expect(counts(model)).toEqual([0, 2, 6, 12]);
  });

  it('leave unmanaged pods out of a share, and say so', () => {
    const model = budgetPlane();
    addPod(model, 'bare');
    addBudget(model, { maxUnavailable: 1 });
    expect(counts(model)).toEqual([0, 1, 0, 0]);
    expect(eventsAbout(model, 'PodDisruptionBudget')[0]).toBe(
      'UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
    );
  });

  it.each([
    ['Job', 'jobs.batch does not implement the scale subresource'],
    ['DaemonSet', 'daemonsets.apps does not implement the scale subresource'],
  ])('fail for the pods of a %s with a share', (kind, sentence) => {
    const model = budgetPlane();
    addPod(model, 'a', { owner: owner(model, kind, 'work', 1) });
    addBudget(model, { maxUnavailable: 1 });
    const { status } = budgetNamed(model);
    expect(status.disruptionsAllowed).toBe(0);
    expect(status.conditions?.[0]).toMatchObject({ status: 'False', reason: 'SyncFailed', message: sentence });
    expect(eventsAbout(model, 'PodDisruptionBudget')).toEqual([
      `CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${sentence}`,
    ]);
    expect(model.restarted().versions).toEqual([]);
  });

  it('follow labels that change, and an empty selector selects every pod', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 1 });
    addBudget(model, { minAvailable: 1, selector: {} }, 'all');
    addBudget(model, { minAvailable: 1, selector: null }, 'none');
    addPod(model, 'a');
    model.do((api) => {
      const pod = api.get(Pod, 'default', 'a');
      if (pod) api.update({ ...pod, metadata: { ...pod.metadata, labels: { app: 'other' } } });
    });
    expect([counts(model)[3], counts(model, 'all')[3], counts(model, 'none')[3]]).toEqual([0, 1, 0]);
  });

  it('are shown as kubectl shows them', () => {
    const model = budgetPlane();
    addBudget(model, { maxUnavailable: '25%' });
    const cells = podDisruptionBudget.columns?.map(({ name, cell }) => [name, cell(budgetNamed(model), model.view)]);
    expect(cells).toEqual([
      ['MIN AVAILABLE', 'N/A'],
      ['MAX UNAVAILABLE', '25%'],
      ['ALLOWED DISRUPTIONS', '0'],
      ['AGE', '0s'],
    ]);
  });
});

describe('an invalid budget', () => {
  it.each([
    [{ minAvailable: 1, maxUnavailable: 1 }, 'minAvailable and maxUnavailable cannot be both set'],
    [{ minAvailable: -1 }, 'spec.minAvailable: Invalid value: -1: must be greater than or equal to 0'],
    [{ minAvailable: '110%' }, 'spec.minAvailable: Invalid value: "110%": must not be greater than 100%'],
    [{ maxUnavailable: 'half' }, 'spec.maxUnavailable: Invalid value: "half": a valid percent string must be'],
    [
      { unhealthyPodEvictionPolicy: 'Never' },
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  ])('%j is refused', (spec, sentence) => {
    expect(() => addBudget(budgetPlane(), spec)).toThrow(sentence);
  });
});

describe('an announced disruption', () => {
  it('is taken back after two minutes if the pod is still there', () => {
    const model = budgetPlane();
    addPod(model, 'a');
    model.do((api) => {
      const pod = api.get(Pod, 'default', 'a');
      if (!pod) return;
      const lastTransitionTime = '2026-01-01T00:00:00Z';
      const condition = { type: 'DisruptionTarget', status: 'True' as const, reason: 'Preemption', lastTransitionTime };
      const conditions = [...(pod.status.conditions ?? []), condition];
      api.updateStatus<Pod>({ ...pod, status: { ...pod.status, conditions } });
    });
    const stands = () => model.view.get(Pod, 'default', 'a')?.status.conditions?.at(-1)?.status;
    model.run(119 * SECOND);
    expect(stands()).toBe('True');
    model.run(1 * SECOND);
    expect(stands()).toBe('False');
  });
});
