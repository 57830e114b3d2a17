import { describe, expect, it } from 'vitest';
import { Node } from '../../src/kinds/node/types.ts';
import type { Model } from '../support/model.ts';
import { eventsOf, historyText, kubeletModel, podManifest, podNamed, seconds, statusOf } from './support.ts';

const WEB = podManifest(`  containers: [{name: web, image: 'app:1'}]`);

function breakPulls(model: Model, duration?: string): void {
  model.command('injectFault', { fault: { imagePull: { image: 'app' } }, duration });
}

describe('pulling an image', () => {
  it('takes its time once on a node, and none when it is there', () => {
    const model = kubeletModel();
    model.create(WEB);
    seconds(model, 10);
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}]`, 'second'));
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running');
    expect(statusOf(model, 'second')).toBe('Running');
    expect(eventsOf(model, 'second')[0]).toBe(
      'Normal Pulled Container image "app:1" already present on machine and can be accessed by the pod',
    );
    const images = model.view.get(Node, undefined, 'node-1')!.status.images!;
    expect(images.map(({ names }) => names!.at(-1))).toEqual(['app:1']);
  });

  it('with policy Always asks the registry each time, which takes less than a second', () => {
    const model = kubeletModel();
    model.create(WEB);
    seconds(model, 10);
    model.create(podManifest(`  containers: [{name: web, image: 'app:1', imagePullPolicy: Always}]`, 'second'));
    expect(statusOf(model, 'second')).toBe('ContainerCreating');
    seconds(model, 11);
    expect(statusOf(model, 'second')).toBe('Running');
  });

  it('with policy Never refuses an image that is not there', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1', imagePullPolicy: Never}]`));
    const message = 'Container image "app:1" is not present with pull policy of Never';
    expect(podNamed(model)!.status.containerStatuses![0]!.state).toEqual({
      waiting: { reason: 'ErrImageNeverPull', message },
    });
    expect(eventsOf(model)).toEqual([
      `Warning ErrImageNeverPull ${message}`,
      'Warning Failed Error: ErrImageNeverPull',
    ]);
    expect(podNamed(model)!.status.phase).toBe('Pending');
  });

  it('refuses a reference that is none', () => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'App:1'}]`));
    expect(statusOf(model)).toBe('InvalidImageName');
    expect(eventsOf(model)).toEqual([
      'Warning InspectFailed Failed to apply default image tag "App:1": couldn\'t parse image name "App:1": invalid reference format',
      'Warning Failed Error: InvalidImageName',
    ]);
  });

  it('that fails is tried again after 10, 20, 40, 80, 160, 300 and 300 s', () => {
    const model = kubeletModel();
    breakPulls(model);
    model.create(WEB);
    model.run(1_000_000);
    const pulls = model.versions
      .filter(({ kindKey, object }) => kindKey === 'Event' && (object as { reason?: string }).reason === 'Pulling')
      .map(({ time }) => (time - model.versions[0]!.time) / 1000);
    expect(pulls).toEqual([0, 10.5, 31, 71.5, 152, 312.5, 613, 913.5]);
  });

  it('that fails shows ErrImagePull, then ImagePullBackOff, in the words of the kubelet', () => {
    const model = kubeletModel();
    breakPulls(model);
    model.create(WEB);
    seconds(model, 5);
    expect(historyText(model)).toBe('0 ContainerCreating, 0.5 ErrImagePull, 1.5 ImagePullBackOff');
    const name = 'docker.io/library/app:1';
    const error = `rpc error: code = NotFound desc = failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`;
    expect(podNamed(model)!.status.containerStatuses![0]!.state!.waiting).toEqual({
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "app:1": ErrImagePull: ${error}`,
    });
    expect(eventsOf(model)).toEqual([
      'Normal Pulling Pulling image "app:1"',
      `Warning Failed Failed to pull image "app:1": ${error}`,
      'Warning Failed Error: ErrImagePull',
      'Normal BackOff Back-off pulling image "app:1"',
      'Warning Failed Error: ImagePullBackOff',
    ]);
    expect(model.engine.pendingTimers).toBe(0);
  });

  it('succeeds at the next try after the fault is over', () => {
    const model = kubeletModel();
    breakPulls(model, '12s');
    model.create(WEB);
    seconds(model, 60);
    expect(historyText(model)).toBe(
      '0 ContainerCreating, 0.5 ErrImagePull, 1.5 ImagePullBackOff, 11 ErrImagePull, 12 ImagePullBackOff, 33 Running',
    );
  });

  it('goes on with the other containers of the pod', () => {
    const model = kubeletModel();
    breakPulls(model);
    model.create(podManifest(`  containers: [{name: web, image: 'app:1'}, {name: other, image: 'other:1'}]`));
    seconds(model, 5);
    const [web, other] = podNamed(model)!.status.containerStatuses!;
    expect(web!.state!.waiting!.reason).toBe('ImagePullBackOff');
    expect(other!.state!.running).toEqual({ startedAt: '2026-01-01T00:00:02Z' });
    expect(podNamed(model)!.status.phase).toBe('Pending');
  });
});

describe('a new image', () => {
  function setImage(model: Model, image: string): void {
    model.do((api) => {
      const pod = podNamed(model)!;
      const containers = pod.spec.containers.map((container) => ({ ...container, image }));
      const result = api.update({ ...pod, spec: { ...pod.spec, containers } });
      if (!result.ok) throw new Error(result.error.message);
    });
  }

  it('has the container ended and started from it', () => {
    const model = kubeletModel();
    model.create(WEB);
    seconds(model, 10);
    setImage(model, 'app:2');
    expect(podNamed(model)!.status.containerStatuses![0]!.image).toBe('app:1');
    seconds(model, 20);
    expect(podNamed(model)!.status.containerStatuses![0]).toMatchObject({
      image: 'app:2',
      imageID: expect.stringMatching(/^docker\.io\/library\/app@sha256:/),
      restartCount: 1,
      state: { running: { startedAt: '2026-01-01T00:00:13Z' } },
    });
    expect(eventsOf(model)).toContain('Normal Killing Container web definition changed, will be restarted');
    expect(podNamed(model)!.status.observedGeneration).toBe(2);
  });

  it('is pulled at once where the old one was waited for', () => {
    const model = kubeletModel();
    model.command('injectFault', { fault: { imagePull: { image: 'app:1' } } });
    model.create(WEB);
    seconds(model, 5);
    setImage(model, 'app:2');
    seconds(model, 7);
    expect(statusOf(model)).toBe('Running');
  });
});
