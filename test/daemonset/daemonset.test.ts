import { describe, expect, it } from 'vitest';
import { daemonSet } from '../../src/kinds/daemonset/definition.ts';
import { updateLimits } from '../../src/kinds/daemonset/rolling.ts';
import { rolloutStatus } from '../../src/kinds/daemonset/rollout.ts';
import { DaemonSet, type DaemonSetSpec } from '../../src/kinds/daemonset/types.ts';
import { Node, type Taint } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { toTimestamp } from '../../src/machinery/time.ts';
import type { Model } from '../support/model.ts';
import { endPod, events, revisions, setPod, workloadPlane } from '../statefulset/support.ts';

function plane(nodes = 3): Model {
  const model = workloadPlane([daemonSet]);
  if (nodes > 0) model.command('addNodes', { count: nodes });
  return model;
}

type PodSpec = DaemonSetSpec['template']['spec'];

function template(image: string, spec: Partial<PodSpec> = {}): DaemonSetSpec['template'] {
  return { metadata: { labels: { app: 'logs' } }, spec: { containers: [{ name: 'logs', image }], ...spec } };
}

function apply(model: Model, spec: Partial<DaemonSetSpec> = {}): void {
  model.create({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'logs', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'logs' } }, template: template('logs:1'), ...spec },
  });
}

function setOf(model: Model): DaemonSet {
  const set = model.view.get(DaemonSet, 'default', 'logs');
  if (!set) throw new Error('no set');
  return set;
}

function change(model: Model, spec: Partial<DaemonSetSpec>): void {
  model.do((api) => {
    const set = setOf(model);
    const result = api.update<DaemonSet>({ ...set, spec: { ...set.spec, ...spec } });
    if (!result.ok) throw new Error(result.error.message);
  });
}

function changeNode(model: Model, name: string, change: (node: Node) => Node): void {
  model.do((api) => {
    const node = api.get(Node, undefined, name);
    if (node) api.update(change(node));
  });
}

function taint(model: Model, name: string, taints: Taint[]): void {
  changeNode(model, name, (node) => ({ ...node, spec: { ...node.spec, taints } }));
}

