import { describe, expect, it } from 'vitest';
import { ConfigMap } from '../../src/kinds/configmap/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Secret } from '../../src/kinds/secret/types.ts';
import type { Kind } from '../../src/machinery/kind.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import { configMap, crash, env, kubeletModel, podNamed, podWith, seconds, secret, statusOf } from './support.ts';

const ALL = `    resources: {limits: {cpu: "1"}}
    envFrom: [{configMapRef: {name: map}}, {secretRef: {name: sealed}}]
    env:
    - {name: KEY, valueFrom: {configMapKeyRef: {name: other, key: a}}}
    - {name: SEALED_KEY, valueFrom: {secretKeyRef: {name: other, key: a}}}
    - {name: LATE, valueFrom: {configMapKeyRef: {name: late, key: a, optional: true}}}
    - {name: TIER, valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: WORDS, value: $(MAP) $(TIER)}`;

const OLD = ['MAP=1', 'SECRET=1', 'KEY=1', 'SEALED_KEY=1', 'TIER=front', 'CPU=1', 'WORDS=1 front'];
const NEW = ['MAP=2', 'MORE=2', 'SECRET=2', 'KEY=2', 'SEALED_KEY=2', 'LATE=2', 'TIER=back', 'CPU=2', 'WORDS=2 back'];

function started(): Model {
  const model = kubeletModel();
  model.create(
    configMap('map', { MAP: '1' }),
    configMap('other', { a: '1' }),
    secret('sealed', { SECRET: '1' }),
    secret('other', { a: '1' }),
    podWith(ALL),
  );
  seconds(model, 5);
  expect(env(model)).toEqual(OLD);
  return model;
}

function change<T extends KubeObject>(model: Model, kind: Kind<T>, name: string, replace: (object: T) => T): void {
  model.do((api) => {
    const result = api.update(replace(api.get(kind, 'default', name)!));
    if (!result.ok) throw new Error(result.error.message);
  });
}

/** Changes everything that the environment is made of. */
function changeAll(model: Model): void {
  change(model, ConfigMap, 'map', (map) => ({ ...map, data: { MAP: '2', MORE: '2' } }));
  change(model, ConfigMap, 'other', (map) => ({ ...map, data: { a: '2' } }));
  change(model, Secret, 'sealed', (object) => ({ ...object, data: { SECRET: 'Mg==' } }));
  change(model, Secret, 'other', (object) => ({ ...object, data: { a: 'Mg==' } }));
  change(model, Pod, 'web', (pod) => ({
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, tier: 'back' } },
  }));
  model.create(configMap('late', { a: '2' }));
  const target = { kindKey: 'Pod', namespace: 'default', name: 'web' };
  const { errors } = model.command('resizePod', {
    target,
    container: 'web',
    limits: { cpu: '2' },
    requests: { cpu: '2' },
  });
  if (errors?.[0]) throw new Error(errors[0].message);
}

function removeAll(model: Model): void {
  model.do((api) => {
    for (const name of ['map', 'other']) void api.delete(api.get(ConfigMap, 'default', name)!);
    for (const name of ['sealed', 'other']) void api.delete(api.get(Secret, 'default', name)!);
  });
}

