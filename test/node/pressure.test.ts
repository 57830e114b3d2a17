import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { Fault } from '../../src/kinds/fault/types.ts';
import { nodeCondition } from '../../src/kinds/node/queries.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { formatBytes } from '../../src/machinery/quantity.ts';
import { Model, START_MS, type ModelOptions } from '../support/model.ts';
import { nodeNamed, SECOND, taintsOf } from './support.ts';

/** A node of 1 GiB; images are pulled in a second, and use what their profile says. */
function cluster(options: ModelOptions = {}): Model {
  const model = new Model(options);
  model.create(
    `
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: steady}
spec: {image: '*', pullTime: 1s, startupTime: 0s, shutdownTime: 0s}`,
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, status: { capacity: { memory: '1Gi' } } },
  );
  return model;
}

function profile(model: Model, image: string, usage: { after?: string; memory: string }[]): void {
  model.create({
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'ImageProfile',
    metadata: { name: image },
    spec: { image, pullTime: '1s', startupTime: '0s', shutdownTime: '1s', usage },
  });
}

interface PodRow {
  image?: string;
  request?: string;
  limit?: string;
  priority?: number;
}

function run(model: Model, name: string, { image = 'idle', request, limit, priority }: PodRow = {}): void {
  if (priority !== undefined) {
    model.create({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: `p-${name}` },
      value: priority,
    } as never);
  }
  model.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName: 'node-1',
      ...(priority === undefined ? {} : { priorityClassName: `p-${name}` }),
      containers: [
        {
          name: 'main',
          image,
          resources: {
            ...(request === undefined ? {} : { requests: { memory: request } }),
            ...(limit === undefined ? {} : { limits: { memory: limit } }),
          },
        },
      ],
    },
  });
}

function press(model: Model, resource: string, more: object = {}): void {
  model.create({
    apiVersion: Fault.apiVersion,
    kind: 'Fault',
    metadata: { name: 'pressure' },
    spec: { pressure: { node: 'node-1', resource, ...more } },
  });
}

function relieve(model: Model): void {
  const fault = model.view.get(Fault, undefined, 'pressure');
  if (fault) model.do((api) => void api.delete(fault));
}

function podOf(model: Model, name: string): Pod {
  const pod = model.view.get(Pod, 'default', name);
  if (!pod) throw new Error(`no pod ${name}`);
  return pod;
}

/** Names of evicted pods, in the order in which they were evicted. */
function evicted(model: Model): string[] {
  return model.view
    .list(Event)
    .filter(({ reason }) => reason === 'Evicted')
    .map(({ involvedObject }) => involvedObject.name ?? '');
}

function conditionText(model: Model, type: string): string {
  const { status, reason, message } = nodeCondition(nodeNamed(model, 'node-1'), type) ?? {};
  return `${status} ${reason}: ${message}`;
}

describe('a node under pressure', () => {
  const rows = [
    [
      'MEMORY',
      'MemoryPressure',
      'True KubeletHasInsufficientMemory: kubelet has insufficient memory available',
      'False KubeletHasSufficientMemory: kubelet has sufficient memory available',
    ],
    [
      'DISK',
      'DiskPressure',
      'True KubeletHasDiskPressure: kubelet has disk pressure',
      'False KubeletHasNoDiskPressure: kubelet has no disk pressure',
    ],
    [
      'PID',
      'PIDPressure',
      'True KubeletHasInsufficientPID: kubelet has insufficient PID available',
      'False KubeletHasSufficientPID: kubelet has sufficient PID available',
    ],
  ] as const;
  it.each(rows)('for want of %s says so by %s, is tainted, and stays so for 5 minutes', (resource, type, on, off) => {
    const model = cluster();
    expect(conditionText(model, type)).toBe(off);
    press(model, resource);
    expect(conditionText(model, type)).toBe(on);
    expect(taintsOf(model, 'node-1')).toEqual([
      `${{ MEMORY: 'memory', DISK: 'disk', PID: 'pid' }[resource]}-pressure:NoSchedule`,
    ]);
    model.run(60 * SECOND);
    relieve(model);
    model.run(300 * SECOND - 1);
    expect(conditionText(model, type)).toBe(on);
    model.run(1);
    expect(conditionText(model, type)).toBe(off);
    expect(taintsOf(model, 'node-1')).toEqual([]);
    expect(nodeNamed(model, 'node-1').runtime?.pressure).toBeUndefined();
  });

  it('keeps its condition when the pressure comes back within the transition period', () => {
    const model = cluster({ settings: { evictionPressureTransitionPeriodMs: 60 * SECOND } });
    press(model, 'PID');
    relieve(model);
    model.run(50 * SECOND);
    press(model, 'PID');
    relieve(model);
    model.run(50 * SECOND);
    expect(conditionText(model, 'PIDPressure')).toMatch(/^True/);
    model.run(10 * SECOND);
    expect(conditionText(model, 'PIDPressure')).toMatch(/^False/);
  });

  it('asks for nothing while the pods stay below the threshold', () => {
    const model = cluster();
    profile(model, 'small', [{ memory: '100Mi' }]);
    run(model, 'web', { image: 'small' });
    model.run(60 * SECOND);
    expect(model.engine.pendingTimers).toBe(0);
  });
});

