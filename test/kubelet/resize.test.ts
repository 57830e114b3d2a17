import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { podCondition } from '../../src/kinds/pod/queries.ts';
import type { Model } from '../support/model.ts';
import { kubeletModel, podManifest, podNamed } from './support.ts';

/** A pod on a node of 4 CPUs that asks for so many, and may use 4. */
function running(name: string, cpu: string, policy = 'NotRequired'): string {
  return podManifest(
    `  containers:
    - name: main
      image: ${name}
      resources: { requests: { cpu: '${cpu}' }, limits: { cpu: '4', memory: 1Gi } }
      resizePolicy: [{ resourceName: cpu, restartPolicy: ${policy} }]`,
    name,
  );
}

function resize(model: Model, name: string, change: object): string[] {
  const target = { kindKey: Pod.key, namespace: 'default', name };
  const outcome = model.command('resizePod', { target, container: 'main', ...change });
  return (outcome.errors ?? []).map(({ message }) => message);
}

function cpuOf(model: Model, name = 'web') {
  const [status] = podNamed(model, name)?.status.containerStatuses ?? [];
  return { allocated: status?.allocatedResources?.['cpu'], actual: status?.resources?.requests?.['cpu'] };
}

function started(...pods: string[]): Model {
  const model = kubeletModel();
  model.create(...pods);
  model.run(10_000);
  return model;
}

function reasons(model: Model): string[] {
  return model.view.list(Event).flatMap(({ reason }) => (reason.startsWith('Resize') ? [reason] : []));
}

describe('a resize', () => {
  it('is granted at once where the node has room', () => {
    const model = started(running('web', '1'));
    expect(resize(model, 'web', { requests: { cpu: '2' } })).toEqual([]);
    expect(cpuOf(model)).toEqual({ allocated: '2', actual: '2' });
    expect(podNamed(model)?.metadata.generation).toBe(2);
    expect(podNamed(model)?.status.observedGeneration).toBe(2);
    expect(podNamed(model)?.status.containerStatuses?.[0]?.restartCount).toBe(0);
    expect(reasons(model)).toEqual(['ResizeStarted', 'ResizeCompleted']);
  });

  it('restarts the container where its policy says so, and is in progress until then', () => {
    const model = started(running('web', '1', 'RestartContainer'));
    resize(model, 'web', { requests: { cpu: '2' } });
    const pod = podNamed(model);
    expect(pod && podCondition(pod, 'PodResizeInProgress')?.status).toBe('True');
    expect(cpuOf(model)).toEqual({ allocated: '2', actual: '1' });
    model.run(10_000);
    const after = podNamed(model);
    expect(after && podCondition(after, 'PodResizeInProgress')).toBeUndefined();
    expect(cpuOf(model)).toEqual({ allocated: '2', actual: '2' });
    expect(after?.status.containerStatuses?.[0]?.restartCount).toBe(1);
    expect(reasons(model)).toEqual(['ResizeStarted', 'ResizeCompleted']);
  });

  it('is infeasible when the whole node is too small', () => {
    const model = started(running('web', '1'));
    resize(model, 'web', { requests: { cpu: '5' }, limits: { cpu: '6' } });
    const pod = podNamed(model);
    expect(pod && podCondition(pod, 'PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000",
    });
    expect(cpuOf(model)).toEqual({ allocated: '1', actual: '1' });
    resize(model, 'web', { requests: { cpu: '1' }, limits: { cpu: '4' } });
    const back = podNamed(model);
    expect(back && podCondition(back, 'PodResizePending')).toBeUndefined();
  });

  it('is deferred until another pod has made room, also over a restart', () => {
    const model = started(running('web', '1'), running('other', '2'));
    resize(model, 'web', { requests: { cpu: '3' } });
    const pod = podNamed(model);
    expect(pod && podCondition(pod, 'PodResizePending')).toMatchObject({
      reason: 'Deferred',
      message: "Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
    });
    const copy = model.restarted();
    expect(copy.versions).toEqual([]);
    for (const each of [model, copy]) {
      each.command('deletePod', { target: { kindKey: Pod.key, namespace: 'default', name: 'other' } });
      each.run(60_000);
      expect(cpuOf(each)).toEqual({ allocated: '3', actual: '3' });
    }
    expect(reasons(model)).toEqual(['ResizeDeferred', 'ResizeStarted', 'ResizeCompleted']);
  });
});

describe('the API server refuses', () => {
  it.each<[string, object, string]>([
    [
      'what changes the quality of service',
      { requests: { cpu: '4', memory: '1Gi' } },
      'Pod QOS Class may not change as a result of resizing',
    ],
    [
      'anything but CPU and memory',
      { requests: { 'ephemeral-storage': '1Gi' } },
      'only cpu and memory resources are mutable',
    ],
    ['a request beyond the limit', { requests: { cpu: '5' } }, 'must be less than or equal to cpu limit of 4'],
  ])('%s', (_sentence, change, words) => {
    const model = started(running('web', '1'));
    expect(resize(model, 'web', change).join()).toContain(words);
    expect(cpuOf(model)).toEqual({ allocated: '1', actual: '1' });
  });
});