/** The node a pod is meant for. */
function home(pod: Pod): string {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

/** `node-1=logs:1`, with a mark for pods on their way out. */
function placed(model: Model): string[] {
  return model.view
    .list(Pod)
    .map((pod) => {
      const mark = pod.metadata.deletionTimestamp ? ' (going)' : '';
      return `${home(pod)}=${pod.spec.containers[0]?.image}${mark}`;
    })
    .sort();
}

function podOn(model: Model, node: string): string {
  const pod = model.view.list(Pod).find((found) => home(found) === node && !found.metadata.deletionTimestamp);
  if (!pod) throw new Error(`no pod on ${node}`);
  return pod.metadata.name;
}

/** Starts every pod that waits. */
function startAll(model: Model): void {
  for (const pod of model.view.list(Pod)) if (pod.status.phase === 'Pending') setPod(model, pod.metadata.name, true);
}

function endAll(model: Model): void {
  for (const pod of model.view.list(Pod)) if (pod.metadata.deletionTimestamp) endPod(model, pod.metadata.name);
}

const target = { target: { kindKey: 'DaemonSet', namespace: 'default', name: 'logs' } };

describe('a daemon set', () => {
  it('has one pod on each node, bound there by its name', () => {
    const model = plane();
    apply(model);
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-2=logs:1', 'node-3=logs:1']);
    const pod = model.view.list(Pod)[0];
    expect(pod?.spec.nodeName).toBeUndefined();
    expect(pod?.metadata.labels).toMatchObject({ app: 'logs', 'pod-template-generation': '1' });
    expect(pod?.spec.tolerations?.map(({ key, operator, effect }) => `${key}:${operator}:${effect}`)).toEqual([
      'node.kubernetes.io/not-ready:Exists:NoExecute',
      'node.kubernetes.io/unreachable:Exists:NoExecute',
      'node.kubernetes.io/disk-pressure:Exists:NoSchedule',
      'node.kubernetes.io/memory-pressure:Exists:NoSchedule',
      'node.kubernetes.io/pid-pressure:Exists:NoSchedule',
      'node.kubernetes.io/unschedulable:Exists:NoSchedule',
    ]);
    expect(setOf(model).status).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberReady: 0,
      numberUnavailable: 3,
      updatedNumberScheduled: 3,
      observedGeneration: 1,
    });
    expect(events(model, 'DaemonSet')).toHaveLength(3);
    expect(events(model, 'DaemonSet')[0]).toBe(`Normal SuccessfulCreate: Created pod: ${pod?.metadata.name}`);
    startAll(model);
    expect(setOf(model).status).toMatchObject({ numberReady: 3, numberAvailable: 3, numberUnavailable: 0 });
    expect(daemonSet.columns?.slice(0, 6).map(({ cell }) => cell(setOf(model), model.view))).toEqual([
      '3',
      '3',
      '3',
      '3',
      '3',
      '<none>',
    ]);
  });

  it('follows nodes that come and go', () => {
    const model = plane(1);
    apply(model);
    model.command('addNodes', { count: 1 });
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-2=logs:1']);
    model.do((api) => {
      const node = api.get(Node, undefined, 'node-2');
      if (node) api.delete(node);
    });
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-2=logs:1 (going)']);
    expect(setOf(model).status.desiredNumberScheduled).toBe(1);
  });

  it.each<[string, Partial<PodSpec>, string[]]>([
    ['by node selector', { nodeSelector: { disk: 'ssd' } }, ['node-2=logs:1']],
    ['by node name', { nodeName: 'node-3' }, ['node-3=logs:1']],
    [
      'by node affinity',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'DoesNotExist' }] }],
            },
          },
        },
      },
      ['node-1=logs:1', 'node-3=logs:1'],
    ],
  ])('runs only where it may: %s', (_, spec, expected) => {
    const model = plane();
    changeNode(model, 'node-2', (node) => ({
      ...node,
      metadata: { ...node.metadata, labels: { ...node.metadata.labels, disk: 'ssd' } },
    }));
    apply(model, { template: template('logs:1', spec) });
    expect(placed(model)).toEqual(expected);
    expect(setOf(model).status.desiredNumberScheduled).toBe(expected.length);
  });

  it('leaves a node whose label goes', () => {
    const model = plane(1);
    const label = (value: string) =>
      changeNode(model, 'node-1', (node) => ({
        ...node,
        metadata: { ...node.metadata, labels: { ...node.metadata.labels, disk: value } },
      }));
    label('ssd');
    apply(model, { template: template('logs:1', { nodeSelector: { disk: 'ssd' } }) });
    expect(placed(model)).toEqual(['node-1=logs:1']);
    label('hdd');
    expect(placed(model)).toEqual(['node-1=logs:1 (going)']);
    expect(setOf(model).status).toMatchObject({ desiredNumberScheduled: 0, numberMisscheduled: 1 });
  });

  it('keeps away from a NoSchedule taint, stays when one comes later, and leaves at NoExecute', () => {
    const model = plane();
    taint(model, 'node-1', [{ key: 'gpu', effect: 'NoSchedule' }]);
    apply(model);
    expect(placed(model)).toEqual(['node-2=logs:1', 'node-3=logs:1']);
    taint(model, 'node-2', [{ key: 'gpu', effect: 'NoSchedule' }]);
    expect(placed(model)).toEqual(['node-2=logs:1', 'node-3=logs:1']);
    expect(setOf(model).status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1 });
    taint(model, 'node-2', [{ key: 'gpu', effect: 'NoExecute' }]);
    expect(placed(model)).toEqual(['node-2=logs:1 (going)', 'node-3=logs:1']);
  });

  it('tolerates what its template tolerates, and every node that is cordoned, lost or under pressure', () => {
    const model = plane(2);
    taint(model, 'node-1', [{ key: 'gpu', value: 'a100', effect: 'NoSchedule' }]);
    taint(model, 'node-2', [
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
      { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' },
    ]);
    apply(model, { template: template('logs:1', { tolerations: [{ key: 'gpu', operator: 'Exists' }] }) });
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-2=logs:1']);
  });

  it('removes a failed pod at once, then ever more slowly', () => {
    const model = plane(1);
    apply(model);
    const fail = () => setPod(model, podOn(model, 'node-1'), false, 'Failed');
    const first = podOn(model, 'node-1');
    fail();
    expect(placed(model)).toEqual(['node-1=logs:1']);
    expect(events(model, 'DaemonSet')[1]).toBe(
      `Warning FailedDaemonPod: Found failed daemon pod default/${first} on node node-1, will try to kill it`,
    );
    expect(podOn(model, 'node-1')).not.toBe(first);
    const second = podOn(model, 'node-1');
    fail();
    expect(podOn(model, 'node-1')).toBe(second);
    model.run(999);
    expect(podOn(model, 'node-1')).toBe(second);
    expect(model.restarted().versions).toEqual([]);
    model.run(1);
    expect(podOn(model, 'node-1')).not.toBe(second);
    const third = podOn(model, 'node-1');
    fail();
    model.run(1999);
    expect(podOn(model, 'node-1')).toBe(third);
    model.run(1);
    expect(podOn(model, 'node-1')).not.toBe(third);
  });

  it('keeps the oldest of several pods on a node', () => {
    const model = plane(1);
    apply(model);
    const [first] = model.view.list(Pod);
    if (!first) throw new Error('no pod');
    model.run(1000);
    model.create({ ...first, metadata: { ...first.metadata, name: 'extra' } });
    expect(
      model.view.list(Pod).map(({ metadata }) => [metadata.name, metadata.deletionTimestamp !== undefined]),
    ).toEqual([
      [first.metadata.name, false],
      ['extra', true],
    ]);
  });
});

