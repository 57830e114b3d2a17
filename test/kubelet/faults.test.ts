import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/kinds/fault/types.ts';
import { probeState } from '../../src/kinds/pod/probe-schedule.ts';
import type { Model } from '../support/model.ts';
import {
  eventsOf,
  historyText,
  kubeletModel,
  podManifest,
  podNamed,
  readyHistory,
  seconds,
  statusOf,
} from './support.ts';

const PROBED = `  containers:
  - name: web
    image: app:1
    readinessProbe: {httpGet: {port: 80}, periodSeconds: 5, failureThreshold: 2}
    livenessProbe: {httpGet: {port: 80}, periodSeconds: 10, failureThreshold: 3}`;

function inject(model: Model, fault: object, duration?: string): string {
  const outcome = model.command('injectFault', { fault, duration });
  const [reference] = outcome.objects ?? [];
  if (!reference) throw new Error(outcome.errors?.[0]?.message ?? 'no fault');
  return reference.name;
}

function clear(model: Model, name: string): void {
  model.command('clearFault', { target: { kindKey: 'Fault', name } });
}

describe('a fault of a probe', () => {
  it('fails the attempts that are made while it acts', () => {
    const model = kubeletModel();
    model.create(podManifest(PROBED));
    seconds(model, 30);
    inject(model, { probe: { pods: 'app=web', type: 'READINESS', succeed: false } }, '20s');
    seconds(model, 120);
    // Attempts are made at 2, 7, 12 …: 32 and 37 fail, 52 passes.
    expect(readyHistory(model)).toBe('0 False, 2 True, 37 False, 52 True');
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running');
    expect(model.engine.pendingTimers).toBe(0);
  });

  it('lasts until it is cleared, and stays as a record', () => {
    const model = kubeletModel();
    model.create(podManifest(PROBED));
    seconds(model, 30);
    const name = inject(model, { probe: { pods: 'default/web', type: 'READINESS', succeed: false } });
    seconds(model, 41);
    clear(model, name);
    seconds(model, 100);
    expect(readyHistory(model)).toBe('0 False, 2 True, 37 False, 42 True');
    const fault = model.view.get(Fault, undefined, name)!;
    expect(fault.status.active).toBe(false);
    expect(fault.spec.endTime).toBe('2026-01-01T00:00:41.000Z');
  });

  it('of liveness has the container restarted as often as it goes on', () => {
    const model = kubeletModel();
    model.create(podManifest(PROBED));
    seconds(model, 30);
    inject(model, { probe: { pods: '*', type: 'LIVENESS', succeed: false, message: 'told to fail' } }, '60s');
    seconds(model, 200);
    // Attempts fail at 32, 42, 52; the container is gone at 53; then at 53, 63, 73, and at 74, 84 (the fault ends at 90).
    expect(podNamed(model)!.status.containerStatuses![0]!.restartCount).toBe(2);
    expect(statusOf(model)).toBe('Running');
  });

  it('can make a probe pass that would fail', () => {
    const model = kubeletModel();
    model.create(`
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: app}
spec: {image: 'app:1', pullTime: 2s, startupTime: 1h}
`);
    inject(model, { probe: { pods: 'app=web', type: 'READINESS', succeed: true } });
    inject(model, { probe: { pods: 'app=web', type: 'LIVENESS', succeed: true } });
    model.create(podManifest(PROBED));
    seconds(model, 60);
    expect(readyHistory(model)).toBe('0 False, 2 True');
  });

  it('hits only the pods, containers and times it names', () => {
    const model = kubeletModel();
    model.create(podManifest(PROBED), podManifest(PROBED, 'other'));
    seconds(model, 30);
    inject(model, { probe: { pods: 'app=other', type: 'READINESS', succeed: false } });
    inject(model, { probe: { pods: 'app=web', container: 'sidecar', type: 'READINESS', succeed: false } });
    inject(model, { probe: { pods: 'elsewhere/app=web', type: 'READINESS', succeed: false } });
    seconds(model, 60);
    expect(readyHistory(model)).toBe('0 False, 2 True');
    expect(readyHistory(model, 'other')).toBe('0 False, 2 True, 37 False');
  });

  it('leaves its marks on the counts when it is deleted', () => {
    const model = kubeletModel();
    model.create(podManifest(PROBED));
    seconds(model, 30);
    const name = inject(model, { probe: { pods: 'app=web', type: 'READINESS', succeed: false } });
    seconds(model, 60);
    const before = probeState(podNamed(model)!, 'web', 'readiness', model.view);
    expect(before).toMatchObject({ passing: false, consecutiveFailures: 6 });
    model.do((api) => api.delete(api.get(Fault, undefined, name)!));
    expect(model.view.list(Fault)).toEqual([]);
    expect(probeState(podNamed(model)!, 'web', 'readiness', model.view)).toEqual(before);
    seconds(model, 80);
    expect(readyHistory(model)).toBe('0 False, 2 True, 37 False, 62 True');
  });

  it('cannot reach into the past', () => {
    const model = kubeletModel();
    model.create(podManifest(PROBED));
    seconds(model, 30.25);
    model.create({
      apiVersion: 'orrery.dev/v1alpha1',
      kind: 'Fault',
      metadata: { name: 'early' },
      spec: { startTime: '2026-01-01T00:00:01Z', probe: { type: 'READINESS', succeed: false } },
    });
    expect(model.view.get(Fault, undefined, 'early')!.spec.startTime).toBe('2026-01-01T00:00:30.250Z');
  });
});

