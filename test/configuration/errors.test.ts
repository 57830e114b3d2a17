import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { eventsOf, historyText } from '../kubelet/support.ts';
import type { Model } from '../support/model.ts';
import {
  configMap,
  crash,
  env,
  kubeletModel,
  podManifest,
  podNamed,
  podWith,
  seconds,
  secret,
  statusOf,
} from './support.ts';

const KEY = '    env: [{name: A, valueFrom: {configMapKeyRef: {name: map, key: a}}}]';

function waitingMessage(model: Model, container = 0): string | undefined {
  return podNamed(model)!.status.containerStatuses![container]!.state!.waiting?.message;
}

describe('a container that cannot be created', () => {
  it.each<[string, string, object[], string]>([
    [
      'names the first source that is missing',
      'envFrom: [{configMapRef: {name: map}}, {secretRef: {name: none}}, {configMapRef: {name: none}}]',
      [configMap('map', {})],
      'secret "none" not found',
    ],
    [
      'looks at whole sources before single keys',
      `env: [{name: A, valueFrom: {configMapKeyRef: {name: one, key: a}}}]
    envFrom: [{configMapRef: {name: two}}]`,
      [],
      'configmap "two" not found',
    ],
    [
      'finds no variable in binary data',
      'env: [{name: A, valueFrom: {configMapKeyRef: {name: map, key: bytes}}}]',
      [configMap('map', {}, { binaryData: { bytes: 'AAEC' } })],
      "couldn't find key bytes in ConfigMap default/map",
    ],
    [
      'takes no key for there because every object has it',
      'env: [{name: A, valueFrom: {configMapKeyRef: {name: map, key: constructor}}}]',
      [configMap('map', {})],
      "couldn't find key constructor in ConfigMap default/map",
    ],
    [
      'names the key that a Secret lacks',
      'env: [{name: A, valueFrom: {secretKeyRef: {name: sealed, key: a.b}}}]',
      [secret('sealed', { other: 'x' })],
      "couldn't find key a.b in Secret default/sealed",
    ],
    [
      'needs a Secret whose key alone is not optional',
      'env: [{name: A, valueFrom: {secretKeyRef: {name: none, key: a, optional: false}}}]',
      [],
      'secret "none" not found',
    ],
    [
      'names a container whose resources it asks for and that is not there',
      'env: [{name: A, valueFrom: {resourceFieldRef: {containerName: other, resource: limits.cpu}}}]',
      [],
      'container other not found',
    ],
  ])('%s', (_rule, container, objects, message) => {
    const model = kubeletModel();
    model.create(...(objects as []), podWith(`    ${container}`));
    seconds(model, 5);
    expect(statusOf(model)).toBe('CreateContainerConfigError');
    expect(waitingMessage(model)).toBe(message);
    expect(eventsOf(model).at(-1)).toBe(`Warning Failed Error: ${message}`);
  });

  it('finds objects of its own namespace only', () => {
    const model = kubeletModel();
    model.do((api) => void api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } }));
    model.create({ ...configMap('map', { a: '1' }), metadata: { name: 'map', namespace: 'other' } }, podWith(KEY));
    seconds(model, 5);
    expect(waitingMessage(model)).toBe('configmap "map" not found');
  });

  it('says the next thing that is missing when the first is there', () => {
    const model = kubeletModel();
    model.create(podWith(KEY));
    seconds(model, 5);
    model.create(configMap('map', { b: '1' }));
    seconds(model, 20);
    expect(waitingMessage(model)).toBe("couldn't find key a in ConfigMap default/map");
    model.do((api) => {
      const map = api.get(ConfigMap, 'default', 'map')!;
      void api.update<ConfigMap>({ ...map, data: { a: '1' } });
    });
    seconds(model, 40);
    expect(statusOf(model)).toBe('Running');
    expect(env(model)).toEqual(['A=1']);
  });

  it('is looked at again together with the other containers of its pod, each after its image', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  containers:
  - {name: one, image: 'app:1', envFrom: [{configMapRef: {name: map}}]}
  - {name: two, image: 'app:1'}
  - {name: three, image: 'app:1', envFrom: [{configMapRef: {name: map}}]}`),
    );
    seconds(model, 5);
    expect(podNamed(model)!.status.containerStatuses!.map(({ state }) => Object.keys(state!)[0])).toEqual([
      'waiting',
      'running',
      'waiting',
    ]);
    model.create(configMap('map', {}));
    seconds(model, 30);
    const starts = podNamed(model)!.status.containerStatuses!.map(({ state }) => state!.running?.startedAt);
    expect(starts[0]).toBe(starts[2]);
    expect(starts[0]).not.toBe(starts[1]);
  });

  it('has its image looked up each time where that is to be pulled always', () => {
    const model = kubeletModel();
    model.create(podWith(`    imagePullPolicy: Always\n${KEY}`));
    seconds(model, 30);
    model.create(configMap('map', { a: '1' }));
    seconds(model, 60);
    expect(statusOf(model)).toBe('Running');
    const pulling = eventsOf(model).find((event) => event.includes('Pulling'));
    expect(pulling).toMatch(/^Normal Pulling Pulling image "app:1" \(×[34]\)$/);
    expect(podNamed(model)!.runtime!.containers!['web']).not.toHaveProperty('configError');
  });

  it('holds up what comes after it where it is an init container', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`  initContainers: [{name: first, image: 'app:1', envFrom: [{configMapRef: {name: map}}]}]
  containers: [{name: web, image: 'app:1'}]`),
    );
    seconds(model, 5);
    expect(statusOf(model)).toBe('Init:CreateContainerConfigError');
    model.create(configMap('map', {}));
    seconds(model, 30);
    expect(statusOf(model)).toBe('Running');
  });

  it('goes without delay when its pod is deleted', () => {
    const model = kubeletModel();
    model.create(podWith(KEY));
    seconds(model, 5);
    model.command('deleteObject', { target: { kindKey: 'Pod', namespace: 'default', name: 'web' } });
    expect(podNamed(model)).toBeUndefined();
    expect(model.engine.pendingTimers).toBe(0);
  });

  it('keeps its count of restarts when it ran before', () => {
    const model = kubeletModel();
    model.create(configMap('map', { a: '1' }), podWith(KEY));
    seconds(model, 10);
    model.do((api) => void api.delete(api.get(ConfigMap, 'default', 'map')!));
    crash(model);
    seconds(model, 14);
    expect(historyText(model)).toBe('0 ContainerCreating, 2 Running, 10 Error, 11 CreateContainerConfigError');
    expect(podNamed(model)!.status.containerStatuses![0]).toMatchObject({
      restartCount: 0,
      lastState: { terminated: { exitCode: 1 } },
    });
    model.create(configMap('map', { a: '2' }));
    seconds(model, 30);
    expect(podNamed(model)!.status.containerStatuses![0]).toMatchObject({ restartCount: 1, ready: true });
    expect(env(model)).toEqual(['A=2']);
  });

  it('waits for the same after a restart of the simulation, wherever that happens', () => {
    const model = kubeletModel();
    model.create(podWith(KEY));
    for (const at of [5, 13, 100, 400]) {
      seconds(model, at);
      const again = model.restarted();
      expect(again.versions).toEqual([]);
      expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    }
    model.create(configMap('map', { a: '1' }));
    const again = model.restarted();
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    seconds(model, 420);
    seconds(again, 420);
    expect(statusOf(again)).toBe('Running');
    expect(podNamed(again)).toEqual(podNamed(model));
  });

  it('costs nothing once nothing more is to be seen of its attempts', () => {
    const model = kubeletModel();
    model.create(podWith(KEY));
    seconds(model, 300);
    expect(model.engine.pendingTimers).toBe(0);
    const written = model.versions.length;
    model.create(configMap('unrelated', {}));
    // Before the events expire.
    seconds(model, 3000);
    expect(model.versions.length).toBe(written + 1);
  });
});
