import { describe, expect, it } from 'vitest';
import { Model } from '../support/model.ts';
import { claim, claimOf, mounting, node, said, storageClass, update, volumeOf } from './support.ts';

const MINUTE = 60_000;

const nameOf = (model: Model, name: string) => `pvc-${claimOf(model, name).metadata.uid}`;
const of = (className: string) => ({ storageClassName: className });

function breakStorage(model: Model, fault: object): void {
  model.command('injectFault', { fault: { storage: { driver: 'ebs.csi.aws.com', ...fault } } });
}

describe('growing', () => {
  function bound(fields: object = {}, mode = 'Filesystem'): Model {
    const model = new Model();
    model.create(node('a'), storageClass('now', { allowVolumeExpansion: true, ...fields }));
    model.create(claim('c', '1Gi', { ...of('now'), volumeMode: mode }));
    model.run(3000);
    return model;
  }

  function grow(model: Model, storage: string): string {
    const current = claimOf(model, 'c');
    return update(model, { ...current, spec: { ...current.spec, resources: { requests: { storage } } } });
  }

  it('grows the volume first, and its file system where a pod mounts it', () => {
    const model = bound();
    model.create(mounting('web', 'c'));
    model.run(10_000);
    grow(model, '2Gi');
    expect(claimOf(model, 'c').status).toMatchObject({
      capacity: { storage: '1Gi' },
      conditions: [{ type: 'Resizing', status: 'True' }],
      allocatedResources: { storage: '2Gi' },
      allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' },
    });
    model.run(2000);
    const name = nameOf(model, 'c');
    const done = `Normal FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume "${name}" a`;
    expect(said(model, 'c').slice(-4)).toEqual([
      'Normal ExternalExpanding: waiting for an external controller to expand this PVC',
      `Normal Resizing: External resizer is resizing volume ${name}`,
      'Normal FileSystemResizeRequired: Require file system resize of volume on node',
      done,
    ]);
    expect(said(model, 'web')).toContain(done);
    expect(volumeOf(model, name).spec.capacity).toEqual({ storage: '2Gi' });
    const { status } = claimOf(model, 'c');
    expect(status).toEqual({
      phase: 'Bound',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '2Gi' },
      allocatedResources: { storage: '2Gi' },
    });
    expect(model.restarted().versions).toEqual([]);
  });

  it('waits with the file system for a pod', () => {
    const model = bound();
    grow(model, '2Gi');
    model.run(MINUTE);
    expect(claimOf(model, 'c').status).toMatchObject({
      capacity: { storage: '1Gi' },
      conditions: [
        {
          type: 'FileSystemResizePending',
          message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
        },
      ],
      allocatedResourceStatuses: { storage: 'NodeResizePending' },
    });
    model.create(mounting('web', 'c'));
    model.run(10_000);
    expect(claimOf(model, 'c').status.capacity).toEqual({ storage: '2Gi' });
  });

  it.each([
    ['a block device', {}, 'Block'],
    ['a shared file system', { provisioner: 'efs.csi.aws.com' }, 'Filesystem'],
  ])('is done with %s when the volume has grown', (_what, fields, mode) => {
    const model = bound(fields, mode);
    grow(model, '2Gi');
    model.run(2000);
    expect(said(model, 'c').at(-1)).toBe('Normal VolumeResizeSuccessful: Resize volume succeeded');
    expect(claimOf(model, 'c').status.capacity).toEqual({ storage: '2Gi' });
  });

  it('leaves a directory to a resizer that is not there', () => {
    const model = bound({ provisioner: 'rancher.io/local-path' });
    grow(model, '2Gi');
    model.run(MINUTE);
    expect(said(model, 'c').at(-1)).toBe(
      'Normal ExternalExpanding: waiting for an external controller to expand this PVC',
    );
    expect(claimOf(model, 'c').status.capacity).toEqual({ storage: '1Gi' });
  });

  it('fails while the driver does, and can be taken back to a smaller size', () => {
    const model = bound();
    breakStorage(model, { operation: 'EXPAND', message: 'too big' });
    grow(model, '9Gi');
    model.run(5000);
    expect(said(model, 'c').at(-1)).toBe(
      `Warning VolumeResizeFailed: resize volume "${nameOf(model, 'c')}" by resizer "ebs.csi.aws.com" failed: too big`,
    );
    expect(grow(model, '2Gi')).toBe('');
    expect(grow(model, '1Gi')).toContain(
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    );
  });

  it('does not grow what its class does not let grow', () => {
    const model = bound({ allowVolumeExpansion: false });
    expect(grow(model, '2Gi')).toBe(
      'persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  });

  it('grows twice', () => {
    const model = bound({}, 'Block');
    grow(model, '2Gi');
    model.run(2000);
    grow(model, '3Gi');
    model.run(2000);
    expect(claimOf(model, 'c').status.capacity).toEqual({ storage: '3Gi' });
    expect(volumeOf(model, nameOf(model, 'c')).spec.capacity).toEqual({ storage: '3Gi' });
  });
});
