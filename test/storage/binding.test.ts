import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';
import {
  claim,
  claimOf,
  mounting,
  node,
  podOf,
  remove,
  said,
  storageClass,
  update,
  volume,
  volumeOf,
} from './support.ts';

const ref = (name: string, uid?: string) => ({
  claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'default', name, ...(uid ? { uid } : {}) },
});
const modes = (...names: string[]) => ({ accessModes: names });
const RWO = 'ReadWriteOnce';
const RWX = 'ReadWriteMany';

describe('which volume a claim gets', () => {
  const rows: { sentence: string; objects: NewObject[]; gets: string | undefined }[] = [
    {
      sentence: 'the smallest that is large enough, whichever was made first',
      objects: [volume('10', '10Gi'), volume('5', '5Gi'), volume('1', '1Gi'), claim('c', '2Gi')],
      gets: '5',
    },
    {
      sentence: 'the first of two of one size',
      objects: [volume('b', '2Gi'), volume('a', '2Gi'), claim('c', '2Gi')],
      gets: 'b',
    },
    { sentence: 'none that is too small', objects: [volume('v', '1Gi'), claim('c', '1025Mi')], gets: undefined },
    {
      sentence: 'one with fewer access modes before a smaller one with more',
      objects: [volume('small', '1Gi', modes(RWO, RWX)), volume('big', '9Gi', modes(RWO)), claim('c', '1Gi')],
      gets: 'big',
    },
    {
      sentence: 'one that has all the modes it asks for',
      objects: [volume('rwo', '1Gi'), volume('both', '5Gi', modes(RWX, RWO)), claim('c', '1Gi', modes(RWO, RWX))],
      gets: 'both',
    },
    {
      sentence: 'one of its class alone',
      objects: [
        volume('fast', '1Gi', { storageClassName: 'fast' }),
        volume('slow', '9Gi', { storageClassName: 'slow' }),
        claim('c', '1Gi', { storageClassName: 'slow' }),
      ],
      gets: 'slow',
    },
    {
      sentence: 'none with a class for the empty class',
      objects: [volume('fast', '1Gi', { storageClassName: 'fast' }), claim('c', '1Gi', { storageClassName: '' })],
      gets: undefined,
    },
    {
      sentence: 'one that its selector matches',
      objects: [
        volume('plain', '1Gi'),
        volume('labelled', '9Gi', {}, { labels: { tier: 'fast' } }),
        claim('c', '1Gi', { selector: { matchLabels: { tier: 'fast' } } }),
      ],
      gets: 'labelled',
    },
    {
      sentence: 'one of its volume mode',
      objects: [
        volume('files', '1Gi'),
        volume('raw', '9Gi', { volumeMode: 'Block' }),
        claim('c', '1Gi', { volumeMode: 'Block' }),
      ],
      gets: 'raw',
    },
    {
      sentence: 'the one that is kept for it by name before a smaller one',
      objects: [volume('small', '1Gi'), volume('kept', '9Gi', ref('c')), claim('c', '1Gi')],
      gets: 'kept',
    },
    {
      sentence: 'the one that is kept for it though its class is another',
      objects: [volume('kept', '9Gi', { ...ref('c'), storageClassName: 'old' }), claim('c', '1Gi')],
      gets: 'kept',
    },
    {
      sentence: 'none that is kept for a claim of this name and another uid',
      objects: [volume('kept', '9Gi', ref('c', 'another')), claim('c', '1Gi')],
      gets: undefined,
    },
    {
      sentence: 'none that is kept for another claim',
      objects: [volume('kept', '1Gi', ref('other')), claim('c', '1Gi')],
      gets: undefined,
    },
    {
      sentence: 'none that is kept for it but too small',
      objects: [volume('kept', '1Gi', ref('c')), claim('c', '2Gi')],
      gets: undefined,
    },
    {
      sentence: 'a classless volume though there is a default class, if it was made before the class',
      objects: [volume('v', '1Gi'), claim('c', '1Gi'), storageClass('standard', {}, true)],
      gets: 'v',
    },
  ];

  it.each(rows)('$sentence', ({ objects, gets }) => {
    const model = new Model();
    for (const object of objects) model.create(object);
    expect(claimOf(model, 'c').spec.volumeName).toBe(gets);
    expect(claimOf(model, 'c').status.phase).toBe(gets === undefined ? 'Pending' : 'Bound');
  });
});

