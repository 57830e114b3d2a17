import { describe, expect, it } from 'vitest';
import { matchingTolerations } from '../../src/kinds/node/queries.ts';
import type { Taint } from '../../src/kinds/node/types.ts';
import type { Pod } from '../../src/kinds/pod/types.ts';
import type { Model } from '../support/model.ts';
import { breakNode, controlPlane, eventsAbout, mendNode, nodeNamed, podNamed, runPod, SECOND } from './support.ts';

type Tolerations = Pod['spec']['tolerations'];

function setTaints(model: Model, taints: Taint[]): void {
  model.do((api) => {
    const node = nodeNamed(model, 'node-1');
    api.update({ ...node, spec: { ...node.spec, taints } });
  });
}

const NO_EXECUTE: Taint = { key: 'maintenance', value: 'now', effect: 'NoExecute' };

function marked(model: Model): boolean {
  return podNamed(model, 'web')?.metadata.deletionTimestamp !== undefined || !podNamed(model, 'web');
}

describe('default tolerations', () => {
  it('of 300 s are added for not-ready and unreachable', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    runPod(model, 'web', 'node-1');
    expect(podNamed(model, 'web')?.spec.tolerations).toEqual([
      { effect: 'NoExecute', key: 'node.kubernetes.io/not-ready', operator: 'Exists', tolerationSeconds: 300 },
      { effect: 'NoExecute', key: 'node.kubernetes.io/unreachable', operator: 'Exists', tolerationSeconds: 300 },
    ]);
  });

  it('are not added where the pod speaks of them, or tolerates everything', () => {
    const model = controlPlane({ settings: { defaultUnreachableTolerationSeconds: 7 } });
    model.command('addNodes', { count: 1 });
    const own = [
      {
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists' as const,
        effect: 'NoExecute' as const,
        tolerationSeconds: 5,
      },
    ];
    runPod(model, 'own', 'node-1', { tolerations: own });
    expect(podNamed(model, 'own')?.spec.tolerations?.map((entry) => entry.tolerationSeconds)).toEqual([5, 7]);
    runPod(model, 'all', 'node-1', { tolerations: [{ operator: 'Exists' }] });
    expect(podNamed(model, 'all')?.spec.tolerations).toEqual([{ operator: 'Exists' }]);
  });
});

