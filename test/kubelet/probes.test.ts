import { describe, expect, it } from 'vitest';
import { probeResults, probeState } from '../../src/kinds/pod/probe-schedule.ts';
import type { Model } from '../support/model.ts';
import { eventsOf, historyText, kubeletModel, podManifest, podNamed, readyHistory, seconds } from './support.ts';

/** The container starts at second 2. */
function runWith(probes: string, profile = '', policy = 'Always'): Model {
  const model = kubeletModel();
  if (profile) {
    model.create(`
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: app}
spec: {image: 'app:1', pullTime: 2s, shutdownTime: 1s, ${profile}}
`);
  }
  model.create(
    podManifest(`  restartPolicy: ${policy}
  containers:
  - name: web
    image: app:1
    command: [serve]
${probes}`),
  );
  return model;
}

describe('a readiness probe', () => {
  it.each([
    ['passes at its first attempt', 'periodSeconds: 10', '', '0 False, 2 True'],
    ['is not tried before its initial delay', 'initialDelaySeconds: 7', '', '0 False, 9 True'],
    ['has to pass as often as its success threshold', 'periodSeconds: 5, successThreshold: 3', '', '0 False, 12 True'],
    ['is tried again each period until the container is up', 'periodSeconds: 4', 'startupTime: 5s', '0 False, 10 True'],
    [
      'takes a pod off after its failure threshold and puts it back after one success',
      'periodSeconds: 5, failureThreshold: 3',
      'startupTime: 0s, probes: [{from: 20s, to: 60s, succeed: false}]',
      '0 False, 2 True, 32 False, 62 True',
    ],
    [
      'does not mind failures below its threshold',
      'periodSeconds: 5, failureThreshold: 3',
      'startupTime: 0s, probes: [{from: 20s, to: 30s, succeed: false}, {from: 35s, to: 45s, succeed: false}]',
      '0 False, 2 True',
    ],
  ])('%s', (_, probe, profile, expected) => {
    const model = runWith(`    readinessProbe: {httpGet: {port: 80}, ${probe}}`, profile);
    seconds(model, 300);
    expect(readyHistory(model)).toBe(expected);
  });

  it('names the unready container in the conditions', () => {
    const model = runWith('    readinessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 30}');
    seconds(model, 10);
    const message = 'containers with unready status: [web]';
    for (const type of ['Ready', 'ContainersReady']) {
      const condition = podNamed(model)!.status.conditions!.find((candidate) => candidate.type === type);
      expect(condition).toMatchObject({ status: 'False', reason: 'ContainersNotReady', message });
    }
  });

  it('that fails for ever is told up to its threshold and costs nothing afterwards', () => {
    const model = runWith(
      '    readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1, failureThreshold: 3}',
      'startupTime: 0s, probes: [{succeed: false}]',
    );
    seconds(model, 10);
    expect(model.engine.nextTimer()).not.toBeLessThan(model.engine.now + 60_000);
    model.run(3_000_000);
    expect(eventsOf(model).at(-1)).toBe(
      'Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 503 (×3)',
    );
    const state = probeState(podNamed(model)!, 'web', 'readiness', model.view);
    expect(state).toMatchObject({ passing: false, consecutiveSuccesses: 0, consecutiveFailures: 3009 });
    expect(probeResults(podNamed(model)!, 'web', 'readiness', model.view, 2)).toEqual([
      { at: model.engine.now - 1000, success: false, message: 'HTTP probe failed with statuscode: 503' },
      { at: model.engine.now, success: false, message: 'HTTP probe failed with statuscode: 503' },
    ]);
  });
});

describe('a liveness probe', () => {
  const LIVENESS = '    livenessProbe: {exec: {command: [ok]}, periodSeconds: 5, failureThreshold: 3}';
  const DIES = 'startupTime: 0s, probes: [{from: 20s, succeed: false, message: no}]';

  it('that fails as often as its threshold has the container killed and started again', () => {
    const model = runWith(LIVENESS, DIES);
    seconds(model, 40);
    const [status] = podNamed(model)!.status.containerStatuses!;
    expect(status).toMatchObject({ restartCount: 1, ready: true });
    expect(status!.lastState!.terminated).toMatchObject({
      exitCode: 143,
      reason: 'Error',
      startedAt: '2026-01-01T00:00:02Z',
      finishedAt: '2026-01-01T00:00:33Z',
    });
    expect(status!.state!.running).toEqual({ startedAt: '2026-01-01T00:00:33Z' });
    expect(eventsOf(model).slice(4, 6)).toEqual([
      'Warning Unhealthy Liveness probe failed: no (×3)',
      'Normal Killing Container web failed liveness probe, will be restarted',
    ]);
  });

  it('ends in CrashLoopBackOff only when the wait has outgrown the runs', () => {
    const model = runWith(LIVENESS, DIES);
    seconds(model, 320);
    // Runs last 31 s: waits of 10 and 20 s are over by then, the one of 40 s is not.
    expect(historyText(model)).toBe(
      '0 ContainerCreating, 2 Running, 157 CrashLoopBackOff, 197 Running, 228 CrashLoopBackOff, 308 Running',
    );
  });

  it('gives the container its own grace period where it has one', () => {
    const model = runWith(
      '    livenessProbe: {exec: {command: [ok]}, periodSeconds: 5, failureThreshold: 1, terminationGracePeriodSeconds: 4}',
      'startupTime: 0s, shutdownTime: 20s, probes: [{from: 20s, succeed: false}]',
    );
    seconds(model, 27);
    expect(podNamed(model)!.status.containerStatuses![0]!.lastState!.terminated).toMatchObject({
      exitCode: 137,
      finishedAt: '2026-01-01T00:00:26Z',
    });
  });

  it('leaves a container of a pod that is never restarted ended', () => {
    const model = runWith(LIVENESS, `${DIES}, runTime: 1h`, 'Never');
    seconds(model, 40);
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running, 33 Error');
    expect(eventsOf(model).at(-1)).toBe('Normal Killing Container web failed liveness probe');
  });

  it('is not heeded while the pod is being ended', () => {
    const model = runWith(LIVENESS, `${DIES}, shutdownTime: 29s`);
    seconds(model, 21);
    model.command('deletePod', { target: { kindKey: 'Pod', namespace: 'default', name: 'web' } });
    seconds(model, 49);
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running, 21 Terminating');
    expect(eventsOf(model).at(-1)).toBe('Normal Killing Stopping container web');
  });
});

