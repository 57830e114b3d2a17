import { describe, expect, it } from 'vitest';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { KubeObject, NewObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import { eventsOf, node, nodeOf, pod, podOf, scheduledCondition, schedulerModel } from './support.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const change = <T extends KubeObject>(model: Model, object: T) => model.do((api) => api.update(object));

function changeNode(model: Model, name: string, alter: (found: Node) => Node): void {
  const found = model.view.get(Node, undefined, name);
  if (!found) throw new Error(`there is no node ${name}`);
  const altered = alter(found);
  model.do((api) => {
    const updated = api.update<Node>(altered);
    if (updated.ok) api.updateStatus<Node>({ ...updated.value, status: altered.status });
  });
}

const remove = (model: Model, name: string) =>
  model.do((api) => api.delete(podOf(model, name), { gracePeriodSeconds: 0 }));

const attempts = (model: Model, name: string) => eventsOf(model, name).filter((event) => event.startsWith('Failed'));

describe('the order of the queue', () => {
  const small = node('a', { allocatable: { pods: '1' } });

  it('tries the pod of the highest priority first', () => {
    const model = schedulerModel();
    model.create(pod('low', {}, { priority: 0 }), pod('system', {}, { priorityClassName: 'system-cluster-critical' }));
    model.create(small);
    expect(nodeOf(model, 'system')).toBe('a');
    expect(nodeOf(model, 'low')).toBeUndefined();
  });

  it('tries the pod that waits longest first among those of one priority', () => {
    const model = schedulerModel();
    model.create(pod('first'));
    model.run(SECOND);
    model.create(pod('second'));
    model.create(small);
    expect(nodeOf(model, 'first')).toBe('a');
  });

  it('tries pods of one instant in the order of their creation', () => {
    const model = schedulerModel();
    model.create(pod('b'), pod('a'));
    model.create(small);
    expect(nodeOf(model, 'b')).toBe('a');
  });

  it('leaves pods of another scheduler, and pods on their way out, alone', () => {
    const model = schedulerModel();
    model.create(pod('other', {}, { schedulerName: 'mine' }), node('a'));
    model.run(10 * MINUTE);
    expect(nodeOf(model, 'other')).toBeUndefined();
    expect(scheduledCondition(model, 'other')).toBeUndefined();
  });
});

describe('scheduling gates', () => {
  const gated = pod('web', {}, { schedulingGates: [{ name: 'example.com/quota' }, { name: 'example.com/team' }] });

  it('keep a pod from being tried, and say so', () => {
    const model = schedulerModel();
    model.create(node('a'), gated);
    model.run(10 * MINUTE);
    expect(nodeOf(model, 'web')).toBeUndefined();
    expect(scheduledCondition(model, 'web')).toBe(
      'SchedulingGated: Scheduling is blocked due to non-empty scheduling gates',
    );
    expect(eventsOf(model, 'web')).toEqual([]);
  });

  it('let the pod go when the last of them is taken away', () => {
    const model = schedulerModel();
    model.create(node('a'), gated);
    const left = podOf(model, 'web').spec.schedulingGates?.slice(1) ?? [];
    change<Pod>(model, { ...podOf(model, 'web'), spec: { ...podOf(model, 'web').spec, schedulingGates: left } });
    expect(nodeOf(model, 'web')).toBeUndefined();
    const { schedulingGates: _gates, ...spec } = podOf(model, 'web').spec;
    change<Pod>(model, { ...podOf(model, 'web'), spec });
    expect(nodeOf(model, 'web')).toBe('a');
    expect(scheduledCondition(model, 'web')).toBe('True');
  });
});

interface HintRow {
  sentence: string;
  objects: NewObject[];
  /** Waits at first. */
  web: NewObject;
  useless: (model: Model) => void;
  helpful: (model: Model) => void;
}

const labelled = (name: string, labels: Record<string, string>) => (model: Model) =>
  changeNode(model, name, (found) => ({
    ...found,
    metadata: { ...found.metadata, labels: { ...found.metadata.labels, ...labels } },
  }));

const grown = (name: string, allocatable: Record<string, string>) => (model: Model) =>
  changeNode(model, name, (found) => ({
    ...found,
    status: { ...found.status, allocatable: { ...found.status.allocatable, ...allocatable } },
  }));

const hintRows: HintRow[] = [
  {
    sentence: 'a pod for which cpu is short waits for cpu',
    objects: [node('a', { allocatable: { cpu: '1' } })],
    web: pod('web', { cpu: '2' }),
    useless: grown('a', { memory: '64Gi' }),
    helpful: grown('a', { cpu: '2' }),
  },
  {
    sentence: 'a pod for which cpu is short waits for a large enough node',
    objects: [node('a', { allocatable: { cpu: '1' } })],
    web: pod('web', { cpu: '2' }),
    useless: (model) => model.create(node('b', { allocatable: { cpu: '1' } })),
    helpful: (model) => model.create(node('c', { allocatable: { cpu: '2' } })),
  },
  {
    sentence: 'a pod for which cpu is short waits for pods that use cpu to go',
    objects: [node('a', { allocatable: { cpu: '1' } }), pod('busy', { cpu: '1' }, { nodeName: 'a' })],
    web: pod('web', { cpu: '1' }),
    useless: (model) => model.create(pod('idle', {}, { nodeName: 'a' })),
    helpful: (model) => remove(model, 'busy'),
  },
  {
    sentence: 'a pod that selects nodes waits for a label',
    objects: [node('a')],
    web: pod('web', {}, { nodeSelector: { disk: 'ssd' } }),
    useless: labelled('a', { disk: 'hdd' }),
    helpful: labelled('a', { disk: 'ssd' }),
  },
  {
    sentence: 'a pod that tolerates nothing waits for the taint to go',
    objects: [node('a', { taints: [{ key: 'maintenance', effect: 'NoSchedule' }] })],
    web: pod('web'),
    useless: labelled('a', { disk: 'ssd' }),
    helpful: (model) => changeNode(model, 'a', (found) => ({ ...found, spec: { ...found.spec, taints: [] } })),
  },
  {
    sentence: 'a pod waits for the node to be uncordoned',
    objects: [node('a', { unschedulable: true })],
    web: pod('web'),
    useless: labelled('a', { disk: 'ssd' }),
    helpful: (model) =>
      changeNode(model, 'a', ({ spec, ...found }) => {
        const { unschedulable: _cordoned, taints: _taints, ...rest } = spec;
        return { ...found, spec: rest };
      }),
  },
  {
    sentence: 'a pod that wants a port of the host waits for the pod that has it',
    objects: [
      node('a'),
      pod('idle', {}, { nodeName: 'a' }),
      pod(
        'proxy',
        {},
        { nodeName: 'a', containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }] },
      ),
    ],
    web: pod('web', {}, { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }] }),
    useless: (model) => remove(model, 'idle'),
    helpful: (model) => remove(model, 'proxy'),
  },
  {
    sentence: 'a pod that wants to be near others waits for one of them',
    objects: [node('a')],
    web: pod('web', {}, nearTo('app', 'db')),
    useless: (model) => model.create(pod('cache', {}, {}, { labels: { app: 'cache' } })),
    helpful: (model) => model.create(pod('db', {}, {}, { labels: { app: 'db' } })),
  },
];

