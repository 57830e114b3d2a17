import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  historyText,
  kubeletModel,
  podManifest,
  podNamed,
  seconds,
  statusHistory,
  statusOf,
} from './support.ts';

const FAILS = podManifest(`  containers: [{name: web, image: 'app:1', command: [sh, -c, exit 3]}]`);

describe('a container that fails at once', () => {
  it('is started again after 1 s, then after 10, 20, 40, 80, 160, 300 and 300 s', () => {
    const model = kubeletModel();
    model.create(FAILS);
    model.run(1_200_000);
    const starts = model.versions
      .filter(({ kindKey, object }) => kindKey === 'Event' && (object as { reason?: string }).reason === 'Started')
      .map(({ time }) => (time - model.versions[0]!.time) / 1000);
    expect(starts).toEqual([2, 3, 13, 33, 73, 153, 313, 613, 913]);
  });

  it('shows Error, then CrashLoopBackOff, in kubectl', () => {
    const model = kubeletModel();
    model.create(FAILS);
    model.run(20_000);
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Error, 4 CrashLoopBackOff, 13 Error, 14 CrashLoopBackOff');
  });

  it('waits in the words of the kubelet and keeps how it ended', () => {
    const model = kubeletModel();
    model.create(FAILS);
    model.run(20_000);
    const pod = podNamed(model)!;
    const [status] = pod.status.containerStatuses!;
    const title = `web_default(${pod.metadata.uid})`;
    expect(status!.state).toEqual({
      waiting: {
        reason: 'CrashLoopBackOff',
        message: `back-off 20s restarting failed container=web pod=${title}`,
      },
    });
    expect(status!.lastState!.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(status!.restartCount).toBe(2);
    expect(pod.status.phase).toBe('Running');
    expect(eventsOf(model)).toEqual([
      'Normal Pulling Pulling image "app:1"',
      expect.stringMatching(
        /^Normal Pulled Successfully pulled image "app:1" in 2s \(2s including waiting\)\. Image size: \d+ bytes\.$/,
      ),
      'Normal Created Container created (×3)',
      'Normal Started Container started (×3)',
      'Normal Pulled Container image "app:1" already present on machine and can be accessed by the pod (×2)',
      `Warning BackOff Back-off restarting failed container web in pod ${title} (×2)`,
    ]);
  });

  it('begins again at 10 s when it has run for more than ten minutes', () => {
    const model = kubeletModel();
    model.create(`
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: app}
spec: {image: 'app:1', runTime: 601s, exitCode: 1, pullTime: 2s}
`);
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}]`));
    seconds(model, 604);
    expect(statusOf(model)).toBe('Running');
    // The second failure follows a run of 601 s: the wait of 10 s that was counted has expired.
    seconds(model, 1205.5);
    expect(statusOf(model)).toBe('Error');
    seconds(model, 1206);
    expect(statusOf(model)).toBe('Running');
  });

  it('waits no longer than the kubelet of the cluster is told to', () => {
    const model = kubeletModel({ settings: { maxContainerRestartPeriodMs: 20_000 } });
    model.create(FAILS);
    model.run(120_000);
    const waits = statusHistory(model).filter(({ status }) => status === 'Error');
    expect(waits.map(({ at }) => at)).toEqual([2, 13, 33, 53, 73, 93, 113]);
  });

  it('does not keep a cluster from being at rest while it only waits', () => {
    const model = kubeletModel();
    model.create(FAILS);
    model.run(5000);
    expect(statusOf(model)).toBe('CrashLoopBackOff');
    expect(model.engine.pendingTimers).toBe(0);
  });
});

describe('the restart policy', () => {
  it.each([
    ['Always', 0, 'CrashLoopBackOff', 'Running'],
    ['Always', 1, 'CrashLoopBackOff', 'Running'],
    ['OnFailure', 0, 'Completed', 'Succeeded'],
    ['OnFailure', 1, 'CrashLoopBackOff', 'Running'],
    ['Never', 0, 'Completed', 'Succeeded'],
    ['Never', 1, 'Error', 'Failed'],
  ])('%s after exit code %i gives %s and phase %s', (policy, code, status, phase) => {
    const model = kubeletModel();
    model.create(
      podManifest(`  restartPolicy: ${policy}
  containers: [{name: web, image: 'app:1', command: [sh, -c, exit ${code}]}]`),
    );
    model.run(10_000);
    expect(statusOf(model)).toBe(status);
    expect(podNamed(model)!.status.phase).toBe(phase);
  });

  it('of a container overrides that of its pod, and its rules override both', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  restartPolicy: Never
  containers:
  - {name: main, image: 'app:1', command: [sh, -c, sleep 3600]}
  - name: retried
    image: 'app:1'
    command: [sh, -c, exit 42]
    restartPolicy: Never
    restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]
  - {name: always, image: 'app:1', command: [sh, -c, exit 0], restartPolicy: Always}
  - {name: once, image: 'app:1', command: [sh, -c, exit 7]}`),
    );
    model.run(10_000);
    const counts = podNamed(model)!.status.containerStatuses!.map(({ name, restartCount }) => [name, restartCount]);
    expect(Object.fromEntries(counts)).toEqual({ main: 0, retried: 1, always: 1, once: 0 });
    expect(podNamed(model)!.status.phase).toBe('Running');
  });

  it('leaves a pod that has completed with the conditions of one', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  restartPolicy: Never
  containers: [{name: web, image: 'app:1', command: [sleep, '5']}]`),
    );
    model.run(10_000);
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running, 7 Completed');
    const conditions = podNamed(model)!.status.conditions!.map(({ type, status, reason }) => [type, status, reason]);
    expect(conditions).toEqual([
      ['PodReadyToStartContainers', 'False', undefined],
      ['Initialized', 'True', 'PodCompleted'],
      ['Ready', 'False', 'PodCompleted'],
      ['ContainersReady', 'False', 'PodCompleted'],
      ['PodScheduled', 'True', undefined],
    ]);
    expect(model.engine.pendingTimers).toBe(0);
  });
});
