import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { nodeCondition } from '../../src/kinds/node/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import { Model } from '../support/model.ts';
import { nodeNamed, SECOND } from './support.ts';

/** A node of 1 GiB whose kubelet has thresholds of all sorts. */
function cluster(settings: Partial<ClusterSettings>): Model {
  const model = new Model({ settings });
  model.create(
    `
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: steady}
spec: {image: '*', pullTime: 1s, startupTime: 0s, shutdownTime: 60s}`,
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-1' },
      status: { capacity: { memory: '1Gi', 'ephemeral-storage': '100Gi' } },
    },
  );
  return model;
}

function run(model: Model, name: string, memory: string, options: { until?: string; grace?: number } = {}): void {
  const usage = [{ memory }, ...(options.until ? [{ after: options.until, memory: '0' }] : [])];
  model.create(
    {
      apiVersion: 'orrery.dev/v1alpha1',
      kind: 'ImageProfile',
      metadata: { name },
      spec: { image: name, pullTime: '1s', startupTime: '0s', shutdownTime: '60s', usage },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: {
        nodeName: 'node-1',
        terminationGracePeriodSeconds: options.grace ?? 30,
        containers: [{ name: 'main', image: name, resources: { requests: { memory: '1Mi' } } }],
      },
    },
  );
}

const isEvicted = (model: Model, name: string) => model.view.get(Pod, 'default', name)?.status.reason === 'Evicted';

function evictions(model: Model): string[] {
  return model.view
    .list(Event)
    .filter(({ reason, message }) => reason === 'Evicted' && message.startsWith('The node was low on resource'))
    .map(({ involvedObject }) => involvedObject.name ?? '');
}

const pressure = (model: Model, type = 'MemoryPressure') => nodeCondition(nodeNamed(model, 'node-1'), type)?.status;

const SOFT: Partial<ClusterSettings> = {
  evictionSoft: { 'memory.available': '300Mi' },
  evictionSoftGracePeriodMs: { 'memory.available': 90 * SECOND },
};

describe('a soft eviction threshold', () => {
  it('puts the node under pressure at once, and ends a pod when its grace period is over', () => {
    const model = cluster(SOFT);
    run(model, 'web', '800Mi');
    model.run(10 * SECOND);
    expect(pressure(model)).toBe('True');
    expect(evictions(model)).toEqual([]);
    model.run(80 * SECOND);
    expect(evictions(model)).toEqual([]);
    model.run(2 * SECOND);
    expect(evictions(model)).toEqual(['web']);
    const event = model.view.list(Event).find(({ reason }) => reason === 'Evicted');
    expect(event?.message).toBe(
      'The node was low on resource: memory. Threshold quantity: 300Mi, available: 224Mi. Container main was using 800Mi, request is 1Mi, has larger consumption of memory. ',
    );
    expect(model.restarted().versions).toEqual([]);
  });

  it('forgets about it when there is enough again in time', () => {
    const model = cluster(SOFT);
    run(model, 'web', '800Mi', { until: '60s' });
    model.run(600 * SECOND);
    expect(evictions(model)).toEqual([]);
    expect(pressure(model)).toBe('False');
  });

  it('counts anew each time it is met', () => {
    const model = cluster(SOFT);
    run(model, 'web', '800Mi', { until: '60s' });
    model.run(80 * SECOND);
    run(model, 'late', '800Mi');
    model.run(80 * SECOND);
    expect(evictions(model)).toEqual([]);
    model.run(15 * SECOND);
    expect(evictions(model)).toHaveLength(1);
  });

  it('goes on through a restart', () => {
    const model = cluster(SOFT);
    run(model, 'web', '800Mi');
    model.run(60 * SECOND);
    const restarted = model.restarted();
    expect(restarted.versions).toEqual([]);
    restarted.run(25 * SECOND);
    expect(evictions(restarted)).toEqual([]);
    restarted.run(10 * SECOND);
    expect(evictions(restarted)).toEqual(['web']);
  });

  it.each([
    ['as long as its own, where the kubelet allows that', 20, 60, 20],
    ['as long as the kubelet allows', 30, 5, 5],
    ['no time at all where the kubelet allows none', 30, 0, 1],
  ])('gives the pod %s', (_sentence, grace, evictionMaxPodGracePeriodSeconds, seconds) => {
    const model = cluster({ ...SOFT, evictionMaxPodGracePeriodSeconds });
    run(model, 'web', '800Mi', { grace });
    model.runUntil(() => evictions(model).length > 0, 200 * SECOND);
    model.run((seconds - 1) * SECOND);
    expect(isEvicted(model, 'web')).toBe(false);
    model.run(3 * SECOND);
    expect(isEvicted(model, 'web')).toBe(true);
  });

  it('gives way to a hard one', () => {
    const model = cluster(SOFT);
    run(model, 'web', '1000Mi');
    model.run(5 * SECOND);
    expect(evictions(model)).toEqual(['web']);
  });
});

describe('a minimum to reclaim', () => {
  const settings = { evictionHard: { 'memory.available': '100Mi' } };
  const start = (more: Partial<ClusterSettings> = {}) => {
    const model = cluster({ ...settings, ...more });
    for (const name of ['web-a', 'web-b', 'web-c', 'web-d']) run(model, name, '240Mi');
    model.run(120 * SECOND);
    return model;
  };

  it('has more pods ended than the threshold alone', () => {
    expect(evictions(start())).toHaveLength(1);
    const more = start({ evictionMinimumReclaim: { 'memory.available': '300Mi' } });
    expect(evictions(more)).toHaveLength(2);
    expect(evictions(start({ evictionMinimumReclaim: { 'memory.available': '50%' } }))).toHaveLength(3);
    expect(more.restarted().versions).toEqual([]);
  });
});

describe('file systems without inodes', () => {
  it('are disk pressure, and named as what they are', () => {
    const model = cluster({});
    model.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default' },
      spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'idle' }] },
    });
    model.run(10 * SECOND);
    model.command('injectFault', { fault: { pressure: { node: 'node-1', resource: 'INODES', available: '1000' } } });
    model.run(10 * SECOND);
    expect(pressure(model, 'DiskPressure')).toBe('True');
    expect(model.view.list(Event).find(({ reason }) => reason === 'Evicted')?.message).toBe(
      'The node was low on resource: inodes. Threshold quantity: 327680, available: 1k. ',
    );
    expect(model.view.list(Event).find(({ reason }) => reason === 'EvictionThresholdMet')?.message).toBe(
      'Attempting to reclaim inodes',
    );
  });
});
