import { describe, expect, it } from 'vitest';
import { drainProgress } from '../../src/kinds/poddisruptionbudget/drain-progress.ts';
import type { Model } from '../support/model.ts';
import { SECOND } from '../node/support.ts';
import {
  addBudget,
  addPod,
  budgetPlane,
  finishDeletion,
  isThere,
  nodeOf,
  nodeTarget,
  owner,
  type PodOptions,
} from './support.ts';

function drain(model: Model, options: object = {}) {
  return model.command('drainNode', { ...nodeTarget('node-1'), ...options });
}

function webPods(model: Model, names: readonly string[], options: PodOptions = {}): void {
  const set = owner(model, 'ReplicaSet', 'web', names.length);
  for (const name of names) addPod(model, name, { owner: set, ...options });
}

const progress = (model: Model) => drainProgress(model.view, nodeOf(model));

describe('what a drain refuses', () => {
  it.each<[string, object, (model: Model) => void, string]>([
    [
      'pods that nobody would make again',
      {},
      (model) => addPod(model, 'bare'),
      'cannot delete Pods that declare no controller (use --force to override): default/bare',
    ],
    [
      'daemon pods, where they are not to be ignored',
      { ignoreDaemonSets: false },
      (model) => addPod(model, 'logs', { owner: owner(model, 'DaemonSet', 'logs', 1) }),
      'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/logs',
    ],
    [
      'pods with local storage',
      {},
      (model) => webPods(model, ['a', 'b'], { spec: { volumes: [{ name: 'cache', emptyDir: {} }] } }),
      'cannot delete Pods with local storage (use --delete-emptydir-data to override): default/a, default/b',
    ],
  ])('%s', (_, options, arrange, sentence) => {
    const model = budgetPlane();
    arrange(model);
    const outcome = drain(model, options);
    expect(outcome.errors?.[0]?.message).toBe(`unable to drain node "node-1" due to error: ${sentence}`);
    expect(nodeOf(model).spec.unschedulable).toBe(true);
    expect(progress(model)).toBeUndefined();
  });

  it('several reasons in one answer', () => {
    const model = budgetPlane();
    addPod(model, 'bare');
    webPods(model, ['a'], { spec: { volumes: [{ name: 'cache', emptyDir: {} }] } });
    expect(drain(model).errors?.[0]?.message).toBe(
      'unable to drain node "node-1" due to error: [cannot delete Pods that declare no controller (use --force to override): default/bare, cannot delete Pods with local storage (use --delete-emptydir-data to override): default/a]',
    );
  });
});

