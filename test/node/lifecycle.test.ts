import { describe, expect, it } from 'vitest';
import { evictionIntervalMs, zoneState } from '../../src/controllers/node-lifecycle/zone.ts';
import { Node } from '../../src/kinds/node/types.ts';
import {
  breakNode,
  controlPlane,
  eventsAbout,
  mendNode,
  nodeNamed,
  podNamed,
  runPod,
  SECOND,
  taintsOf,
} from './support.ts';

const target = (name: string) => ({ target: { kindKey: 'Node', name } });

describe('a node that falls silent', () => {
  it('is ready until the grace period is over, then unknown, tainted, and its pods are not ready', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 3 });
    runPod(model, 'web', 'node-1');
    breakNode(model, 'node-1');
    model.run(49 * SECOND);
    expect(nodeNamed(model, 'node-1').status.conditions?.every(({ status }) => status !== 'Unknown')).toBe(true);
    model.run(1 * SECOND);
    expect(
      nodeNamed(model, 'node-1').status.conditions?.map(({ type, status, reason, message }) => [
        type,
        status,
        reason,
        message,
      ]),
    ).toEqual(
      ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => [
        type,
        'Unknown',
        'NodeStatusUnknown',
        'Kubelet stopped posting node status.',
      ]),
    );
    expect(taintsOf(model, 'node-1')).toEqual(['unreachable:NoSchedule', 'unreachable:NoExecute']);
    expect(podNamed(model, 'web')?.status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
    expect(eventsAbout(model, 'Node', ['NodeNotReady'])).toEqual([
      'NodeNotReady: Node node-1 status is now: NodeNotReady',
    ]);
    expect(eventsAbout(model, 'Pod')).toEqual(['NodeNotReady: Node is not ready']);
  });

  it('is itself again when it returns', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 3 });
    breakNode(model, 'node-1');
    model.run(60 * SECOND);
    mendNode(model, 'node-1');
    expect(taintsOf(model, 'node-1')).toEqual([]);
    const ready = nodeNamed(model, 'node-1').status.conditions?.at(-1);
    expect(ready).toMatchObject({ status: 'True', reason: 'KubeletReady', lastTransitionTime: '2026-01-01T00:01:00Z' });
    expect(eventsAbout(model, 'Node', ['NodeReady'])[0]).toBe('NodeReady: Node node-1 status is now: NodeReady (x2)');
  });

  it('is left alone when it returns within the grace period', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 3 });
    breakNode(model, 'node-1');
    model.run(30 * SECOND);
    const version = nodeNamed(model, 'node-1').metadata.resourceVersion;
    mendNode(model, 'node-1');
    model.run(60 * SECOND);
    expect(nodeNamed(model, 'node-1').metadata.resourceVersion).toBe(version);
  });

  it('has never been heard of when its machine was off from the start', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    breakNode(model, 'late');
    model.create('apiVersion: v1\nkind: Node\nmetadata: {name: late}');
    expect(nodeNamed(model, 'late').status.conditions).toBeUndefined();
    model.run(60 * SECOND);
    expect(nodeNamed(model, 'late').status.conditions?.[0]).toMatchObject({
      type: 'Ready',
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
    });
    mendNode(model, 'late');
    expect(nodeNamed(model, 'late').status.conditions?.at(-1)?.status).toBe('True');
  });

  it('keeps its timers and its state over a restart at any moment', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 4 });
    runPod(model, 'web', 'node-1');
    breakNode(model, 'node-1');
    breakNode(model, 'node-2');
    for (const seconds of [10, 45, 5, 100, 200]) {
      model.run(seconds * SECOND);
      const again = model.restarted();
      expect(again.versions).toEqual([]);
      expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    }
  });

  it('is partitioned from the control plane', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 3 });
    const spec = { partition: { a: ['node-1', 'control-plane'], b: ['node-2'] } };
    model.create({ apiVersion: 'orrery.dev/v1alpha1', kind: 'Fault', metadata: { name: 'cut' }, spec });
    model.run(50 * SECOND);
    expect(model.view.list(Node).map((node) => node.spec.taints?.length ?? 0)).toEqual([0, 2, 0]);
  });
});