describe('a rolling update', () => {
  it('replaces one pod at a time by default', () => {
    const model = plane();
    apply(model);
    startAll(model);
    change(model, { template: template('logs:2') });
    expect(placed(model)).toEqual(['node-1=logs:1 (going)', 'node-2=logs:1', 'node-3=logs:1']);
    expect(rolloutStatus(setOf(model)).message).toBe(
      'Waiting for daemon set "logs" rollout to finish: 0 out of 3 new pods have been updated...',
    );
    endAll(model);
    expect(placed(model)).toEqual(['node-1=logs:2', 'node-2=logs:1', 'node-3=logs:1']);
    for (let turn = 0; turn < 3; turn++) {
      startAll(model);
      endAll(model);
    }
    startAll(model);
    expect(placed(model)).toEqual(['node-1=logs:2', 'node-2=logs:2', 'node-3=logs:2']);
    expect(rolloutStatus(setOf(model))).toEqual({
      message: 'daemon set "logs" successfully rolled out',
      done: true,
    });
    expect(model.view.list(Pod)[0]?.metadata.labels?.['pod-template-generation']).toBe('2');
    expect(revisions(model)).toEqual([1, 2]);
  });

  it('replaces pods that are not available whatever the limit', () => {
    const model = plane();
    apply(model);
    startAll(model);
    setPod(model, podOn(model, 'node-3'), false);
    change(model, { template: template('logs:2') });
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-2=logs:1', 'node-3=logs:1 (going)']);
  });

  it('takes as many at once as maxUnavailable says', () => {
    const model = plane(4);
    apply(model, { updateStrategy: { rollingUpdate: { maxUnavailable: '50%' } } });
    startAll(model);
    change(model, { template: template('logs:2') });
    expect(placed(model).filter((text) => text.endsWith('(going)'))).toHaveLength(2);
  });

  it('with surge starts the new pod beside the old one', () => {
    const model = plane();
    apply(model, { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    startAll(model);
    change(model, { template: template('logs:2') });
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-1=logs:2', 'node-2=logs:1', 'node-3=logs:1']);
    startAll(model);
    expect(placed(model)).toEqual([
      'node-1=logs:1 (going)',
      'node-1=logs:2',
      'node-2=logs:1',
      'node-2=logs:2',
      'node-3=logs:1',
    ]);
  });

  it('is left to the user under OnDelete', () => {
    const model = plane(2);
    apply(model, { updateStrategy: { type: 'OnDelete' } });
    startAll(model);
    change(model, { template: template('logs:2') });
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-2=logs:1']);
    model.do((api) => {
      const pod = api.get(Pod, 'default', podOn(model, 'node-2'));
      if (pod) api.delete(pod);
    });
    endAll(model);
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-2=logs:2']);
  });

  it.each([
    ['the defaults', {}, 10, { maxUnavailable: 1, maxSurge: 0 }],
    ['a share of 25 % of 10 rounds up', { maxUnavailable: '25%' }, 10, { maxUnavailable: 3, maxSurge: 0 }],
    ['surge alone', { maxUnavailable: 0, maxSurge: '10%' }, 15, { maxUnavailable: 0, maxSurge: 2 }],
    ['nothing at all counts as one', { maxUnavailable: 0, maxSurge: 0 }, 5, { maxUnavailable: 1, maxSurge: 0 }],
  ])('has the limits of %s', (_, rollingUpdate, desired, limits) => {
    const model = plane(0);
    apply(model);
    const set = setOf(model);
    expect(updateLimits({ ...set, spec: { ...set.spec, updateStrategy: { rollingUpdate } } }, desired)).toEqual(limits);
  });

  it('back to an earlier template leaves the pods that are of it', () => {
    const model = plane();
    apply(model);
    startAll(model);
    const before = podOn(model, 'node-3');
    change(model, { template: template('logs:bad') });
    endAll(model);
    model.command('rollbackDaemonSet', target);
    endAll(model);
    startAll(model);
    expect(placed(model)).toEqual(['node-1=logs:1', 'node-2=logs:1', 'node-3=logs:1']);
    expect(podOn(model, 'node-3')).toBe(before);
    expect(revisions(model)).toEqual([2, 3]);
  });

  it('is started by a restart', () => {
    const model = plane(1);
    apply(model);
    startAll(model);
    model.command('restartDaemonSet', target);
    expect(placed(model)).toEqual(['node-1=logs:1 (going)']);
    endAll(model);
    expect(model.view.list(Pod)[0]?.metadata.annotations).toEqual({
      'kubectl.kubernetes.io/restartedAt': toTimestamp(model.view.now),
    });
  });
});

describe('an invalid daemon set', () => {
  it.each<[Partial<DaemonSetSpec>, string]>([
    [
      { updateStrategy: { type: 'Sometimes' } },
      'spec.updateStrategy.type: Unsupported value: "Sometimes": supported values: "OnDelete", "RollingUpdate"',
    ],
    [
      { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ],
    [
      { updateStrategy: { rollingUpdate: { maxSurge: 1 } } },
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ],
    [
      { selector: { matchLabels: { app: 'other' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"logs"}: `selector` does not match template `labels`',
    ],
  ])('%j is refused', (spec, sentence) => {
    expect(() => apply(plane(0), spec)).toThrow(sentence);
  });

  it('may not change its selector', () => {
    const model = plane(0);
    apply(model);
    const spec = {
      selector: { matchLabels: { app: 'new' } },
      template: { ...template('a'), metadata: { labels: { app: 'new' } } },
    };
    expect(() => change(model, spec)).toThrow('field is immutable');
  });
});

describe('on many nodes', () => {
  it('a daemon set is complete, and left alone by a restart', () => {
    const model = plane(300);
    apply(model, { minReadySeconds: 5 });
    expect(model.view.count(Pod)).toBe(300);
    startAll(model);
    model.run(5000);
    expect(setOf(model).status).toMatchObject({ desiredNumberScheduled: 300, numberAvailable: 300 });
    expect(model.restarted().versions).toEqual([]);
    expect(model.engine.pendingTimers).toBe(0);
  });
});