describe('an eviction for memory', () => {
  it('happens when the profiles cross the threshold, and tells what was used', () => {
    const model = cluster();
    profile(model, 'leak', [{ memory: '100Mi' }, { after: '30s', memory: '500Mi' }, { after: '60s', memory: '974Mi' }]);
    run(model, 'web', { image: 'leak', request: '200Mi' });
    model.run(60 * SECOND);
    expect(evicted(model)).toEqual([]);
    model.run(1 * SECOND);
    const message =
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ' +
      'Container main was using 974Mi, request is 200Mi, has larger consumption of memory. ';
    const events = model.view.list(Event).map(({ reason, message: text, type }) => `${type} ${reason}: ${text}`);
    expect(events).toContain('Normal NodeHasInsufficientMemory: Node node-1 status is now: NodeHasInsufficientMemory');
    expect(events).toContain('Warning EvictionThresholdMet: Attempting to reclaim memory');
    expect(events).toContain(`Warning Evicted: ${message}`);
    expect(podOf(model, 'web').status.phase).toBe('Running');
    model.run(1 * SECOND);
    const { status } = podOf(model, 'web');
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message });
    expect(status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
      message,
    });
    expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodFailed',
    });
    model.run(299 * SECOND);
    expect(conditionText(model, 'MemoryPressure')).toMatch(/^True/);
    model.run(2 * SECOND);
    expect(conditionText(model, 'MemoryPressure')).toMatch(/^False/);
  });

  const rows: [string, Record<string, PodRow & { uses?: string }>, string[]][] = [
    [
      'ends the one beyond its request before the one within it, whatever their priorities',
      {
        within: { uses: '500Mi', request: '600Mi', priority: 1 },
        beyond: { uses: '450Mi', request: '100Mi', priority: 1000 },
      },
      ['beyond'],
    ],
    [
      'ends the one of lower priority where all are beyond their requests',
      {
        low: { uses: '450Mi', request: '440Mi', priority: 1 },
        high: { uses: '500Mi', request: '1Mi', priority: 1000 },
      },
      ['low'],
    ],
    [
      'ends the one furthest beyond its request among equals',
      { near: { uses: '500Mi', request: '450Mi' }, far: { uses: '450Mi', request: '100Mi' } },
      ['far'],
    ],
    [
      'counts a missing request as nothing',
      { asked: { uses: '500Mi', request: '50Mi' }, none: { uses: '460Mi' } },
      ['none'],
    ],
    [
      'goes on with the next while it is not enough, one at a time',
      { first: { uses: '700Mi' }, second: { uses: '600Mi' }, third: { uses: '300Mi', request: '400Mi' } },
      ['first'],
    ],
  ];
  it.each(rows)('%s', (_sentence, pods, expected) => {
    const model = cluster();
    for (const [name, row] of Object.entries(pods)) {
      profile(model, `img-${name}`, [{ memory: '0' }, { after: '20s', memory: row.uses ?? '0' }]);
      run(model, name, { ...row, image: `img-${name}` });
    }
    model.run(120 * SECOND);
    const survivors = Object.keys(pods).filter((name) => podOf(model, name).status.phase === 'Running');
    expect(evicted(model).slice(0, expected.length)).toEqual(expected);
    const used = survivors.reduce((sum, name) => sum + Number.parseInt(pods[name]?.uses ?? '0', 10), 0);
    expect(used).toBeLessThanOrEqual(924);
  });

  it('spares critical pods, and takes the others one in 10 seconds', () => {
    const model = cluster();
    model.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'vital', namespace: 'kube-system' },
      spec: {
        nodeName: 'node-1',
        priorityClassName: 'system-node-critical',
        containers: [{ name: 'main', image: 'idle' }],
      },
    });
    for (const name of ['a', 'b', 'c']) run(model, name);
    model.run(30 * SECOND);
    press(model, 'MEMORY', { available: '10Mi' });
    const times: number[] = [];
    for (let second = 0; second < 60; second++) {
      if (evicted(model).length > times.length) times.push((model.engine.now - START_MS) / SECOND - 30);
      model.run(SECOND);
    }
    expect(times).toEqual([0, 10, 20]);
    expect(evicted(model)).toEqual(['a', 'b', 'c']);
    expect(model.view.get(Pod, 'kube-system', 'vital')?.status.phase).toBe('Running');
  });
});

