import { describe, expect, it } from 'vitest';
import { historyText, kubeletModel, podManifest, podNamed, seconds, statusOf, eventsOf } from './support.ts';

function condition(model: ReturnType<typeof kubeletModel>, type: string) {
  const { status, reason, message } = podNamed(model)!.status.conditions!.find((one) => one.type === type)!;
  return { status, reason, message };
}

describe('init containers', () => {
  const TWO = podManifest(`  initContainers:
  - {name: first, image: 'init:1', command: [sleep, '3']}
  - {name: second, image: 'init:1', command: [sleep, '4']}
  containers: [{name: web, image: 'app:1'}]`);

  it('run one after the other before the containers', () => {
    const model = kubeletModel();
    model.create(TWO);
    seconds(model, 30);
    expect(historyText(model)).toBe('0 Init:0/2, 5 Init:1/2, 9 PodInitializing, 11 Running');
  });

  it('are named in the Initialized condition while they are not done', () => {
    const model = kubeletModel();
    model.create(TWO);
    seconds(model, 6);
    expect(condition(model, 'Initialized')).toEqual({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [second]',
    });
    expect(podNamed(model)!.status.phase).toBe('Pending');
    seconds(model, 10);
    expect(condition(model, 'Initialized').status).toBe('True');
    expect(podNamed(model)!.status.initContainerStatuses!.map(({ ready }) => ready)).toEqual([true, true]);
  });

  it('that fail are tried again with the back-off of containers', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  initContainers: [{name: first, image: 'init:1', command: [sh, -c, exit 1]}]
  containers: [{name: web, image: 'app:1'}]`),
    );
    seconds(model, 20);
    expect(historyText(model)).toBe(
      '0 Init:0/1, 2 Init:Error, 4 Init:CrashLoopBackOff, 13 Init:Error, 14 Init:CrashLoopBackOff',
    );
    expect(podNamed(model)!.status.phase).toBe('Pending');
  });

  it('that fail fail a pod that is never restarted', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  restartPolicy: Never
  initContainers: [{name: first, image: 'init:1', command: [sh, -c, exit 1]}]
  containers: [{name: web, image: 'app:1'}]`),
    );
    seconds(model, 20);
    expect(statusOf(model)).toBe('Init:Error');
    expect(podNamed(model)!.status.phase).toBe('Failed');
    expect(podNamed(model)!.status.containerStatuses![0]!.state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(model.engine.pendingTimers).toBe(0);
  });
});

describe('sidecars', () => {
  it('start in their order, each after the startup probe of the one before', () => {
    const model = kubeletModel();
    model.create(
      `
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: slow}
spec: {image: 'slow:1', pullTime: 1s, startupTime: 6s}
`,
      podManifest(`  initContainers:
  - name: proxy
    image: slow:1
    restartPolicy: Always
    startupProbe: {httpGet: {port: 80}, periodSeconds: 2, failureThreshold: 30}
  - {name: migrate, image: 'init:1', command: [sleep, '1']}
  containers: [{name: web, image: 'app:1'}]`),
    );
    seconds(model, 6);
    expect(statusOf(model)).toBe('Init:0/2');
    expect(condition(model, 'Initialized').message).toBe('containers with incomplete status: [proxy migrate]');
    seconds(model, 30);
    // proxy runs from 1 and has started at 7, migrate from 9 to 10, web from 12.
    expect(historyText(model)).toBe('0 Init:0/2, 7 Init:1/2, 10 PodInitializing, 12 Running');
    expect(podNamed(model)!.status.conditions!.find(({ type }) => type === 'Ready')!.status).toBe('True');
  });

  it('are started again whenever they exit, whatever the pod says', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  restartPolicy: Never
  initContainers: [{name: proxy, image: 'proxy:1', restartPolicy: Always, command: [sh, -c, sleep 5; exit 0]}]
  containers: [{name: web, image: 'app:1', command: [sleep, '100']}]`),
    );
    seconds(model, 20);
    expect(podNamed(model)!.status.initContainerStatuses![0]).toMatchObject({ restartCount: 1 });
    expect(podNamed(model)!.status.phase).toBe('Running');
  });

  it('that are not ready keep the pod from being ready', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  initContainers:
  - name: proxy
    image: proxy:1
    restartPolicy: Always
    readinessProbe: {httpGet: {port: 80}, initialDelaySeconds: 20}
  containers: [{name: web, image: 'app:1'}]`),
    );
    seconds(model, 10);
    expect(condition(model, 'Ready').message).toBe('containers with unready status: [proxy]');
    seconds(model, 23);
    expect(condition(model, 'Ready').status).toBe('True');
  });

  it('are ended when the containers have completed, and the pod with them', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  restartPolicy: OnFailure
  initContainers: [{name: proxy, image: 'proxy:1', restartPolicy: Always}]
  containers: [{name: web, image: 'app:1', command: [sleep, '10']}]`),
    );
    seconds(model, 30);
    // web runs from 4 to 14, the sidecar ends a second later.
    expect(historyText(model)).toBe('0 Init:0/1, 2 PodInitializing, 4 Running, 14 Completed');
    expect(podNamed(model)!.status.phase).toBe('Succeeded');
    expect(eventsOf(model).at(-1)).toBe('Normal Killing Stopping container proxy');
  });
});

describe('hooks', () => {
  it('a container counts as running when its postStart hook is done, and those after it start then', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  containers:
  - name: web
    image: app:1
    lifecycle: {postStart: {exec: {command: [sh, -c, sleep 5]}}}
    readinessProbe: {httpGet: {port: 80}}
  - {name: other, image: 'app:1'}`),
    );
    seconds(model, 6);
    expect(statusOf(model)).toBe('ContainerCreating');
    seconds(model, 7);
    const [web, other] = podNamed(model)!.status.containerStatuses!;
    expect(web).toMatchObject({ ready: true, state: { running: { startedAt: '2026-01-01T00:00:02Z' } } });
    expect(other!.state!.running).toEqual({ startedAt: '2026-01-01T00:00:07Z' });
  });
});