describe('a NoExecute taint', () => {
  it.each<[string, Tolerations, number | undefined]>([
    ['ends at once a pod that does not tolerate it', [], 0],
    ['leaves for ever a pod that tolerates it', [{ key: 'maintenance', operator: 'Exists' }], undefined],
    ['ends a pod whose toleration is for another value', [{ key: 'maintenance', value: 'later' }], 0],
    ['ends a pod whose toleration is of another effect', [{ operator: 'Exists', effect: 'NoSchedule' }], 0],
    [
      'ends a pod when its toleration runs out',
      [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }],
      60,
    ],
    [
      'ends at once a pod that tolerates it for no time',
      [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 }],
      0,
    ],
    [
      'ends at once a pod with negative seconds',
      [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: -5 }],
      0,
    ],
  ])('%s', (_, tolerations, seconds) => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    runPod(model, 'web', 'node-1', { tolerations: tolerations ?? [] });
    setTaints(model, [NO_EXECUTE]);
    const end = model.engine.now + (seconds ?? 10_000) * SECOND;
    if (end > model.engine.now) model.runTo(end - SECOND);
    expect(marked(model)).toBe(seconds === 0);
    model.runTo(end);
    expect(marked(model)).toBe(seconds !== undefined);
    const said = seconds === undefined ? [] : ['TaintManagerEviction: Marking for deletion Pod default/web'];
    expect(eventsAbout(model, 'Pod')).toEqual(said);
  });

  it('that goes cancels what was planned', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    runPod(model, 'web', 'node-1', {
      tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }],
    });
    setTaints(model, [NO_EXECUTE]);
    model.run(59 * SECOND);
    expect(model.restarted().versions).toEqual([]);
    expect(model.restarted().engine.nextTimer()).toBe(model.engine.nextTimer());
    setTaints(model, []);
    model.run(1000 * SECOND);
    expect(marked(model)).toBe(false);
    expect(nodeNamed(model, 'node-1').runtime?.evictions).toBeUndefined();
    expect(eventsAbout(model, 'Pod')).toEqual(['TaintManagerEviction: Cancelling deletion of Pod default/web']);
  });

  it('calls off what was planned when another taint, not tolerated, ends the pod at once', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    runPod(model, 'web', 'node-1', {
      tolerations: [{ key: 'maintenance', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }],
    });
    setTaints(model, [NO_EXECUTE]);
    model.run(10 * SECOND);
    setTaints(model, [NO_EXECUTE, { key: 'other', effect: 'NoExecute' }]);
    expect(marked(model)).toBe(true);
    expect(eventsAbout(model, 'Pod')).toEqual([
      'TaintManagerEviction: Cancelling deletion of Pod default/web',
      'TaintManagerEviction: Marking for deletion Pod default/web',
    ]);
  });

  it('goes by what was planned first, however the tolerations change', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    const tolerating = (tolerationSeconds: number) => [
      { key: 'maintenance', operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds },
    ];
    runPod(model, 'web', 'node-1', { tolerations: tolerating(60) });
    setTaints(model, [NO_EXECUTE]);
    model.run(10 * SECOND);
    model.do((api) => {
      const pod = podNamed(model, 'web');
      if (pod) api.update({ ...pod, spec: { ...pod.spec, tolerations: [...tolerating(60), ...tolerating(5)] } });
    });
    model.run(49 * SECOND);
    expect(marked(model)).toBe(false);
    model.run(1 * SECOND);
    expect(marked(model)).toBe(true);
  });

  it('takes the shortest of the tolerations that are used', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    const tolerations = [
      { key: 'maintenance', operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds: 100 },
      { key: 'other', operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds: 30 },
    ];
    runPod(model, 'web', 'node-1', { tolerations });
    setTaints(model, [NO_EXECUTE, { key: 'other', effect: 'NoExecute' }]);
    model.run(29 * SECOND);
    expect(marked(model)).toBe(false);
    model.run(SECOND);
    expect(marked(model)).toBe(true);
  });

  it('ends a pod that is bound to the node later', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    setTaints(model, [NO_EXECUTE]);
    runPod(model, 'web', 'node-1');
    expect(marked(model)).toBe(true);
  });

  it('leaves the condition DisruptionTarget behind', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    runPod(model, 'web', 'node-1');
    setTaints(model, [NO_EXECUTE]);
    const last = model.versions.filter(({ kindKey }) => kindKey === 'Pod').at(-1)?.object as Pod;
    expect(last.status.conditions?.at(-1)).toMatchObject({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    });
  });
});

describe('the pods of a lost node', () => {
  it('are ended 300 s after it was given up, and not when it returns in time', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 3 });
    runPod(model, 'web', 'node-1');
    breakNode(model, 'node-1');
    model.run(349 * SECOND);
    expect(marked(model)).toBe(false);
    model.run(1 * SECOND);
    expect(marked(model)).toBe(true);
    runPod(model, 'other', 'node-2');
    breakNode(model, 'node-2');
    model.run(200 * SECOND);
    mendNode(model, 'node-2');
    model.run(1000 * SECOND);
    expect(podNamed(model, 'other')?.metadata.deletionTimestamp).toBeUndefined();
    expect(eventsAbout(model, 'Pod', ['TaintManagerEviction']).at(-1)).toBe(
      'TaintManagerEviction: Cancelling deletion of Pod default/other',
    );
  });
});

describe('tolerating a taint', () => {
  it.each([
    ['an equal value', { key: 'a', value: '1' }, { key: 'a', value: '1', effect: 'NoExecute' }, true],
    ['an empty key with Exists', { operator: 'Exists' }, { key: 'a', effect: 'NoExecute' }, true],
    ['a greater number with Gt', { key: 'a', operator: 'Gt', value: '5' }, { key: 'a', value: '7', effect: 'X' }, true],
    [
      'a smaller number with Gt',
      { key: 'a', operator: 'Gt', value: '5' },
      { key: 'a', value: '3', effect: 'X' },
      false,
    ],
    ['another key', { key: 'b', operator: 'Exists' }, { key: 'a', effect: 'NoExecute' }, false],
  ])('%s', (_, toleration, taint, tolerated) => {
    expect(matchingTolerations([taint as Taint], [toleration]) !== undefined).toBe(tolerated);
  });
});