describe('a startup probe', () => {
  const PROBES = `    startupProbe: {httpGet: {port: 80}, periodSeconds: 10, failureThreshold: 30}
    livenessProbe: {httpGet: {port: 80}, periodSeconds: 1, failureThreshold: 1}
    readinessProbe: {httpGet: {port: 80}, periodSeconds: 5}`;

  it('holds the other probes back until it passes', () => {
    const model = runWith(PROBES, 'startupTime: 95s');
    seconds(model, 100);
    expect(podNamed(model)!.status.containerStatuses![0]).toMatchObject({ started: false, ready: false });
    seconds(model, 102);
    expect(podNamed(model)!.status.containerStatuses![0]).toMatchObject({
      started: true,
      ready: true,
      restartCount: 0,
    });
    expect(readyHistory(model)).toBe('0 False, 102 True');
  });

  it('that never passes has the container killed after its threshold', () => {
    const model = runWith(
      '    startupProbe: {grpc: {port: 80}, periodSeconds: 3, failureThreshold: 4}',
      'startupTime: 1h',
    );
    seconds(model, 11.5);
    expect(eventsOf(model).slice(4, 6)).toEqual([
      expect.stringMatching(
        /^Warning Unhealthy Startup probe failed: timeout: failed to connect service "[\d.]+:80" within 1s: context deadline exceeded \(×4\)$/,
      ),
      'Normal Killing Container web failed startup probe, will be restarted',
    ]);
    seconds(model, 12);
    expect(podNamed(model)!.status.containerStatuses![0]!.restartCount).toBe(1);
  });

  it('is not tried again once it has passed', () => {
    const model = runWith('    startupProbe: {httpGet: {port: 80}, periodSeconds: 3}', 'startupTime: 4s');
    seconds(model, 1000);
    expect(probeState(podNamed(model)!, 'web', 'startup', model.view)).toEqual({
      passing: true,
      consecutiveSuccesses: 1,
      consecutiveFailures: 0,
      lastRunAt: model.engine.now - 992_000,
      nextRunAt: undefined,
    });
    expect(probeResults(podNamed(model)!, 'web', 'startup', model.view, 10).map(({ success }) => success)).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('readiness gates', () => {
  it('keep a pod from being ready until their conditions are true', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  readinessGates: [{conditionType: example.com/open}]
  containers: [{name: web, image: 'app:1'}]`),
    );
    seconds(model, 10);
    const ready = () => podNamed(model)!.status.conditions!.find(({ type }) => type === 'Ready');
    expect(ready()).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/open" does not exist.',
    });
    const setGate = (status: 'False' | 'True') =>
      model.do((api) => {
        const pod = podNamed(model)!;
        const others = pod.status.conditions!.filter(({ type }) => type !== 'example.com/open');
        const conditions = [...others, { type: 'example.com/open', status }];
        api.updateStatus({ ...pod, status: { ...pod.status, conditions } });
      });
    setGate('False');
    expect(ready()!.message).toBe('the status of pod readiness gate "example.com/open" is not "True", but False');
    setGate('True');
    expect(ready()!.status).toBe('True');
    expect(podNamed(model)!.status.conditions![0]!.type).toBe('example.com/open');
  });
});

describe('an idle pod', () => {
  it('with all three probes sets no timer', () => {
    const model = runWith(`    startupProbe: {httpGet: {port: 80}}
    livenessProbe: {httpGet: {port: 80}}
    readinessProbe: {httpGet: {port: 80}}`);
    seconds(model, 60);
    const versions = model.versions.length;
    expect(model.engine.pendingTimers).toBe(0);
    model.run(30 * 60_000);
    expect(model.versions.length).toBe(versions);
  });
});