describe('taints that follow from a node', () => {
  it('are set for a cordon and taken away with it, and others stay', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1, template: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } });
    model.command('cordonNode', target('node-1'));
    expect(nodeNamed(model, 'node-1').spec.taints).toEqual([
      { key: 'gpu', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: '2026-01-01T00:00:00Z' },
    ]);
    model.command('uncordonNode', target('node-1'));
    expect(taintsOf(model, 'node-1')).toEqual(['gpu:NoSchedule']);
  });

  it.each([
    ['Ready', 'False', ['not-ready:NoSchedule', 'not-ready:NoExecute']],
    ['MemoryPressure', 'True', ['memory-pressure:NoSchedule']],
    ['DiskPressure', 'True', ['disk-pressure:NoSchedule']],
    ['PIDPressure', 'True', ['pid-pressure:NoSchedule']],
    ['NetworkUnavailable', 'True', ['network-unavailable:NoSchedule']],
  ])('follow the condition %s=%s', (type, status, taints) => {
    const model = controlPlane();
    model.command('addNodes', { count: 2 });
    model.do((api) => {
      const node = nodeNamed(model, 'node-1');
      const others = (node.status.conditions ?? []).filter((condition) => condition.type !== type);
      const conditions = [...others, { type, status: status as 'True' }];
      api.updateStatus<Node>({ ...node, status: { ...node.status, conditions } });
    });
    expect(taintsOf(model, 'node-1')).toEqual(taints);
  });
});

describe('the health of a zone', () => {
  it.each([
    ['all nodes ready', 10, 0, 'Normal', 10],
    ['one of three lost', 2, 1, 'Normal', 10],
    ['two of three lost, too few to speak of a disruption', 1, 2, 'Normal', 10],
    ['three of five lost in a small zone: nobody is given up', 2, 3, 'PartialDisruption', undefined],
    ['45 of 100 lost', 55, 45, 'Normal', 10],
    ['55 of 100 lost: slower', 45, 55, 'PartialDisruption', 100],
    ['none ready', 0, 3, 'FullDisruption', 10],
  ])('%s', (_, ready, notReady, state, seconds) => {
    expect(zoneState(ready, notReady)).toBe(state);
    expect(evictionIntervalMs(ready, notReady)).toBe(seconds === undefined ? undefined : seconds * SECOND);
  });

  it('gives up one node in ten seconds', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 10 });
    for (const name of ['node-3', 'node-1', 'node-2']) breakNode(model, name);
    const givenUp = () =>
      model.view.list(Node).filter((node) => taintsOf(model, node.metadata.name).length === 2).length;
    model.run(50 * SECOND);
    expect(givenUp()).toBe(1);
    model.run(9 * SECOND);
    expect(givenUp()).toBe(1);
    model.run(1 * SECOND);
    expect(givenUp()).toBe(2);
    model.run(10 * SECOND);
    expect(givenUp()).toBe(3);
  });

  it('gives up nobody while no node of the cluster is ready, and starts when one returns', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 4, template: { zones: ['a', 'b'] } });
    for (let n = 1; n <= 4; n++) breakNode(model, `node-${n}`);
    model.run(120 * SECOND);
    for (let n = 1; n <= 4; n++) expect(taintsOf(model, `node-${n}`)).toEqual(['unreachable:NoSchedule']);
    mendNode(model, 'node-1');
    model.run(10 * SECOND);
    expect(taintsOf(model, 'node-1')).toEqual([]);
    for (let n = 2; n <= 4; n++) {
      expect(taintsOf(model, `node-${n}`)).toEqual(['unreachable:NoSchedule', 'unreachable:NoExecute']);
    }
  });
});

describe('a node that comes or goes', () => {
  it('is announced once', () => {
    const model = controlPlane();
    model.command('addNodes', { count: 1 });
    model.do((api) => void api.delete(nodeNamed(model, 'node-1')));
    expect(eventsAbout(model, 'Node', ['RegisteredNode', 'RemovingNode'])).toEqual([
      'RegisteredNode: Node node-1 event: Registered Node node-1 in Controller',
      'RemovingNode: Node node-1 event: Removing Node node-1 from Controller',
    ]);
  });
});
