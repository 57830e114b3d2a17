import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { Model } from '../support/model.ts';
import { breakNode, controlPlane, nodeNamed, podNamed, runPod, SECOND } from './support.ts';

function finish(model: Model, name: string, status: Partial<Pod['status']> = {}): void {
  model.do((api) => {
    const pod = podNamed(model, name);
    if (pod) api.updateStatus<Pod>({ ...pod, status: { ...pod.status, phase: 'Succeeded', ...status } });
  });
}

function lastState(model: Model, name: string): Pod {
  return model.versions.filter(({ object }) => object.kind === 'Pod' && object.metadata.name === name).at(-1)
    ?.object as Pod;
}

describe('pods that nobody else removes', () => {
  it('of a removed node are failed and deleted after 40 s', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 2 });
    runPod(model, 'web', 'node-1');
    runPod(model, 'other', 'node-2');
    model.run(5 * SECOND);
    model.do((api) => void api.delete(nodeNamed(model, 'node-1')));
    model.run(39 * SECOND);
    expect(podNamed(model, 'web')).toBeDefined();
    expect(model.restarted().versions).toEqual([]);
    expect(model.restarted().engine.nextTimer()).toBe(model.engine.nextTimer());
    model.run(1 * SECOND);
    expect(podNamed(model, 'web')).toBeUndefined();
    expect(podNamed(model, 'other')).toBeDefined();
    expect(lastState(model, 'web').status.phase).toBe('Failed');
    expect(lastState(model, 'web').status.conditions?.at(-1)).toMatchObject({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
    });
  });

  it('of a node that comes back in time are left alone', () => {
    const model = controlPlane();
    runPod(model, 'web', 'node-1');
    model.run(30 * SECOND);
    model.command('addNodes', { count: 1 });
    model.run(100 * SECOND);
    expect(podNamed(model, 'web')).toBeDefined();
  });

  it('that finished are removed beyond the threshold, evicted ones first, then the oldest', () => {
    const model = controlPlane({ settings: { terminatedPodGcThreshold: 2 } });
    model.command('addNodes', { count: 1 });
    for (const name of ['a', 'b', 'c', 'd']) {
      runPod(model, name, 'node-1');
      model.run(SECOND);
    }
    for (const name of ['a', 'b', 'c']) finish(model, name);
    finish(model, 'd', { phase: 'Failed', reason: 'Evicted' });
    model.run(20 * SECOND);
    expect(model.view.list(Pod).map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
  });

  it('that terminate on a node out of service are removed', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 3 });
    runPod(model, 'web', 'node-1', {
      tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 }],
    });
    breakNode(model, 'node-1');
    model.run(50 * SECOND);
    model.do((api) => {
      const node = nodeNamed(model, 'node-1');
      const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' as const };
      api.update({ ...node, spec: { ...node.spec, taints: [...(node.spec.taints ?? []), taint] } });
    });
    model.run(40 * SECOND);
    expect(podNamed(model, 'web')).toBeUndefined();
  });
});