function nearTo(key: string, value: string): object {
  const term = { labelSelector: { matchLabels: { [key]: value } }, topologyKey: 'kubernetes.io/hostname' };
  return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
}

describe('what wakes a pod that fits nowhere', () => {
  it.each(hintRows)('$sentence', ({ objects, web, useless, helpful }) => {
    const model = schedulerModel();
    for (const object of objects) model.create(object);
    model.create(web);
    expect(attempts(model, 'web')).toHaveLength(1);
    const before = podOf(model, 'web');
    useless(model);
    expect(podOf(model, 'web')).toBe(before);
    helpful(model);
    expect(scheduledCondition(model, 'web')).toBe('True');
  });

  it('costs nothing while nothing changes', () => {
    const model = schedulerModel();
    model.create(node('a', { allocatable: { cpu: '1' } }), pod('web', { cpu: '2' }));
    model.versions.length = 0;
    model.run(4 * MINUTE);
    expect(model.versions).toEqual([]);
  });

  it('is looked at again after five minutes, with the next look every half minute', () => {
    const model = schedulerModel();
    model.run(7 * SECOND);
    model.create(node('a', { allocatable: { cpu: '1' } }), pod('web', { cpu: '2' }));
    model.run(5 * MINUTE + 22 * SECOND);
    expect(attempts(model, 'web')[0]).toMatch(/ x1:/);
    model.run(SECOND);
    expect(attempts(model, 'web')[0]).toMatch(/ x2:/);
  });
});

