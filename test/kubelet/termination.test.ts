import { describe, expect, it } from 'vitest';
import type { Model } from '../support/model.ts';
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

function profile(model: Model, spec: string, name = 'app'): void {
  model.create(`
apiVersion: orrery.dev/v1alpha1
kind: ImageProfile
metadata: {name: ${name}}
spec: {image: '${name}:1', pullTime: 2s, startupTime: 0s, ${spec}}
`);
}

function deletePod(model: Model, input: object = {}): void {
  model.command('deletePod', { target: { kindKey: 'Pod', namespace: 'default', name: 'web' }, ...input });
}

const WEB = `  containers: [{name: web, image: 'app:1'}]`;

describe('a pod that is deleted', () => {
  it.each([
    ['goes when its container has stopped', WEB, 'shutdownTime: 3s', {}, 13],
    ['is killed at the end of its grace period', WEB, 'shutdownTime: 1h', {}, 40],
    ['has the grace period of its spec', `  terminationGracePeriodSeconds: 5\n${WEB}`, 'shutdownTime: 1h', {}, 15],
    ['has the grace period that the request names', WEB, 'shutdownTime: 1h', { gracePeriodSeconds: 7 }, 17],
    ['has two seconds after SIGTERM at least', WEB, 'shutdownTime: 1h', { gracePeriodSeconds: 1 }, 12],
    ['goes at once when that is forced', WEB, 'shutdownTime: 1h', { force: true }, 10],
    [
      'runs its preStop hook within the grace period',
      `  containers: [{name: web, image: 'app:1', lifecycle: {preStop: {exec: {command: [sh, -c, sleep 8]}}}}]`,
      'shutdownTime: 3s',
      {},
      21,
    ],
    [
      'has two seconds left after a hook that takes all the grace',
      `  containers: [{name: web, image: 'app:1', lifecycle: {preStop: {sleep: {seconds: 30}}}}]`,
      'shutdownTime: 1h',
      {},
      42,
    ],
  ])('%s', (_, spec, behaviour, input, gone) => {
    const model = kubeletModel();
    profile(model, behaviour);
    model.create(podManifest(spec));
    seconds(model, 10);
    deletePod(model, input);
    seconds(model, 100);
    expect(statusHistory(model).at(-1)).toEqual({ at: gone, status: 'gone' });
  });

  it('goes earlier when it is deleted again with less grace', () => {
    const model = kubeletModel();
    profile(model, 'shutdownTime: 1h');
    model.create(podManifest(WEB));
    seconds(model, 10);
    deletePod(model);
    seconds(model, 15);
    deletePod(model, { gracePeriodSeconds: 4 });
    seconds(model, 18.9);
    expect(statusOf(model)).toBe('Terminating');
    seconds(model, 19);
    expect(statusOf(model)).toBe('gone');
  });

  it('gives up a pull that is under way', () => {
    const model = kubeletModel();
    model.create(podManifest(WEB));
    seconds(model, 1);
    deletePod(model);
    expect(statusOf(model)).toBe('gone');
    expect(eventsOf(model)).toEqual(['Normal Pulling Pulling image "app:1"']);
  });

  it('keeps its IP and its readiness until its containers have stopped', () => {
    const model = kubeletModel();
    profile(model, 'shutdownTime: 5s');
    model.create(podManifest(WEB));
    seconds(model, 10);
    deletePod(model);
    seconds(model, 14);
    const { status } = podNamed(model)!;
    expect(status.containerStatuses![0]).toMatchObject({ ready: true });
    expect(status.conditions!.find(({ type }) => type === 'Ready')!.status).toBe('True');
  });

  it('that finalizers hold reports how its containers ended', () => {
    const model = kubeletModel();
    profile(model, 'shutdownTime: 5s, shutdownExitCode: 0');
    model.create(podManifest(`  restartPolicy: OnFailure\n${WEB}`));
    model.do((api) => {
      const pod = podNamed(model)!;
      api.update({ ...pod, metadata: { ...pod.metadata, finalizers: ['example.com/hold'] } });
    });
    seconds(model, 4);
    deletePod(model);
    seconds(model, 60);
    expect(podNamed(model)!.status.phase).toBe('Succeeded');
    model.do((api) => {
      const pod = podNamed(model)!;
      api.update({ ...pod, metadata: { ...pod.metadata, finalizers: [] } });
    });
    expect(statusOf(model)).toBe('gone');
  });
});

describe('activeDeadlineSeconds', () => {
  it('fails the pod when its containers have stopped', () => {
    const model = kubeletModel();
    profile(model, 'shutdownTime: 5s');
    model.create(podManifest(`  activeDeadlineSeconds: 20\n${WEB}`));
    seconds(model, 24.9);
    expect(podNamed(model)!.status.phase).toBe('Running');
    seconds(model, 25);
    expect(podNamed(model)!.status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running, 25 Error');
    expect(eventsOf(model).slice(-2)).toEqual([
      'Normal DeadlineExceeded Pod was active on the node longer than the specified deadline',
      'Normal Killing Stopping container web',
    ]);
  });
});

describe('sidecars', () => {
  const SPEC = `  initContainers:
  - {name: proxy, image: 'proxy:1', restartPolicy: Always}
  - {name: logger, image: 'logger:1', restartPolicy: Always}
  containers: [{name: web, image: 'app:1'}]`;

  function withSidecars(): Model {
    const model = kubeletModel();
    profile(model, 'shutdownTime: 3s');
    profile(model, 'shutdownTime: 2s', 'proxy');
    profile(model, 'shutdownTime: 4s', 'logger');
    model.create(podManifest(SPEC));
    seconds(model, 20);
    return model;
  }

  function ended(model: Model, name: string): string | undefined {
    for (const { object } of model.versions) {
      const { status } = object as NonNullable<ReturnType<typeof podNamed>>;
      const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
      const finished = all.find((one) => one.name === name)?.state?.terminated?.finishedAt;
      if (finished) return finished.slice(17, 19);
    }
    return undefined;
  }

  it('stop after the containers, in the reverse of their order', () => {
    const model = withSidecars();
    deletePod(model);
    seconds(model, 60);
    expect(statusOf(model)).toBe('gone');
    // web at 23, logger 4 s later, proxy 2 s after that.
    expect([ended(model, 'web'), ended(model, 'logger'), ended(model, 'proxy')]).toEqual(['23', '27', '29']);
    expect(eventsOf(model).slice(-3)).toEqual([
      'Normal Killing Stopping container proxy',
      'Normal Killing Stopping container logger',
      'Normal Killing Stopping container web',
    ]);
  });

  it('are given what is left of the grace period, and two seconds at least', () => {
    const model = withSidecars();
    deletePod(model, { gracePeriodSeconds: 5 });
    seconds(model, 60);
    expect([ended(model, 'web'), ended(model, 'logger'), ended(model, 'proxy')]).toEqual(['23', '25', '27']);
  });
});
