import { describe, expect, it } from 'vitest';
import type { NewObject } from '../../src/machinery/object.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { VolumeAttachment } from '../../src/kinds/volumeattachment/types.ts';
import { Model } from '../support/model.ts';
import { claim, claimOf, mounting, node, podOf, remove, said, volume } from './support.ts';

const here = { nodeName: 'a' };
const failed = (why: string) =>
  `Warning FailedMount: Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: ${why}`;

describe('why a kubelet cannot mount a claim', () => {
  const rows: { sentence: string; objects: NewObject[]; says: string }[] = [
    {
      sentence: 'it is not there',
      objects: [mounting('web', 'c', here)],
      says: failed(
        'error processing PVC default/c: failed to fetch PVC from API server: persistentvolumeclaims "c" not found',
      ),
    },
    {
      sentence: 'it is not bound',
      objects: [claim('c', '1Gi', { storageClassName: '' }), mounting('web', 'c', here)],
      says: failed('error processing PVC default/c: PVC is not bound'),
    },
    {
      sentence: 'it is a device, and is to be a directory',
      objects: [
        volume('v', '1Gi', { volumeMode: 'Block' }),
        claim('c', '1Gi', { volumeMode: 'Block' }),
        mounting('web', 'c', here),
      ],
      says: failed('volume data has volumeMode Block, but is specified in volumeMounts'),
    },
  ];

  it.each(rows)('$sentence', ({ objects, says }) => {
    const model = new Model();
    model.create(node('a'), ...objects);
    model.run(60_000);
    expect(said(model, 'web').filter((text) => text.includes('FailedMount'))).toEqual([says]);
    expect(podOf(model, 'web').status.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    expect(model.restarted().versions).toEqual([]);
  });

  it('it is on its way out', () => {
    const model = new Model();
    model.create(node('a'), volume('v'), claim('c', '1Gi', {}, { finalizers: ['example.com/hold'] }));
    remove(model, claimOf(model, 'c'));
    model.create(mounting('web', 'c', here));
    expect(said(model, 'web')).toContain(failed('error processing PVC default/c: PVC is being deleted'));
  });

  it('one pod alone may use it, and another one does', () => {
    const model = new Model();
    const alone = { accessModes: ['ReadWriteOncePod'] };
    model.create(node('a'), volume('v', '1Gi', alone), claim('c', '1Gi', alone));
    model.create(mounting('one', 'c', here));
    model.run(10_000);
    model.create(mounting('two', 'c', here));
    expect(said(model, 'two')).toContain(
      'Warning FailedMount: MountVolume.SetUp failed for volume "v" : volume uses the ReadWriteOncePod access mode and is already in use by another pod',
    );
    remove(model, podOf(model, 'one'));
    model.run(10_000);
    expect(podOf(model, 'two').status.phase).toBe('Running');
  });
});

describe('a kubelet that waits for a claim', () => {
  it('goes on when the claim is bound', () => {
    const model = new Model();
    model.create(node('a'), claim('c', '1Gi', { storageClassName: '' }), mounting('web', 'c', here));
    model.run(60_000);
    model.create(volume('v'));
    model.run(10_000);
    expect(podOf(model, 'web').status.phase).toBe('Running');
  });

  it('does not wait for a claim that no container mounts', () => {
    const model = new Model();
    const containers = [{ name: 'web', image: 'web' }];
    model.create(node('a'), mounting('web', 'gone', { ...here, containers }));
    model.run(10_000);
    expect(podOf(model, 'web').status.phase).toBe('Running');
  });

  it('says nothing of a volume that is not attached in two minutes', () => {
    const model = new Model();
    const disk = { hostPath: undefined, csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'd' } };
    model.command('injectFault', {
      fault: { storage: { driver: '*', operation: 'ATTACH', delay: '3m' } },
    });
    model.create(node('a'), volume('v', '1Gi', disk), claim('c'), mounting('web', 'c', here));
    model.run(150_000);
    expect(said(model, 'web').filter((text) => text.startsWith('Warning'))).toEqual([]);
    model.run(60_000);
    expect(podOf(model, 'web').status.phase).toBe('Running');
  });
});

it('a volume on a machine that was taken out of the cluster is given up after six minutes', () => {
  const model = new Model();
  const disk = { hostPath: undefined, csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'd' } };
  model.create(node('a'), node('b'), volume('v', '1Gi', disk), claim('c'), mounting('one', 'c', here));
  model.run(10_000);
  remove(model, podOf(model, 'one'));
  model.create(mounting('two', 'c', { nodeName: 'b' }));
  model.run(10_000);
  expect(podOf(model, 'two').status.phase).toBe('Running');
  remove(model, model.view.get(Node, undefined, 'b')!);
  model.create(mounting('three', 'c', here));
  model.run(300_000);
  expect(model.view.list(VolumeAttachment).map(({ spec }) => spec.nodeName)).toEqual(['b']);
  model.run(300_000);
  expect(podOf(model, 'three').status.phase).toBe('Running');
});
