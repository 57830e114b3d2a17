import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { Fault } from '../../src/kinds/fault/types.ts';
import { nodeCondition } from '../../src/kinds/node/queries.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Model } from '../support/model.ts';
import { nodeNamed, SECOND } from './support.ts';

const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
const TARGET = { target: { kindKey: Node.key, name: 'node-1' } };

/** A node with pods whose containers take as long to stop as their image says: "stops-5s". */
function cluster(pods: { name: string; stops: string; critical?: boolean; graceSeconds?: number }[]): Model {
  const model = new Model();
  model.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } });
  for (const { name, stops, critical, graceSeconds } of pods) {
    model.create({
      apiVersion: 'orrery.dev/v1alpha1',
      kind: 'ImageProfile',
      metadata: { name },
      spec: { image: name, pullTime: '1s', startupTime: '0s', shutdownTime: stops },
    });
    model.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'kube-system' },
      spec: {
        nodeName: 'node-1',
        containers: [{ name: 'main', image: name }],
        ...(critical ? { priorityClassName: 'system-node-critical' } : {}),
        ...(graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds }),
      },
    });
  }
  model.run(20 * SECOND);
  return model;
}

function podOf(model: Model, name: string): Pod | undefined {
  return model.view.get(Pod, 'kube-system', name);
}

function isOff(model: Model): boolean {
  return model.view.list(Fault).some(({ status }) => status.active);
}

/** Seconds until the machine is off. */
function secondsUntilOff(model: Model): number {
  const start = model.engine.now;
  model.runUntil(() => isOff(model), 600 * SECOND);
  return (model.engine.now - start) / SECOND;
}

describe('a graceful shutdown', () => {
  it('says so, ends ordinary pods before critical ones, and turns the machine off', () => {
    const model = cluster([
      { name: 'web', stops: '5s' },
      { name: 'vital', stops: '3s', critical: true },
    ]);
    model.command('shutdownNode', { ...TARGET, gracePeriodSeconds: 30, criticalPodsGracePeriodSeconds: 10 });
    expect(nodeCondition(nodeNamed(model, 'node-1'), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'node is shutting down',
    });
    expect(model.view.list(Event).map(({ message }) => message)).toContain('Shutdown manager detected shutdown event');
    model.run(4.9 * SECOND);
    expect(podOf(model, 'vital')?.runtime?.terminate).toBeUndefined();
    model.run(0.1 * SECOND);
    expect(podOf(model, 'web')?.status).toMatchObject({ phase: 'Failed', reason: 'Terminated', message: MESSAGE });
    expect(podOf(model, 'web')?.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'TerminationByKubelet',
        message: MESSAGE,
      }),
    );
    expect(isOff(model)).toBe(false);
    model.run(3 * SECOND);
    expect(podOf(model, 'vital')?.status).toMatchObject({ phase: 'Failed', reason: 'Terminated' });
    expect(isOff(model)).toBe(true);
  });

  it.each<[string, Parameters<typeof cluster>[0], number]>([
    ['takes no time on an empty node', [], 0],
    ['waits no longer than the pods of a group need', [{ name: 'web', stops: '2s' }], 2],
    ['kills ordinary pods when their part of the period is over', [{ name: 'web', stops: '1h', graceSeconds: 60 }], 20],
    ["heeds a pod's own grace period where it is shorter", [{ name: 'web', stops: '1h', graceSeconds: 7 }], 7],
    ['kills critical pods when theirs is over', [{ name: 'vital', stops: '1h', critical: true, graceSeconds: 60 }], 10],
  ])('%s', (_sentence, pods, seconds) => {
    const model = cluster(pods);
    model.command('shutdownNode', { ...TARGET, gracePeriodSeconds: 30, criticalPodsGracePeriodSeconds: 10 });
    expect(secondsUntilOff(model)).toBe(seconds);
  });

  it('refuses new pods', () => {
    const model = cluster([{ name: 'web', stops: '5s' }]);
    model.command('shutdownNode', { ...TARGET, gracePeriodSeconds: 30 });
    model.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'late', namespace: 'kube-system' },
      spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'web' }] },
    });
    model.run(1000);
    expect(podOf(model, 'late')?.status).toMatchObject({
      phase: 'Failed',
      reason: 'NodeShutdown',
      message: 'Pod was rejected: Pod was rejected as the node is shutting down.',
    });
  });

  it('refuses more time for critical pods than for all', () => {
    const model = cluster([]);
    const { errors } = model.command('shutdownNode', {
      ...TARGET,
      gracePeriodSeconds: 5,
      criticalPodsGracePeriodSeconds: 10,
    });
    expect(errors?.[0]?.message).toContain('must be less than or equal to gracePeriod');
  });
});

describe('a machine that was shut down', () => {
  it('is off at once where no grace period is set', () => {
    const model = cluster([{ name: 'web', stops: '5s' }]);
    model.command('shutdownNode', TARGET);
    expect(isOff(model)).toBe(true);
    expect(podOf(model, 'web')?.status.phase).toBe('Running');
  });

  it.each([5, 120])('is ready again when it is started %i seconds later', (seconds) => {
    const model = cluster([]);
    model.command('shutdownNode', { ...TARGET, gracePeriodSeconds: 30 });
    model.run(seconds * SECOND);
    model.command('startNode', TARGET);
    expect(isOff(model)).toBe(false);
    expect(nodeCondition(nodeNamed(model, 'node-1'), 'Ready')).toMatchObject({
      status: 'True',
      reason: 'KubeletReady',
    });
    expect(nodeNamed(model, 'node-1').runtime?.shutdown).toBeUndefined();
  });

  it('is on again when its fault is cleared', () => {
    const model = cluster([]);
    model.command('shutdownNode', TARGET);
    const [fault] = model.view.list(Fault);
    model.command('clearFault', { target: { kindKey: Fault.key, name: fault?.metadata.name } });
    expect(nodeNamed(model, 'node-1').runtime?.shutdown).toBeUndefined();
  });

  it('stays on when the shutdown is called off in time', () => {
    const model = cluster([{ name: 'web', stops: '5s' }]);
    model.command('shutdownNode', { ...TARGET, gracePeriodSeconds: 30 });
    model.command('startNode', TARGET);
    model.run(60 * SECOND);
    expect(isOff(model)).toBe(false);
    expect(nodeCondition(nodeNamed(model, 'node-1'), 'Ready')?.status).toBe('True');
  });
});

it('goes on the same after a restart', () => {
  const model = cluster([
    { name: 'web', stops: '5s' },
    { name: 'vital', stops: '1h', critical: true, graceSeconds: 60 },
  ]);
  model.command('shutdownNode', { ...TARGET, gracePeriodSeconds: 30, criticalPodsGracePeriodSeconds: 10 });
  for (let step = 0; step < 10; step++) {
    const copy = model.restarted();
    expect(copy.versions).toEqual([]);
    model.run(2 * SECOND);
    copy.run(2 * SECOND);
    expect(copy.view.list(Pod)).toEqual(model.view.list(Pod));
    expect(copy.view.list(Node)).toEqual(model.view.list(Node));
  }
  expect(isOff(model)).toBe(true);
});