describe('what a process was started with', () => {
  it('stays when what it came from changes, until the container is started again', () => {
    const model = started();
    changeAll(model);
    seconds(model, 100);
    expect(env(model)).toEqual(OLD);
    crash(model);
    seconds(model, 130);
    expect(statusOf(model)).toBe('Running');
    expect(podNamed(model)!.status.containerStatuses![0]!.restartCount).toBe(1);
    expect(env(model)).toEqual(NEW);
  });

  it('stays when what it came from is deleted; the next start fails', () => {
    const model = started();
    removeAll(model);
    seconds(model, 100);
    expect(env(model)).toEqual(OLD);
    crash(model);
    seconds(model, 130);
    expect(statusOf(model)).toBe('CreateContainerConfigError');
    // The process is gone, and these were its variables.
    expect(env(model)).toEqual(OLD);
  });

  it('survives a restart of the simulation, which writes nothing and waits for the same', () => {
    const model = started();
    changeAll(model);
    seconds(model, 50);
    const again = model.restarted();
    expect(again.versions).toEqual([]);
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    expect(env(again)).toEqual(OLD);
  });

  it('shares the whole data of a ConfigMap with it, and keeps single keys alone', () => {
    const model = kubeletModel();
    model.create(
      configMap('map', { MAP: '1', MORE: '2' }),
      podWith(`    envFrom: [{configMapRef: {name: map}}]
    env: [{name: A, valueFrom: {configMapKeyRef: {name: map, key: MAP}}}]`),
    );
    seconds(model, 5);
    const kept = podNamed(model)!.runtime!.containers!['web']!.environment!;
    expect(kept.configMaps!['map']).toBe(model.view.get(ConfigMap, 'default', 'map')!.data);
    model.create(
      podWith('    env: [{name: A, valueFrom: {configMapKeyRef: {name: map, key: MAP}}}]').replaceAll(
        'name: web',
        'name: one',
      ),
    );
    seconds(model, 10);
    expect(podNamed(model, 'one')!.runtime!.containers!['one']!.environment).toEqual({
      configMaps: { map: { MAP: '1' } },
    });
  });

  it('is not kept of a container without references', () => {
    const model = kubeletModel();
    model.create(
      podWith(`    command: [sleep, $(A)]
    env: [{name: A, value: "1000"}, {name: B, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]`),
    );
    seconds(model, 5);
    expect(podNamed(model)!.runtime!.containers!['web']).not.toHaveProperty('environment');
  });

  it('is what the container would get now, before it was ever started', () => {
    const model = kubeletModel();
    model.create(
      configMap('map', { a: '1' }),
      podWith(`    env:
    - {name: A, valueFrom: {configMapKeyRef: {name: map, key: a}}}
    - {name: B, valueFrom: {configMapKeyRef: {name: none, key: b}}}
    - {name: C, value: $(A)$(B)}`),
    );
    seconds(model, 5);
    expect(statusOf(model)).toBe('CreateContainerConfigError');
    expect(env(model)).toEqual(['A=1', 'B=undefined', 'C=1$(B)']);
    change(model, ConfigMap, 'map', (map) => ({ ...map, data: { a: '2' } }));
    expect(env(model)).toEqual(['A=2', 'B=undefined', 'C=2$(B)']);
  });
});

describe('variables of files', () => {
  const container = (more = '') =>
    `    env: [{name: A, valueFrom: {fileKeyRef: {volumeName: shared, path: app.env, key: A${more}}}}]`;
  const POD = podWith(container(), '  volumes: [{name: shared, emptyDir: {}}]');

  function write(model: Model, content: string): void {
    model.do((api) => {
      const pod = api.get(Pod, 'default', 'web')!;
      const volumes = { shared: { '/app.env': { content, size: content.length, at: api.now } } };
      void api.updateStatus<Pod>({ ...pod, runtime: { ...pod.runtime, volumes } });
    });
  }

  it.each<[string, string, string | undefined]>([
    ['are the values of their keys', 'A=1\nB=2\n', 'A=1'],
    ['begin at the first equals sign', 'A=b=c', 'A=b=c'],
    ['are those of the first line', 'A=1\nA=2', 'A=1'],
    ['end where a comment begins', 'A=1 # one\n', 'A=1 '],
    ['are not found by parts of keys', 'AA=1\n A=2', undefined],
    ['are not there without a value', 'A=', undefined],
    ['are not there in comments', '# A=1', undefined],
  ])('%s', (_rule, content, expected) => {
    const model = kubeletModel();
    model.create(POD);
    seconds(model, 5);
    expect(podNamed(model)!.status.containerStatuses![0]!.state!.waiting!.message).toBe("couldn't parse env file");
    write(model, content);
    seconds(model, 25);
    if (expected === undefined) {
      const path = `/var/lib/kubelet/pods/${podNamed(model)!.metadata.uid}/volumes/kubernetes.io~empty-dir/shared/app.env`;
      expect(podNamed(model)!.status.containerStatuses![0]!.state!.waiting!.message).toBe(
        `environment variable key "A" not found in file "${path}"`,
      );
    } else {
      expect(env(model)).toEqual([expected]);
      write(model, 'A=changed');
      expect(env(model)).toEqual([expected]);
    }
  });

  it('may be optional where the file is there', () => {
    const model = kubeletModel();
    model.create(podWith(container(', optional: true'), '  volumes: [{name: shared, emptyDir: {}}]'));
    seconds(model, 5);
    write(model, 'B=1');
    seconds(model, 25);
    expect(statusOf(model)).toBe('Running');
    expect(env(model)).toEqual([]);
  });

  it('are found at the next look, however long the container has waited', () => {
    const model = kubeletModel();
    model.create(POD);
    seconds(model, 1000);
    expect(model.engine.pendingTimers).toBe(0);
    write(model, 'A=1');
    seconds(model, 1016);
    expect(env(model)).toEqual(['A=1']);
    expect(statusOf(model)).toBe('Running');
  });

  it('need the volume they name', () => {
    const model = kubeletModel();
    model.create(podWith(container()));
    seconds(model, 5);
    expect(podNamed(model)!.status.containerStatuses![0]!.state!.waiting!.message).toBe(
      'cannot find the volume "shared" referenced by FileKeyRef',
    );
  });
});
