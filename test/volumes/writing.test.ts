import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { podUsage } from '../../src/kinds/imageprofile/queries.ts';
import { MAX_FILES } from '../../src/machinery/file-tree.ts';
import { eventsOf, kubeletModel, podManifest, podNamed, statusOf } from '../kubelet/support.ts';
import type { Model } from '../support/model.ts';
import { all, list, read, remove, write } from './support.ts';

function started(volumes: string, mounts: string, more = ''): Model {
  const model = kubeletModel();
  model.create(
    podManifest(`
  volumes: [${volumes}]
  containers:
  - {name: app, image: 'app:1', volumeMounts: [${mounts}], ${more}}
  - {name: other, image: 'app:1'}`),
  );
  model.run(10_000);
  expect(statusOf(model)).toBe('Running');
  return model;
}

const EMPTY = '{name: vol, emptyDir: {}}';

describe('where a container may write', () => {
  it.each([
    ['its own file system', EMPTY, '{name: vol, mountPath: /vol}', '', '/own', 'ok'],
    [
      'its own file system when that is read-only',
      EMPTY,
      '{name: vol, mountPath: /vol}',
      'securityContext: {readOnlyRootFilesystem: true}',
      '/own',
      '/own: Read-only file system',
    ],
    [
      'a volume when its own file system is read-only',
      EMPTY,
      '{name: vol, mountPath: /vol}',
      'securityContext: {readOnlyRootFilesystem: true}',
      '/vol/a',
      'ok',
    ],
    [
      'a read-only mount',
      EMPTY,
      '{name: vol, mountPath: /vol, readOnly: true}',
      '',
      '/vol/a',
      '/vol/a: Read-only file system',
    ],
    [
      'a read-only claim',
      '{name: vol, persistentVolumeClaim: {claimName: c, readOnly: true}}',
      '{name: vol, mountPath: /vol}',
      '',
      '/vol/a',
      '/vol/a: Read-only file system',
    ],
    [
      'a read-only share',
      '{name: vol, nfs: {server: s, path: /p, readOnly: true}}',
      '{name: vol, mountPath: /vol}',
      '',
      '/vol/a',
      '/vol/a: Read-only file system',
    ],
    [
      'a downward API volume',
      '{name: vol, downwardAPI: {items: [{path: n, fieldRef: {fieldPath: metadata.name}}]}}',
      '{name: vol, mountPath: /vol}',
      '',
      '/vol/a',
      '/vol/a: Read-only file system',
    ],
    [
      'an inline CSI volume',
      '{name: vol, csi: {driver: inline.example.com}}',
      '{name: vol, mountPath: /vol}',
      '',
      '/vol/a',
      'ok',
    ],
    ['beside a mount with a similar name', EMPTY, '{name: vol, mountPath: /vol, readOnly: true}', '', '/volume', 'ok'],
  ])('%s', (_where, volume, mount, more, path, answer) => {
    const model = kubeletModel();
    model.create(
      `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, namespace: default}
spec: {storageClassName: '', accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /disk}}`,
      podManifest(`
  volumes: [${volume}]
  containers: [{name: app, image: 'app:1', volumeMounts: [${mount}], ${more}}]`),
    );
    model.run(60_000);
    expect(write(model, 'web', path)).toBe(answer);
    expect(read(model, 'web', path)).toBe(answer === 'ok' ? 'x' : undefined);
  });

  it('a mount inside a mount: the deepest counts', () => {
    const model = started(
      '{name: outer, emptyDir: {}}, {name: inner, emptyDir: {}}',
      '{name: outer, mountPath: /data}, {name: inner, mountPath: /data/cache}',
    );
    write(model, 'web', '/data/a', 'outer');
    write(model, 'web', '/data/cache/a', 'inner');
    const { volumes } = podNamed(model)!.runtime!;
    expect(Object.keys(volumes!['outer']!)).toEqual(['/a']);
    expect(Object.keys(volumes!['inner']!)).toEqual(['/a']);
    expect(list(model, 'web', '/data')).toEqual(['/data/cache/', '/data/a']);
    expect(write(model, 'web', '/data/cache')).toBe('/data/cache: Is a directory');
  });

  it('hides what lies below a mount while it is mounted', () => {
    const model = started(
      '{name: vol, emptyDir: {}}',
      '{name: vol, mountPath: /vol}, {name: vol, mountPath: /vol/vol}',
    );
    write(model, 'web', '/vol/vol/a', 'x');
    expect(all(model, 'web')).toEqual(['/vol/a=x', '/vol/vol/a=x']);
    write(model, 'web', '/vol/vol/vol/b', 'hidden from the outer mount');
    expect(all(model, 'web')).toEqual(['/vol/a=x', '/vol/vol/a=x', '/vol/vol/vol/b=hidden from the outer mount']);
  });

  it('a part of a volume, named by subPath or by the variables in subPathExpr', () => {
    const model = started(
      EMPTY,
      '{name: vol, mountPath: /all}, {name: vol, mountPath: /part, subPath: deep/part}, {name: vol, mountPath: /named, subPathExpr: $(NAME)/$$(NAME)}',
      'env: [{name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]',
    );
    write(model, 'web', '/part/a', '1');
    write(model, 'web', '/named/b', '2');
    write(model, 'web', '/all/c', '3');
    expect(all(model, 'web')).toEqual([
      '/all/c=3',
      '/all/deep/part/a=1',
      '/all/web/$(NAME)/b=2',
      '/named/b=2',
      '/part/a=1',
    ]);
  });

  it('a file of the node', () => {
    const model = started(
      '{name: vol, hostPath: {path: /etc/zone, type: File}}, {name: dir, hostPath: {path: /etc}}',
      '{name: vol, mountPath: /etc/localtime}, {name: dir, mountPath: /node}',
    );
    expect(list(model, 'web', '/etc')).toContain('/etc/localtime');
    expect(read(model, 'web', '/etc/localtime')).toBeUndefined();
    expect(write(model, 'web', '/etc/localtime', 'UTC')).toBe('ok');
    expect([read(model, 'web', '/etc/localtime'), read(model, 'web', '/node/zone')]).toEqual(['UTC', 'UTC']);
  });

  it('a file that is mounted by its subPath is a file', () => {
    const model = started(EMPTY, '{name: vol, mountPath: /all}, {name: vol, mountPath: /etc/one, subPath: one}');
    write(model, 'web', '/all/one', 'first');
    expect(read(model, 'web', '/etc/one')).toBe('first');
    expect(write(model, 'web', '/etc/one', 'second')).toBe('ok');
    expect(read(model, 'web', '/all/one')).toBe('second');
  });
});