describe('a fault of containers', () => {
  it('makes what runs exit once', () => {
    const model = kubeletModel();
    model.create(podManifest(PROBED));
    seconds(model, 30);
    inject(model, { containerExit: { pods: 'app=web', exitCode: 9 } });
    seconds(model, 100);
    const [status] = podNamed(model)!.status.containerStatuses!;
    expect(status).toMatchObject({ restartCount: 1 });
    expect(status!.lastState!.terminated).toMatchObject({
      exitCode: 9,
      reason: 'Error',
      finishedAt: '2026-01-01T00:00:30Z',
    });
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running, 30 Error, 31 Running');
  });

  it('with a duration makes each start exit until it is over', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}]`));
    seconds(model, 30);
    inject(model, { containerExit: { pods: 'app=web' } }, '30s');
    seconds(model, 100);
    expect(historyText(model)).toBe(
      '0 ContainerCreating, 2 Running, 30 Error, 31 Running, 32 Error, 33 CrashLoopBackOff, 42 Running, 43 Error, 44 CrashLoopBackOff, 63 Running',
    );
  });

  it('for memory ends them with OOMKilled and 137', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}]`));
    seconds(model, 30);
    inject(model, { containerExit: { pods: 'web', oom: true } });
    expect(statusOf(model)).toBe('OOMKilled');
    seconds(model, 40);
    expect(podNamed(model)!.status.containerStatuses![0]!.lastState!.terminated).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
    });
  });

  it('can slow their start down', () => {
    const model = kubeletModel();
    inject(model, { latency: { component: 'container-start', delay: '12s' } });
    model.create(
      podManifest(`  containers:
  - {name: web, image: 'app:1', readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}}`),
    );
    seconds(model, 60);
    expect(readyHistory(model)).toBe('0 False, 14 True');
  });
});

describe('a node', () => {
  it('that is cut off goes on by itself and tells of it when it is back', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1', command: [sh, -c, sleep 20; exit 1]}]`));
    seconds(model, 10);
    const name = inject(model, { partition: { a: ['node-1'], b: [] } });
    seconds(model, 40);
    expect(podNamed(model)!.status.containerStatuses![0]!.restartCount).toBe(0);
    clear(model, name);
    // It exited at 22, ran again from 23 to 43.
    const [status] = podNamed(model)!.status.containerStatuses!;
    expect(status).toMatchObject({ restartCount: 1, state: { running: { startedAt: '2026-01-01T00:00:23Z' } } });
    expect(status!.lastState!.terminated!.finishedAt).toBe('2026-01-01T00:00:22Z');
    seconds(model, 44);
    expect(statusOf(model)).toBe('CrashLoopBackOff');
  });

  it('that is cut off ends a deleted pod when it hears of it', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}]`));
    seconds(model, 10);
    const name = inject(model, { partition: { a: ['node-1'], b: ['control-plane'] } });
    model.command('deletePod', { target: { kindKey: 'Pod', namespace: 'default', name: 'web' } });
    seconds(model, 100);
    expect(statusOf(model)).toBe('Terminating');
    clear(model, name);
    seconds(model, 101);
    expect(statusOf(model)).toBe('gone');
  });

  it('that was down starts its pods again in a new network', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  initContainers: [{name: first, image: 'init:1', command: [sleep, '3']}]
  containers: [{name: web, image: 'app:1'}]`),
    );
    seconds(model, 20);
    const before = podNamed(model)!.status.podIP;
    inject(model, { nodeDown: { node: 'node-1' } }, '30s');
    seconds(model, 49);
    expect(podNamed(model)!.status.containerStatuses![0]!.state!.running).toBeDefined();
    seconds(model, 60);
    const { status } = podNamed(model)!;
    expect(status.podIP).not.toBe(before);
    expect(status.initContainerStatuses![0]).toMatchObject({ restartCount: 1, ready: true });
    expect(status.containerStatuses![0]).toMatchObject({ restartCount: 1, ready: true });
    expect(status.containerStatuses![0]!.lastState!.terminated).toMatchObject({ exitCode: 255, reason: 'Unknown' });
    expect(eventsOf(model)).toContain('Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.');
  });

  it('that was down does not start again what is never restarted', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  restartPolicy: Never
  containers: [{name: web, image: 'app:1', command: [sleep, '1000']}]`),
    );
    seconds(model, 20);
    inject(model, { nodeDown: { node: 'node-1' } }, '10s');
    seconds(model, 60);
    expect(podNamed(model)!.status.phase).toBe('Failed');
  });
});

describe('bad faults', () => {
  it.each([
    [{}, 'Fault.orrery.dev', 'spec: Required value: exactly one of'],
    [{ probe: { pods: 'web', type: 'STARTING', succeed: true } }, '', 'spec.probe.type: Unsupported value: "STARTING"'],
    [{ containerExit: { pods: 'web', exitCode: 300 } }, '', 'must be between 0 and 255, inclusive'],
    [{ latency: { component: 'etcd', delay: '1s' } }, '', 'spec.latency.component: Unsupported value: "etcd"'],
    [{ latency: { component: 'image-pull', delay: 'soon' } }, '', 'must be a positive duration'],
    [{ probe: { pods: 'app in (', type: 'LIVENESS', succeed: true } }, '', 'unable to parse requirement'],
  ])('%j is refused', (fault, head, words) => {
    const outcome = kubeletModel().command('injectFault', { fault });
    expect(outcome.errors![0]!.message).toContain(head);
    expect(outcome.errors![0]!.message).toContain(words);
  });
});
