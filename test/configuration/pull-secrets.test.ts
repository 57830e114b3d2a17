import { describe, expect, it } from 'vitest';
import { eventsOf } from '../kubelet/support.ts';
import { kubeletModel, podWith, seconds, secret } from './support.ts';

const POD = podWith('', '  imagePullSecrets: [{name: here}, {name: gone}, {name: ""}, {name: lost}]');
const WARNING =
  'Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (gone, lost); attempting to pull the image may not succeed.';

describe('Secrets to pull images with', () => {
  it('are not missed by a pull that needs none', () => {
    const model = kubeletModel();
    model.create(secret('here', {}), POD);
    seconds(model, 10);
    expect(eventsOf(model).filter((event) => event.startsWith('Warning'))).toEqual([]);
  });

  it('are named where they are not there and the pull fails, each time', () => {
    const model = kubeletModel();
    model.command('injectFault', { fault: { imagePull: { image: 'app', message: 'denied' } } });
    model.create(secret('here', {}), POD);
    seconds(model, 5);
    const events = eventsOf(model).slice(eventsOf(model).findIndex((event) => event.includes('Failed to pull')));
    expect(events).toEqual([
      'Warning Failed Failed to pull image "app:1": denied',
      'Warning Failed Error: ErrImagePull',
      WARNING,
      'Normal BackOff Back-off pulling image "app:1"',
      'Warning Failed Error: ImagePullBackOff',
    ]);
    seconds(model, 15);
    expect(eventsOf(model)).toContain(`${WARNING} (×2)`);
  });
});