describe('a claim that names its volume', () => {
  const named = (more: object = {}) => claim('c', '2Gi', { volumeName: 'v', ...more });
  const rows: { sentence: string; objects: NewObject[]; event: string }[] = [
    {
      sentence: 'is not given one that is too small',
      objects: [volume('v', '1Gi'), named()],
      event: 'Warning VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small',
    },
    {
      sentence: 'is not given one of another class',
      objects: [volume('v', '2Gi', { storageClassName: 'fast' }), named()],
      event: 'Warning VolumeMismatch: Cannot bind to requested volume "v": storageClassName does not match',
    },
    {
      sentence: 'is not given one of another volume mode',
      objects: [volume('v', '2Gi', { volumeMode: 'Block' }), named()],
      event: 'Warning VolumeMismatch: Cannot bind to requested volume "v": incompatible volumeMode',
    },
    {
      sentence: 'is not given one with other access modes',
      objects: [volume('v', '2Gi', modes(RWX)), named()],
      event: 'Warning VolumeMismatch: Cannot bind to requested volume "v": incompatible accessMode',
    },
    {
      sentence: "is not given another claim's",
      objects: [volume('v', '2Gi', ref('other')), named()],
      event: 'Warning FailedBinding: volume "v" already bound to a different claim.',
    },
  ];

  it.each(rows)('$sentence', ({ objects, event }) => {
    const model = new Model();
    model.create(...objects);
    expect(said(model, 'c')).toEqual([event]);
    expect(claimOf(model, 'c').status.phase).toBe('Pending');
    expect(model.restarted().versions).toEqual([]);
  });

  it('waits silently for one that is not there yet', () => {
    const model = new Model();
    model.create(named());
    expect(said(model, 'c')).toEqual([]);
    model.create(volume('v', '2Gi'));
    expect(claimOf(model, 'c').status.phase).toBe('Bound');
  });

  it('bears no mark of the controller, and its volume does', () => {
    const model = new Model();
    model.create(volume('v', '2Gi'), named());
    expect(claimOf(model, 'c').metadata.annotations).toEqual({ 'pv.kubernetes.io/bind-completed': 'yes' });
    expect(volumeOf(model, 'v').metadata.annotations).toEqual({ 'pv.kubernetes.io/bound-by-controller': 'yes' });
  });

  it('takes one that is kept for it without looking at it closer', () => {
    const model = new Model();
    model.create(volume('v', '1Gi', ref('c')), named());
    expect(claimOf(model, 'c').status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
    expect(volumeOf(model, 'v').metadata.annotations).toBeUndefined();
  });
});

describe('what becomes of a bound pair', () => {
  function bound(policy = 'Retain', source: object = {}): Model {
    const model = new Model();
    model.create(node('a'), volume('v', '1Gi', { persistentVolumeReclaimPolicy: policy, ...source }), claim('c'));
    return model;
  }

  it('is released, and never bound again by itself, when the claim goes', () => {
    const model = bound();
    remove(model, claimOf(model, 'c'));
    model.create(claim('c'));
    model.run(60_000);
    expect(volumeOf(model, 'v').status.phase).toBe('Released');
    expect(claimOf(model, 'c').status.phase).toBe('Pending');
  });

  it('is free again when somebody takes the claim out of a released volume', () => {
    const model = bound();
    remove(model, claimOf(model, 'c'));
    model.create(claim('next'));
    const { claimRef: _, ...spec } = volumeOf(model, 'v').spec;
    update(model, { ...volumeOf(model, 'v'), spec });
    expect(claimOf(model, 'next').spec.volumeName).toBe('v');
  });

  it('fails to be deleted when nobody knows how', () => {
    const model = bound('Delete');
    remove(model, claimOf(model, 'c'));
    expect(volumeOf(model, 'v').status).toMatchObject({
      phase: 'Failed',
      message: 'host_path deleter only supports /tmp/.+ but received provided /data',
    });
    expect(said(model, 'v')).toEqual([
      'Warning VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /data',
    ]);
  });

  it('is deleted with a directory below /tmp', () => {
    const model = bound('Delete', { hostPath: { path: '/tmp/data' } });
    remove(model, claimOf(model, 'c'));
    expect(volumeOf(model, 'v')).toBeUndefined();
  });

  it('says that a volume by hand of a kind without deleter cannot be deleted', () => {
    const source = { hostPath: undefined, nfs: { server: 'files', path: '/data' } };
    const model = bound('Delete', source);
    remove(model, claimOf(model, 'c'));
    expect(said(model, 'v')).toEqual([
      'Warning VolumeFailedDelete: error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
    ]);
  });

  it('is emptied and offered again with Recycle', () => {
    const model = bound('Recycle');
    remove(model, claimOf(model, 'c'));
    expect(volumeOf(model, 'v').status.phase).toBe('Released');
    model.run(10_000);
    expect(said(model, 'v')).toEqual(['Normal VolumeRecycled: Volume recycled']);
    expect(volumeOf(model, 'v').status.phase).toBe('Available');
    expect(volumeOf(model, 'v').spec.claimRef).toBeUndefined();
  });

  it('cannot be recycled where there is no recycler', () => {
    const model = bound('Recycle', { hostPath: undefined, csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'v' } });
    remove(model, claimOf(model, 'c'));
    expect(said(model, 'v')).toEqual(['Warning VolumeFailedRecycle: No recycler plugin found for the volume!']);
    expect(volumeOf(model, 'v').status.phase).toBe('Failed');
  });

  it('is lost when the claim loses its volume, and found when the volume comes back', () => {
    const model = bound();
    const before = volumeOf(model, 'v');
    model.do((api) => {
      const { finalizers: _, ...metadata } = before.metadata;
      const freed = api.update({ ...before, metadata });
      if (freed.ok) api.delete(freed.value);
    });
    expect(claimOf(model, 'c').status).toEqual({ phase: 'Lost' });
    expect(said(model, 'c')).toContain(
      'Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    );
    model.create(volume('v', '1Gi', { claimRef: before.spec.claimRef }));
    expect(claimOf(model, 'c').status.phase).toBe('Bound');
  });

  it('loses a claim whose volume was given to another', () => {
    const model = bound();
    const { claimRef } = volumeOf(model, 'v').spec;
    update(model, {
      ...volumeOf(model, 'v'),
      spec: { ...volumeOf(model, 'v').spec, claimRef: { ...claimRef, uid: 'x' } },
    });
    expect(said(model, 'c')).toContain(
      'Warning ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly',
    );
  });

  it('is unbound when the claim turns out to be bound elsewhere', () => {
    const model = new Model();
    model.create(volume('v'), claim('c'));
    const { uid } = claimOf(model, 'c').metadata;
    model.create(volume('w', '1Gi', ref('c', uid)));
    expect(volumeOf(model, 'w').spec.claimRef).toMatchObject({ name: 'c' });
    expect(volumeOf(model, 'w').spec.claimRef?.uid).toBeUndefined();
    expect(volumeOf(model, 'w').status.phase).toBe('Available');
    expect(claimOf(model, 'c').spec.volumeName).toBe('v');
  });

  it('says on both that their volume modes do not go together', () => {
    const model = new Model();
    model.create(claim('c', '1Gi', { storageClassName: '' }));
    const { uid } = claimOf(model, 'c').metadata;
    model.create(volume('w', '1Gi', { ...ref('c', uid), volumeMode: 'Block' }));
    expect(said(model, 'w')).toEqual([
      'Warning VolumeMismatch: Cannot bind PersistentVolume to requested PersistentVolumeClaim "c" due to incompatible volumeMode.',
    ]);
    expect(said(model, 'c')).toContain(
      'Warning VolumeMismatch: Cannot bind PersistentVolume "w" to requested PersistentVolumeClaim due to incompatible volumeMode.',
    );
  });
});

describe('protection', () => {
  it('keeps a claim that a pod with a node mounts, even after the pod has ended', () => {
    const model = new Model();
    const job = { restartPolicy: 'Never', containers: [{ name: 'w', image: 'w', command: ['sleep', '1'] }] };
    model.create(node('a'), volume('v'), claim('c'), mounting('web', 'c', job));
    model.run(20_000);
    remove(model, claimOf(model, 'c'));
    model.run(20_000);
    expect(claimOf(model, 'c').metadata.deletionTimestamp).toBeDefined();
    model.do((api) => api.delete(podOf(model, 'web'), { gracePeriodSeconds: 0 }));
    expect(claimOf(model, 'c')).toBeUndefined();
  });

  it('lets a claim go that only a pod without a node mounts', () => {
    const model = new Model();
    model.create(volume('v'), claim('c'), mounting('web', 'c'));
    remove(model, claimOf(model, 'c'));
    expect(claimOf(model, 'c')).toBeUndefined();
  });

  it('keeps a bound volume until its claim is gone', () => {
    const model = new Model();
    model.create(volume('v'), claim('c'));
    remove(model, volumeOf(model, 'v'));
    expect(volumeOf(model, 'v').metadata.deletionTimestamp).toBeDefined();
    remove(model, claimOf(model, 'c'));
    expect(volumeOf(model, 'v')).toBeUndefined();
  });

  it('gives no volume that is on its way out to a claim', () => {
    const model = new Model();
    model.create(volume('v', '1Gi', {}, { finalizers: ['example.com/hold'] }));
    remove(model, volumeOf(model, 'v'));
    model.create(claim('c'));
    expect(claimOf(model, 'c').status.phase).toBe('Pending');
  });
});