describe('the limits of the model', () => {
  it('hold for the files of one file system, and not for those of another', () => {
    const model = started(EMPTY, '{name: vol, mountPath: /vol}');
    for (let index = 0; index < MAX_FILES; index++) expect(write(model, 'web', `/vol/${index}`)).toBe('ok');
    expect(write(model, 'web', '/vol/more')).toBe('a file system of this model may hold at most 100 files');
    expect(write(model, 'web', '/vol/0', 'again')).toBe('ok');
    expect(remove(model, 'web', '/vol/1')).toBe('ok');
    expect(write(model, 'web', '/vol/more')).toBe('ok');
    expect(write(model, 'web', '/own')).toBe('ok');
  });

  it('hold for their content', () => {
    const model = started(EMPTY, '{name: vol, mountPath: /vol}');
    const large = 'ä'.repeat(8192);
    for (const name of ['a', 'b', 'c', 'd']) expect(write(model, 'web', `/vol/${name}`, large)).toBe('ok');
    expect(write(model, 'web', '/vol/e', 'x')).toBe(
      'the files of a file system of this model may have at most 65536 bytes',
    );
    expect(write(model, 'web', '/vol/f', { size: 2 ** 40 })).toBe('ok');
    expect(write(model, 'web', '/x', `${large}x`)).toBe('a file of this model may have at most 16384 bytes');
  });

  it('names like those of every object do no harm', () => {
    const model = started(EMPTY, '{name: vol, mountPath: /vol}');
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(read(model, 'web', `/vol/${name}`)).toBeUndefined();
      expect(write(model, 'web', `/vol/${name}`, name)).toBe('ok');
      expect(write(model, 'web', `/${name}`, name)).toBe('ok');
      expect(read(model, 'web', `/vol/${name}`)).toBe(name);
    }
    expect(all(model.restarted(), 'web')).toEqual(all(model, 'web'));
  });
});

