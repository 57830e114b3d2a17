import { describe, expect, it } from 'vitest';
import { START_MS } from '../support/model.ts';
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

const config = (data: Record<string, string>, kind = 'ConfigMap') => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'settings', namespace: 'default' },
  ...(kind === 'Secret' ? { type: 'Opaque' } : {}),
  data,
});

describe('a container whose environment names what is not there', () => {
  it.each([
    ['envFrom: [{configMapRef: {name: settings}}]', 'configmap "settings" not found'],
    ['envFrom: [{secretRef: {name: settings}}]', 'secret "settings" not found'],
    ['env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}]', 'configmap "settings" not found'],
    ['env: [{name: A, valueFrom: {secretKeyRef: {name: settings, key: a}}}]', 'secret "settings" not found'],
  ])('%s waits in CreateContainerConfigError: %s', (environment, message) => {
    const model = kubeletModel();
    model.create(podManifest(`  containers: [{name: web, image: 'app:1', ${environment}}]`));
    seconds(model, 3600);
    expect(podNamed(model)!.status.containerStatuses![0]!.state).toEqual({
      waiting: { reason: 'CreateContainerConfigError', message },
    });
    // As many as the event recorder lets pass: 25 events, with the two of the pull and one for each look at the image.
    expect(eventsOf(model).slice(2)).toEqual([
      `Warning Failed Error: ${message} (×12)`,
      'Normal Pulled Container image "app:1" already present on machine and can be accessed by the pod (×11)',
    ]);
    expect(model.engine.pendingTimers).toBe(0);
  });

  it.each([
    ['ConfigMap', "couldn't find key b in ConfigMap default/settings"],
    ['Secret', "couldn't find key b in Secret default/settings"],
  ])('says so when it is a key of a %s', (kind, message) => {
    const model = kubeletModel();
    const reference = kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef';
    model.create(
      config({ a: 'MQ==' }, kind),
      podManifest(`  containers:
  - {name: web, image: 'app:1', env: [{name: B, valueFrom: {${reference}: {name: settings, key: b}}}]}`),
    );
    seconds(model, 10);
    expect(podNamed(model)!.status.containerStatuses![0]!.state!.waiting!.message).toBe(message);
  });

  it('starts at the next look after it appears, 10 to 15 s after the one before', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  containers: [{name: web, image: 'app:1', envFrom: [{configMapRef: {name: settings}}]}]`),
    );
    seconds(model, 100);
    model.create(config({}));
    expect(model.engine.pendingTimers).toBe(1);
    expect(statusOf(model)).toBe('CreateContainerConfigError');
    seconds(model, 115);
    const [, , running] = statusHistory(model);
    expect(running?.status).toBe('Running');
    expect(running!.at).toBeGreaterThan(100);
    const looks = model.versions.filter(
      ({ kindKey, object }) =>
        kindKey === 'Event' && 'message' in object && String(object.message).startsWith('Error: '),
    );
    const times = [...looks.map(({ time }) => (time - START_MS) / 1000), running!.at];
    for (let index = 1; index < times.length; index++) {
      expect(times[index]! - times[index - 1]!).toBeGreaterThanOrEqual(10);
      expect(times[index]! - times[index - 1]!).toBeLessThanOrEqual(15);
    }
  });

  it('starts without what is optional', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  containers:
  - {name: web, image: 'app:1', envFrom: [{configMapRef: {name: settings, optional: true}}]}`),
    );
    seconds(model, 3);
    expect(statusOf(model)).toBe('Running');
  });
});

describe('a pod whose volumes name what is not there', () => {
  const POD = podManifest(`  volumes: [{name: config, configMap: {name: settings}}]
  containers: [{name: web, image: 'app:1', volumeMounts: [{name: config, mountPath: /etc/app}]}]`);

  it('stays in ContainerCreating without a network of its own', () => {
    const model = kubeletModel();
    model.create(POD);
    seconds(model, 3600);
    expect(statusOf(model)).toBe('ContainerCreating');
    expect(eventsOf(model)).toEqual([
      'Warning FailedMount MountVolume.SetUp failed for volume "config" : configmap "settings" not found (×25)',
    ]);
    expect(model.engine.pendingTimers).toBe(0);
    const pod = podNamed(model)!;
    expect(pod.status.podIP).toBeUndefined();
    expect(pod.status.conditions![0]).toMatchObject({ type: 'PodReadyToStartContainers', status: 'False' });
  });

  it('is looked at again after half a second, and then after twice as long each time', () => {
    const model = kubeletModel();
    model.create(POD);
    seconds(model, 600);
    const times = model.versions
      .filter(({ object }) => 'reason' in object && object.reason === 'FailedMount')
      .map(({ time }) => (time - START_MS) / 1000);
    expect(times).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 63.5, 127.5, 249.5, 371.5, 493.5]);
  });

  it.each([
    [50, 63.5],
    [0.2, 0.5],
    [3600, 3665.5],
  ])('goes on at the next look when it appears after %d s', (appears, mounted) => {
    const model = kubeletModel();
    model.create(POD);
    seconds(model, appears);
    model.create(config({ a: '1' }));
    expect(model.engine.pendingTimers).toBe(1);
    const copy = model.restarted();
    expect(copy.versions).toEqual([]);
    for (const one of [model, copy]) {
      seconds(one, appears + 200);
      expect(historyText(one)).toContain(`${mounted + 2} Running`);
      expect(podNamed(one)!.status.podIP).toMatch(/^10\./);
    }
  });

  it('says of every volume what it lacks', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  volumes: [{name: one, configMap: {name: settings}}, {name: two, secret: {secretName: settings}}]
  containers: [{name: web, image: 'app:1'}]`),
    );
    expect(eventsOf(model)).toEqual([
      'Warning FailedMount MountVolume.SetUp failed for volume "one" : configmap "settings" not found',
      'Warning FailedMount MountVolume.SetUp failed for volume "two" : secret "settings" not found',
    ]);
  });

  it('misses keys that it names', () => {
    const model = kubeletModel();
    model.create(
      config({ a: '1' }),
      podManifest(`  volumes: [{name: config, configMap: {name: settings, items: [{key: b, path: b}]}}]
  containers: [{name: web, image: 'app:1'}]`),
    );
    expect(eventsOf(model)).toEqual([
      'Warning FailedMount MountVolume.SetUp failed for volume "config" : configmap references non-existent config key: b',
    ]);
  });
});
