import { describe, expect, it } from 'vitest';
import { commandPlan, sleepMs } from '../../src/controllers/kubelet/command-plan.ts';
import { eventsOf, historyText, kubeletModel, podManifest, podNamed, seconds } from './support.ts';

describe('a plain command', () => {
  it.each<[string[], object | undefined]>([
    [['sleep', '30'], { runMs: 30_000, exitCode: 0 }],
    [['/bin/sleep', '1.5m'], { runMs: 90_000, exitCode: 0 }],
    [['sleep', 'infinity'], { runMs: Number.POSITIVE_INFINITY, exitCode: 0 }],
    [['/bin/false'], { runMs: 0, exitCode: 1 }],
    [['sh', '-c', 'exit 3'], { runMs: 0, exitCode: 3 }],
    [['/bin/bash', '-ec', 'echo hello; sleep 5\nexit 7'], { runMs: 5000, exitCode: 7 }],
    [['sh', '-c', 'false && sleep 100'], { runMs: 0, exitCode: 1 }],
    [['sh', '-c', 'false; sleep 10'], { runMs: 10_000, exitCode: 0 }],
    [['sh', '-c', 'exec sleep 2'], { runMs: 2000, exitCode: 0 }],
    [['sh', '-c', 'echo -n DONE > /dev/termination-log'], { runMs: 0, exitCode: 0, message: 'DONE' }],
    [['sh', '-c', 'while true; do sleep 1; done'], undefined],
    [['sh', '-c', 'sleep 5 & wait'], undefined],
    [['sh', '-c', 'curl http://web | grep ok'], undefined],
    [['nginx', '-g', 'daemon off;'], undefined],
    [['python', 'app.py'], undefined],
  ])('%j says %j', (command, expected) => {
    expect(commandPlan({ name: 'c', command })).toEqual(expected);
  });

  it('in a hook sleeps as long as it says', () => {
    expect(sleepMs(['/bin/sh', '-c', 'nginx -s quit; sleep 15'])).toBe(15_000);
    expect(sleepMs(['drain'])).toBe(0);
  });
});

describe('the termination message', () => {
  it.each([
    ['what stands in the file', `[sh, -c, 'echo -n DONE > /dev/termination-log']`, '', 'DONE'],
    [
      'what stands in the file that the container names',
      `[sh, -c, 'echo -n DONE > /tmp/log']`,
      ', terminationMessagePath: /tmp/log',
      'DONE',
    ],
    [
      'the output of a container that failed, if it asks for that',
      `[sh, -c, 'echo -n DONE; /bin/false']`,
      ', terminationMessagePolicy: FallbackToLogsOnError',
      'DONE',
    ],
    [
      'nothing of the output of one that succeeded',
      `[sh, -c, 'echo DONE']`,
      ', terminationMessagePolicy: FallbackToLogsOnError',
      undefined,
    ],
  ])('is %s', (_, command, more, message) => {
    const model = kubeletModel();
    model.create(
      podManifest(`  restartPolicy: Never
  containers: [{name: web, image: 'app:1', command: ${command}${more}}]`),
    );
    seconds(model, 5);
    expect(podNamed(model)!.status.containerStatuses![0]!.state!.terminated!.message).toBe(message);
  });
});

describe('an ephemeral container', () => {
  function debug(model: ReturnType<typeof kubeletModel>, container: object) {
    return model.command('debugPod', { target: { kindKey: 'Pod', namespace: 'default', name: 'web' }, container });
  }

  it('starts in a pod that runs, and does not count for its readiness', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}]`));
    seconds(model, 10);
    expect(debug(model, { name: 'debugger', image: 'busybox:1', command: ['sleep', '5'] }).errors).toBeUndefined();
    seconds(model, 13);
    const { status } = podNamed(model)!;
    expect(status.ephemeralContainerStatuses![0]).toMatchObject({
      name: 'debugger',
      state: { running: { startedAt: '2026-01-01T00:00:12Z' } },
    });
    seconds(model, 60);
    expect(podNamed(model)!.status.ephemeralContainerStatuses![0]).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running');
    expect(eventsOf(model).at(-1)).toBe('Normal Started Container started');
  });

  it('is refused under a name that is taken', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}]`));
    const outcome = debug(model, { name: 'web', image: 'busybox:1' });
    expect(outcome.errors![0]!.message).toBe(
      'Pod "web" is invalid: spec.ephemeralContainers[0].name: Duplicate value: "web"',
    );
  });

  it('is never changed or removed', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}]`));
    debug(model, { name: 'debugger', image: 'busybox:1' });
    model.do((api) => {
      const pod = podNamed(model)!;
      const result = api.update({ ...pod, spec: { ...pod.spec, ephemeralContainers: [] } });
      expect(result.ok).toBe(false);
    });
  });
});