describe('backing off', () => {
  /** Grows the node a little at every second: never enough. */
  function pester(model: Model, seconds: number): number[] {
    const times: number[] = [];
    for (let second = 1; second <= seconds; second++) {
      model.run(SECOND);
      model.versions.length = 0;
      const full = model.view.get(Pod, 'default', 'other');
      if (full) remove(model, 'other');
      else model.create(pod('other', { cpu: '600m' }, { nodeName: 'a' }));
      if (model.versions.some(({ object }) => object?.metadata.name === 'web')) times.push(second);
    }
    return times;
  }

  const start = (settings: object) => {
    const model = schedulerModel(settings);
    model.create(node('a', { allocatable: { cpu: '1' } }), pod('fill', { cpu: '600m' }, { nodeName: 'a' }));
    model.create(pod('other', { cpu: '600m' }, { nodeName: 'a' }), pod('web', { cpu: '500m' }));
    return model;
  };

  it('does not keep a pod waiting while nothing else is to be tried', () => {
    const model = start({});
    expect(pester(model, 12)).toEqual([1, 3, 5, 7, 9, 11]);
  });

  it('takes 1, 2, 4, 8 and then 10 seconds when it does', () => {
    const model = start({ schedulerPopFromBackoff: false });
    const at: number[] = [];
    for (let tenth = 0; tenth < 600; tenth++) {
      const before = podOf(model, 'web');
      model.run(100);
      if (tenth % 2) model.create(pod('other', { cpu: '600m' }, { nodeName: 'a' }));
      else remove(model, 'other');
      const after = podOf(model, 'web');
      if (attemptsNoted(after) > attemptsNoted(before)) at.push((tenth + 1) / 10);
    }
    const pauses = at.map((time, index) => Math.round(time - (at[index - 1] ?? 0)));
    expect(pauses.slice(0, 6)).toEqual([1, 2, 4, 8, 10, 10]);
  });
});

const attemptsNoted = (found: Pod) =>
  (found as unknown as { runtime?: { scheduling: { attempts: number } } }).runtime?.scheduling.attempts ?? 0;

describe('a restart', () => {
  it('writes nothing, and wakes pods by the same events and at the same times', () => {
    const model = schedulerModel();
    model.create(
      node('a', { allocatable: { cpu: '1' } }),
      pod('web', { cpu: '2' }),
      pod('ssd', {}, { nodeSelector: { disk: 'ssd' } }),
    );
    model.run(17 * SECOND);
    const restarted = model.restarted();
    expect(restarted.versions).toEqual([]);
    expect(restarted.engine.nextTimer()).toBe(model.engine.nextTimer());
    labelled('a', { disk: 'ssd' })(restarted);
    expect(nodeOf(restarted, 'ssd')).toBe('a');
    expect(attemptsNoted(podOf(restarted, 'web'))).toBe(1);
    model.run(6 * MINUTE);
    restarted.run(6 * MINUTE);
    expect(attemptsNoted(podOf(restarted, 'web'))).toBe(attemptsNoted(podOf(model, 'web')));
  });

  it('does not forget a pod that backs off', () => {
    const model = schedulerModel({ schedulerPopFromBackoff: false });
    model.create(node('a', { allocatable: { cpu: '1' } }), pod('fill', { cpu: '1' }, { nodeName: 'a' }));
    model.create(pod('web', { cpu: '500m' }));
    remove(model, 'fill');
    expect(nodeOf(model, 'web')).toBeUndefined();
    const restarted = model.restarted();
    expect(restarted.versions).toEqual([]);
    for (const each of [model, restarted]) {
      each.run(999);
      expect(nodeOf(each, 'web')).toBeUndefined();
      each.run(1);
      expect(nodeOf(each, 'web')).toBe('a');
    }
  });
});