describe('a pod that writes more than it may', () => {
  const evictions = (model: Model) => eventsOf(model).filter((line) => line.includes('Evicted'));
  const MI = 2 ** 20;

  it.each([
    [
      'an emptyDir over its sizeLimit',
      '{name: vol, emptyDir: {sizeLimit: 1Mi}}',
      '',
      ['/vol/a'],
      'Usage of EmptyDir volume "vol" exceeds the limit "1Mi". ',
    ],
    [
      'a container over its limit',
      EMPTY,
      'resources: {limits: {ephemeral-storage: 1Mi}}',
      ['/own'],
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
    ],
    [
      'a container and a volume together',
      EMPTY,
      'resources: {limits: {ephemeral-storage: 3Mi}}',
      ['/own', '/vol/a'],
      'Pod ephemeral local storage usage exceeds the total limit of containers 3Mi. ',
    ],
  ])('is evicted: %s', (_what, volume, more, paths, message) => {
    const model = started(volume, '{name: vol, mountPath: /vol}', more);
    for (const path of paths) write(model, 'web', path, { size: 2 * MI });
    const writtenAt = model.engine.now;
    model.runUntil(() => evictions(model).length > 0);
    const waited = model.engine.now - writtenAt;
    expect(waited).toBeLessThanOrEqual(130_000);
    expect((model.engine.now / 1000) % 10).toBe(0);
    model.run(10_000);
    expect(podNamed(model)?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message });
    expect(podNamed(model)?.status.conditions?.some(({ type }) => type === 'DisruptionTarget')).toBe(false);
    expect(evictions(model)).toEqual([`Warning Evicted ${message}`]);
  });

  it('one container of several over its own limit', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`
  containers:
  - {name: app, image: 'app:1', resources: {limits: {ephemeral-storage: 1Mi}}}
  - {name: other, image: 'app:1', resources: {limits: {ephemeral-storage: 9Mi}}}`),
    );
    model.run(10_000);
    write(model, 'web', '/own', { size: 2 * MI });
    model.run(200_000);
    expect(podNamed(model)?.status.message).toBe('Container app exceeded its local ephemeral storage limit "1Mi". ');
  });

  it('stays when it keeps to the limit, or removes the file in time', () => {
    const model = started('{name: vol, emptyDir: {sizeLimit: 1Mi}}', '{name: vol, mountPath: /vol}');
    write(model, 'web', '/vol/a', { size: MI });
    model.run(600_000);
    write(model, 'web', '/vol/b', { size: 1 });
    expect(podNamed(model)?.runtime?.storageExceededMs).toBeDefined();
    expect(remove(model, 'web', '/vol/b')).toBe('ok');
    expect(podNamed(model)?.runtime?.storageExceededMs).toBeUndefined();
    model.run(600_000);
    expect(statusOf(model)).toBe('Running');
  });

  it('is evicted at the same moment when the process is restarted meanwhile', () => {
    const model = started('{name: vol, emptyDir: {sizeLimit: 1Mi}}', '{name: vol, mountPath: /vol}');
    write(model, 'web', '/vol/a', { size: 2 * MI });
    const copy = model.restarted();
    expect(copy.versions).toEqual([]);
    const times = [model, copy].map((one) => {
      one.runUntil(() => one.view.list(Event).some(({ reason }) => reason === 'Evicted'));
      return one.engine.now;
    });
    expect(times[0]).toBe(times[1]);
  });
});

describe('a file system in memory', () => {
  it('counts as memory of the pod, and is full at its limit', () => {
    const model = started('{name: vol, emptyDir: {medium: Memory, sizeLimit: 1Mi}}', '{name: vol, mountPath: /vol}');
    expect(write(model, 'web', '/vol/a', { size: 2 ** 20 })).toBe('ok');
    expect(podUsage(model.view, podNamed(model)!).memoryBytes).toBe(2 ** 20);
    expect(write(model, 'web', '/vol/b', 'x')).toBe('/vol/b: No space left on device');
    model.run(300_000);
    expect(statusOf(model)).toBe('Running');
  });

  it('is no larger than what the containers of the pod may use', () => {
    const model = kubeletModel();
    const limits = 'resources: {limits: {memory: 1Mi}}';
    model.create(
      podManifest(`
  volumes: [{name: vol, emptyDir: {medium: Memory}}]
  containers:
  - {name: app, image: 'app:1', ${limits}, volumeMounts: [{name: vol, mountPath: /vol}]}
  - {name: other, image: 'app:1', ${limits}}`),
    );
    model.run(10_000);
    expect(write(model, 'web', '/vol/a', { size: 3 * 2 ** 20 })).toBe('/vol/a: No space left on device');
    expect(write(model, 'web', '/vol/a', { size: 2 * 2 ** 20 })).toBe('ok');
  });

  it('can bring the node under memory pressure', () => {
    const model = kubeletModel();
    model.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'spare' } });
    model.command('addNodes', { count: 1, template: { memory: '1Gi' } });
    const name = model.view.list(Node).at(-1)?.metadata.name ?? '';
    model.create(
      podManifest(`
  volumes: [{name: vol, emptyDir: {medium: Memory}}]
  containers: [{name: app, image: 'app:1', volumeMounts: [{name: vol, mountPath: /vol}]}]`).replace('node-1', name),
    );
    model.run(60_000);
    expect(write(model, 'web', '/vol/a', { size: 850 * 2 ** 20 })).toBe('ok');
    const pressure = model.view
      .get(Node, undefined, name)
      ?.status.conditions?.find(({ type }) => type === 'MemoryPressure');
    expect(write(model, 'web', '/vol/b', { size: 80 * 2 ** 20 })).toBe('ok');
    model.run(30_000);
    expect(pressure?.status).toBe('False');
    expect(podNamed(model)?.status).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(podNamed(model)?.status.message).toContain('The node was low on resource: memory.');
  });
});

describe('a volume of a claim', () => {
  it('is full at its capacity', () => {
    const model = kubeletModel();
    model.create(
      `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, namespace: default}
spec: {storageClassName: '', accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Mi}, accessModes: [ReadWriteOnce], csi: {driver: ebs.csi.aws.com, volumeHandle: d}}`,
      podManifest(`
  volumes: [{name: vol, persistentVolumeClaim: {claimName: c}}]
  containers: [{name: app, image: 'app:1', volumeMounts: [{name: vol, mountPath: /vol}]}]`),
    );
    model.run(60_000);
    expect(write(model, 'web', '/vol/a', { size: 2 ** 20 })).toBe('ok');
    expect(write(model, 'web', '/vol/b', 'x')).toBe('/vol/b: No space left on device');
    expect(write(model, 'web', '/vol/a', { size: 1, append: true })).toBe('/vol/a: No space left on device');
  });
});
