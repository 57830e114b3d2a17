import { describe, expect, it } from 'vitest';
import { PersistentVolume } from '../../src/kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { kubeletModel, podManifest, podNamed, statusOf } from '../kubelet/support.ts';
import type { Model } from '../support/model.ts';
import { all, entry, list, read, write } from './support.ts';

const VOLUMES = `
  volumes:
  - {name: scratch, emptyDir: {}}
  - {name: host, hostPath: {path: /srv/data}}
  - {name: share, nfs: {server: files.example.com, path: /export}}
  - {name: claim, persistentVolumeClaim: {claimName: data}}
`;
const MOUNTS =
  'volumeMounts: [{name: scratch, mountPath: /scratch}, {name: host, mountPath: /host}, {name: share, mountPath: /share}, {name: claim, mountPath: /claim}]';

const CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default}
spec: {storageClassName: '', accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  csi: {driver: ebs.csi.aws.com, volumeHandle: disk}
  persistentVolumeReclaimPolicy: Retain
`;

const pod = (name = 'web') =>
  podManifest(
    `${VOLUMES}
  containers:
  - {name: app, image: 'app:1', ${MOUNTS}}
  - {name: other, image: 'app:1', volumeMounts: [{name: scratch, mountPath: /elsewhere}]}`,
    name,
  );

function started(): Model {
  const model = kubeletModel();
  model.create(CLAIM, pod());
  model.run(60_000);
  expect(statusOf(model)).toBe('Running');
  return model;
}

function exit(model: Model, name = 'web'): void {
  model.create(`
apiVersion: orrery.dev/v1alpha1
kind: Fault
metadata: {name: exit-${name}-${model.view.revision}}
spec: {target: {namespace: default, name: ${name}, container: app}, containerExit: {exitCode: 1}}
`);
  model.run(30_000);
}

function deletePod(model: Model, name = 'web'): void {
  model.do((api) => {
    const found = podNamed(model, name);
    if (found) api.delete(found);
  });
  model.run(60_000);
  expect(podNamed(model, name)).toBeUndefined();
}

const PLACES = ['/own', '/scratch/a', '/host/a', '/share/a', '/claim/a'];

function writeEverywhere(model: Model): void {
  for (const path of PLACES) expect(write(model, 'web', path, `in ${path}`)).toBe('ok');
}

const written = (paths: readonly string[]) => paths.map((path) => `${path}=in ${path}`).sort();

describe('what a container writes', () => {
  it('is read back where it was written', () => {
    const model = started();
    writeEverywhere(model);
    expect(all(model, 'web')).toEqual(written(PLACES));
  });

  it('is gone from its own file system when it restarts, and kept on every volume', () => {
    const model = started();
    writeEverywhere(model);
    exit(model);
    expect(podNamed(model)?.status.containerStatuses?.[0]?.restartCount).toBe(1);
    expect(all(model, 'web')).toEqual(written(PLACES.slice(1)));
  });

  it('cannot be read while the container does not run', () => {
    const model = started();
    model.create(`
apiVersion: orrery.dev/v1alpha1
kind: Fault
metadata: {name: crash}
spec: {target: {namespace: default, name: web, container: app}, containerExit: {exitCode: 1, repeat: true}}
`);
    model.run(30_000);
    expect(statusOf(model)).toBe('CrashLoopBackOff');
    expect(() => read(model, 'web', '/own')).toThrow('container not found ("app")');
    expect(write(model, 'web', '/own')).toBe('container not found ("app")');
    expect(write(model, 'web/other', '/own')).toBe('ok');
  });

  it('is gone from the emptyDir when the pod is deleted, and still on the claim, the node and the server', () => {
    const model = started();
    writeEverywhere(model);
    deletePod(model);
    model.create(pod());
    model.run(60_000);
    expect(all(model, 'web')).toEqual(written(['/host/a', '/share/a', '/claim/a']));
  });

  it('is seen by the other containers of the pod, each at its own path', () => {
    const model = started();
    write(model, 'web', '/scratch/a', 'hello');
    expect(read(model, 'web/other', '/elsewhere/a')).toBe('hello');
    write(model, 'web/other', '/elsewhere/deep/b', 'back');
    expect(read(model, 'web', '/scratch/deep/b')).toBe('back');
    expect(list(model, 'web', '/scratch')).toEqual(['/scratch/deep/', '/scratch/a']);
  });

  it('is seen by other pods on the same path of the node, and not on another node', () => {
    const model = started();
    model.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-2' } });
    const far = pod('far')
      .replace('nodeName: node-1', 'nodeName: node-2')
      .replace(/.*persistentVolumeClaim.*\n/, '');
    model.create(pod('near'), far.replace(/, \{name: claim[^}]*\}/, ''));
    model.run(60_000);
    write(model, 'web', '/host/a', 'hello');
    expect(read(model, 'near', '/host/a')).toBe('hello');
    expect(read(model, 'far', '/host/a')).toBeUndefined();
    write(model, 'far', '/share/b', 'shared');
    expect(read(model, 'web', '/share/b')).toBe('shared');
  });

  it('goes with a volume that is deleted, and stays on one that is retained', () => {
    const model = started();
    write(model, 'web', '/claim/a', 'kept');
    deletePod(model);
    model.do((api) => {
      const claim = model.view.get(PersistentVolumeClaim, 'default', 'data');
      if (claim) api.delete(claim);
    });
    model.run(60_000);
    const volume = () => model.view.get(PersistentVolume, undefined, 'disk');
    expect(volume()?.status.phase).toBe('Released');
    expect(volume()?.runtime?.files?.['/a']?.content).toBe('kept');
    model.do((api) => {
      const found = volume();
      if (!found) return;
      const { claimRef: _, ...spec } = found.spec;
      api.update({ ...found, spec });
    });
    model.create(CLAIM.split('---')[0] ?? '', pod('next'));
    model.run(60_000);
    expect(read(model, 'next', '/claim/a')).toBe('kept');
  });

  it('survives a restart of the process, which writes nothing', () => {
    const model = started();
    writeEverywhere(model);
    const copy = model.restarted();
    expect(copy.versions).toEqual([]);
    expect(all(copy, 'web')).toEqual(written(PLACES));
    exit(copy);
    expect(all(copy, 'web')).toEqual(written(PLACES.slice(1)));
  });

  it('is no part of a manifest, nor of what is shown of its object', () => {
    const model = started();
    write(model, 'web', '/scratch/a', 'between us');
    const { runtime: _, ...shown } = podNamed(model)!;
    expect(JSON.stringify(shown)).not.toContain('between us');
  });
});

describe('a machine that is turned off', () => {
  it('keeps what is on its disk and loses what is in its memory', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`
  volumes: [{name: disk, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}]
  containers:
  - {name: app, image: 'app:1', volumeMounts: [{name: disk, mountPath: /disk}, {name: memory, mountPath: /memory}]}`),
    );
    model.run(30_000);
    for (const path of ['/own', '/disk/a', '/memory/a']) write(model, 'web', path, path);
    model.create(`
apiVersion: orrery.dev/v1alpha1
kind: Fault
metadata: {name: off}
spec: {endTime: '2026-01-01T00:01:30Z', nodeDown: {node: node-1}}
`);
    model.run(20_000);
    expect(() => read(model, 'web', '/disk/a')).toThrow('error dialing backend');
    model.run(100_000);
    expect(all(model, 'web')).toEqual(['/disk/a=/disk/a']);
    expect(entry(model, 'web', '/disk/a')).toMatchObject({ size: 7, mode: 0o644, readOnly: false });
  });
});