describe('what an eviction says', () => {
  it.each([
    ['MEMORY', {}, 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. '],
    [
      'MEMORY',
      { available: '1Mi' },
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 1Mi. ',
    ],
    [
      'DISK',
      { available: '1Gi' },
      'The node was low on resource: ephemeral-storage. Threshold quantity: 10737418400, available: 1Gi. ',
    ],
    ['PID', {}, 'The node was low on resource: pids. Threshold quantity: 2k, available: 1k. '],
  ])('for want of %s %j', (resource, more, message) => {
    const model = cluster();
    run(model, 'web');
    model.run(20 * SECOND);
    press(model, resource, more);
    model.run(5 * SECOND);
    expect(podOf(model, 'web').status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message });
  });

  it('knows only the thresholds that are set', () => {
    const model = cluster({ settings: { evictionHard: { 'memory.available': '10%' } } });
    run(model, 'web');
    model.run(20 * SECOND);
    press(model, 'PID');
    expect(conditionText(model, 'PIDPressure')).toMatch(/^False/);
    relieve(model);
    press(model, 'MEMORY', { available: '10Mi' });
    const threshold = formatBytes(Math.trunc(2 ** 30 * Math.fround(Math.fround(10) / 100)));
    expect(model.view.list(Event).find(({ reason }) => reason === 'Evicted')?.message).toBe(
      `The node was low on resource: memory. Threshold quantity: ${threshold}, available: 10Mi. `,
    );
  });
});

describe('a new pod on a node', () => {
  const toleration = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' };
  it.each<[string, string, object, boolean]>([
    ['under memory pressure is refused if it is BestEffort', 'MEMORY', {}, false],
    ['under memory pressure is taken if it asks for memory', 'MEMORY', { request: '1Mi' }, true],
    ['under memory pressure is taken if it tolerates the taint', 'MEMORY', { tolerations: [toleration] }, true],
    ['under disk pressure is refused, whatever it asks for', 'DISK', { request: '1Mi' }, false],
    ['under PID pressure is refused, tolerations or not', 'PID', { tolerations: [toleration] }, false],
  ])('%s', (_sentence, resource, { request, tolerations }: { request?: string; tolerations?: object[] }, admitted) => {
    const model = cluster();
    press(model, resource);
    relieve(model);
    const resources = request === undefined ? {} : { requests: { memory: request } };
    model.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'new' },
      spec: {
        nodeName: 'node-1',
        containers: [{ name: 'main', image: 'idle', resources }],
        ...(tolerations ? { tolerations } : {}),
      },
    });
    model.run(10 * SECOND);
    const { status } = podOf(model, 'new');
    const type = { MEMORY: 'MemoryPressure', DISK: 'DiskPressure', PID: 'PIDPressure' }[resource];
    const message = `The node had condition: [${type}]. `;
    const refused = { phase: 'Failed', reason: 'Evicted', message: `Pod was rejected: ${message}` };
    expect(status).toMatchObject(admitted ? { phase: 'Running' } : refused);
    expect(status.containerStatuses?.length).toBe(admitted ? 1 : undefined);
    const events = model.view.list(Event).filter(({ reason }) => reason === 'Evicted');
    expect(events.map((event) => event.message)).toEqual(admitted ? [] : [message]);
  });
});

describe('a restart', () => {
  it('changes nothing, and what follows is the same', () => {
    const model = cluster();
    profile(model, 'leak', [{ memory: '300Mi' }, { after: '40s', memory: '700Mi' }]);
    for (const name of ['a', 'b', 'c']) run(model, name, { image: 'leak' });
    let evictions = 0;
    for (let step = 0; step < 60; step++) {
      const copy = model.restarted();
      expect(copy.versions).toEqual([]);
      expect(copy.engine.nextTimer()).toBe(model.engine.nextTimer());
      model.run(7 * SECOND);
      copy.run(7 * SECOND);
      expect(copy.view.list(Pod)).toEqual(model.view.list(Pod));
      expect(copy.view.list(Node)).toEqual(model.view.list(Node));
      evictions = evicted(model).length;
    }
    expect(evictions).toBe(2);
  });
});