describe('a drain', () => {
  it('cordons, evicts, warns, and is done when the pods are gone', () => {
    const model = budgetPlane();
    webPods(model, ['a', 'b']);
    addPod(model, 'bare');
    addPod(model, 'logs', { owner: owner(model, 'DaemonSet', 'logs', 1) });
    const outcome = drain(model, { force: true });
    expect(outcome.data).toEqual({
      warnings: [
        'deleting Pods that declare no controller: default/bare',
        'ignoring DaemonSet-managed Pods: default/logs',
      ],
      pods: 3,
    });
    for (const name of ['a', 'b', 'bare']) finishDeletion(model, name);
    expect(isThere(model, 'logs')).toBe(true);
    expect(progress(model)).toMatchObject({ phase: 'DRAINED', total: 3, gone: 3, blocked: [] });
  });

  it('of an empty node is done at once', () => {
    const model = budgetPlane();
    drain(model);
    expect(progress(model)?.phase).toBe('DRAINED');
  });

  it('that a budget holds says which, asks again every 5 s, and costs nothing meanwhile', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 2 });
    webPods(model, ['a', 'b', 'c']);
    drain(model);
    finishDeletion(model, 'a');
    expect(progress(model)).toMatchObject({ phase: 'DRAINING', total: 3, gone: 1 });
    expect(progress(model)?.blocked.map(({ pod, block }) => [pod.metadata.name, block.budget, block.message])).toEqual(
      ['b', 'c'].map((name) => [
        name,
        'budget',
        'The disruption budget budget needs 2 healthy pods and has 2 currently',
      ]),
    );
    expect(model.engine.pendingTimers).toBe(0);
    model.run(12 * SECOND);
    addPod(model, 'replacement', { node: 'node-2' });
    expect(isThere(model, 'b')).toBe(true);
    model.run(2 * SECOND);
    expect(isThere(model, 'b')).toBe(true);
    model.run(1 * SECOND);
    expect([isThere(model, 'b'), isThere(model, 'c')]).toEqual([false, true]);
    expect(model.restarted().versions).toEqual([]);
  });

  it('gives up when its time is over', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 1 });
    webPods(model, ['a']);
    drain(model, { timeoutMs: 60 * SECOND });
    model.run(59 * SECOND);
    expect(progress(model)?.phase).toBe('DRAINING');
    model.run(1 * SECOND);
    expect(progress(model)).toMatchObject({
      phase: 'FAILED',
      message: 'error when evicting pods/"a" -n "default": global timeout reached: 1m0s',
    });
  });

  it('ends when the node is uncordoned, or cancelled', () => {
    for (const command of ['uncordonNode', 'cancelDrain']) {
      const model = budgetPlane();
      addBudget(model, { minAvailable: 1 });
      webPods(model, ['a']);
      drain(model);
      model.command(command, nodeTarget('node-1'));
      expect(progress(model)?.phase).toBe('FAILED');
    }
  });

  it.each([
    ['more pods than there are', { minAvailable: 3 }],
    ['all of its pods', { minAvailable: '100%' }],
    ['none to be missing', { maxUnavailable: 0 }],
  ])('that a budget which wants %s blocks for ever says so', (_sentence, spec) => {
    const model = budgetPlane();
    addBudget(model, spec);
    webPods(model, ['a', 'b']);
    drain(model);
    expect(progress(model)?.blocked.map(({ block }) => block.isForEver)).toEqual([true, true]);
    expect(progress(model)?.message).toContain(
      '0 of 2 pods evicted, 2 held: default/a: The disruption budget budget needs ',
    );
    expect(progress(model)?.message).toContain(
      '(waiting does not help: default/budget allows no disruption even with all of its pods healthy)',
    );
  });

  it('does not say so of a budget that waits for a pod to be healthy', () => {
    const model = budgetPlane();
    addBudget(model, { maxUnavailable: 1 });
    const set = owner(model, 'ReplicaSet', 'web', 2);
    addPod(model, 'a', { owner: set });
    addPod(model, 'b', { owner: set, ready: false, node: 'node-2' });
    drain(model);
    expect(progress(model)?.blocked.map(({ block }) => block.isForEver)).toEqual([false]);
    expect(progress(model)?.message).not.toContain('waiting does not help');
  });

  it('leaves mirror pods alone, and takes what is finished without a controller', () => {
    const model = budgetPlane();
    addPod(model, 'mirror', { annotations: { 'kubernetes.io/config.mirror': 'x' } });
    addPod(model, 'done', { phase: 'Succeeded', spec: { volumes: [{ name: 'tmp', emptyDir: {} }] } });
    expect(drain(model).data).toEqual({ warnings: [], pods: 1 });
    expect([isThere(model, 'mirror'), isThere(model, 'done')]).toEqual([true, false]);
  });

  it('takes local data, and daemons whose set is gone, where it is told to', () => {
    const model = budgetPlane();
    webPods(model, ['a'], { spec: { volumes: [{ name: 'cache', emptyDir: {} }] } });
    const lost = owner(model, 'DaemonSet', 'logs', 1);
    addPod(model, 'orphan', { owner: { ...lost, metadata: { ...lost.metadata, uid: 'gone' } } });
    expect(drain(model, { deleteEmptyDirData: true }).errors?.[0]?.message).toBe(
      'unable to drain node "node-1" due to error: cannot delete daemonsets.apps "logs" not found: default/orphan',
    );
    expect(drain(model, { deleteEmptyDirData: true, force: true }).errors).toBeUndefined();
    expect([isThere(model, 'a'), isThere(model, 'orphan')]).toEqual([false, false]);
  });

  it('deletes without asking budgets when told to', () => {
    const model = budgetPlane();
    addBudget(model, { minAvailable: 1 });
    webPods(model, ['a']);
    drain(model, { disableEviction: true });
    expect(isThere(model, 'a')).toBe(false);
  });
});
