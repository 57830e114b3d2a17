import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { PersistentVolume } from '../../src/kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { Model } from '../support/model.ts';

function volume(name: string, size: string, more = ''): string {
  return `
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name} }
spec:
  capacity: { storage: ${size} }
  accessModes: [ReadWriteOnce]
  hostPath: { path: /data }
  ${more}
`;
}

function claim(name: string, size: string, more = ''): string {
  return `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name}, namespace: default }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: ${size} } }
  ${more}
`;
}

function storageClass(name: string, more = ''): string {
  return `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: ${name}${more.includes('isDefault') ? ', annotations: { storageclass.kubernetes.io/is-default-class: "true" }' : ''} }
provisioner: ${more.includes('unknown') ? 'example.com/unknown' : 'ebs.csi.aws.com'}
allowVolumeExpansion: ${more.includes('expands')}
volumeBindingMode: ${more.includes('waits') ? 'WaitForFirstConsumer' : 'Immediate'}
`;
}

const NODE = 'apiVersion: v1\nkind: Node\nmetadata: { name: node-1 }';

function mountingPod(name: string, claimName: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default }
spec:
  containers: [{ name: web, image: web, volumeMounts: [{ name: data, mountPath: /data }] }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: ${claimName} } }]
`;
}

const claimOf = (model: Model, name: string) => model.view.get(PersistentVolumeClaim, 'default', name)!;
const volumeOf = (model: Model, name: string) => model.view.get(PersistentVolume, undefined, name)!;
const reasons = (model: Model) => model.view.list(Event).map(({ reason }) => reason);

describe('static volumes', () => {
  it('gives a claim the smallest volume that is large enough', () => {
    const model = new Model();
    model.create(volume('big', '10Gi'), volume('fits', '2Gi'), volume('small', '500Mi'), claim('data', '1Gi'));
    expect(claimOf(model, 'data')).toMatchObject({
      spec: { volumeName: 'fits' },
      status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] },
    });
    expect(volumeOf(model, 'fits').status.phase).toBe('Bound');
    expect(volumeOf(model, 'fits').spec.claimRef).toMatchObject({ namespace: 'default', name: 'data' });
    expect(volumeOf(model, 'big').status.phase).toBe('Available');
  });

  it('never gives a volume to two claims', () => {
    const model = new Model();
    model.create(volume('one', '1Gi'), claim('first', '1Gi'), claim('second', '1Gi'));
    expect([claimOf(model, 'first').status.phase, claimOf(model, 'second').status.phase]).toEqual(['Bound', 'Pending']);
    expect(reasons(model)).toContain('FailedBinding');
    model.create(volume('two', '1Gi'));
    expect(claimOf(model, 'second').spec.volumeName).toBe('two');
  });

  it.each([
    ['another class', '', 'storageClassName: fast'],
    ['another access mode', 'accessModes: [ReadWriteMany]', ''],
    ['labels it has not', '', 'selector: { matchLabels: { tier: fast } }'],
    ['another volume mode', '', 'volumeMode: Block'],
  ])('leaves a claim that asks for %s pending', (_what, modes, more) => {
    const model = new Model();
    const text = claim('data', '1Gi', more);
    model.create(volume('one', '1Gi'), modes ? text.replace('accessModes: [ReadWriteOnce]', modes) : text);
    expect(claimOf(model, 'data').status.phase).toBe('Pending');
  });

  it('keeps a released volume for good: it is never bound again by itself', () => {
    const model = new Model();
    model.create(volume('one', '1Gi'), claim('first', '1Gi'));
    model.do((api) => api.delete(claimOf(model, 'first')));
    expect(claimOf(model, 'first')).toBeUndefined();
    expect(volumeOf(model, 'one').status.phase).toBe('Released');
    model.create(claim('second', '1Gi'));
    expect(claimOf(model, 'second').status.phase).toBe('Pending');
  });

  it('loses a claim whose volume goes away, and keeps a bound volume from going', () => {
    const model = new Model();
    model.create(volume('one', '1Gi'), claim('data', '1Gi'));
    model.do((api) => api.delete(volumeOf(model, 'one')));
    expect(volumeOf(model, 'one').metadata.deletionTimestamp).toBeDefined();
    expect(claimOf(model, 'data').status.phase).toBe('Bound');
    model.do((api) => {
      const { finalizers: _finalizers, ...metadata } = volumeOf(model, 'one').metadata;
      api.update({ ...volumeOf(model, 'one'), metadata });
    });
    expect(claimOf(model, 'data').status.phase).toBe('Lost');
    expect(reasons(model)).toContain('ClaimLost');
  });
});

describe('dynamic provisioning', () => {
  it('makes a volume for a claim of the default class, and deletes it with the claim', () => {
    const model = new Model();
    model.create(storageClass('standard', 'isDefault'), claim('data', '3Gi'));
    expect(claimOf(model, 'data').spec.storageClassName).toBe('standard');
    expect(claimOf(model, 'data').status.phase).toBe('Pending');
    model.run(2000);
    const name = `pvc-${claimOf(model, 'data').metadata.uid}`;
    expect(claimOf(model, 'data')).toMatchObject({ spec: { volumeName: name }, status: { phase: 'Bound' } });
    expect(volumeOf(model, name).spec).toMatchObject({
      persistentVolumeReclaimPolicy: 'Delete',
      capacity: { storage: '3Gi' },
    });
    expect(reasons(model)).toEqual(
      expect.arrayContaining(['ExternalProvisioning', 'Provisioning', 'ProvisioningSucceeded']),
    );
    model.do((api) => api.delete(claimOf(model, 'data')));
    model.run(2000);
    expect(model.view.list(PersistentVolume)).toEqual([]);
  });

  it('fills in a class that becomes the default later', () => {
    const model = new Model();
    model.create(claim('data', '1Gi'));
    model.create(storageClass('standard', 'isDefault'));
    model.run(2000);
    expect(claimOf(model, 'data').status.phase).toBe('Bound');
  });

  it('waits for ever for a provisioner it does not know, and says so', () => {
    const model = new Model();
    model.create(storageClass('odd', 'unknown'), claim('data', '1Gi', 'storageClassName: odd'));
    model.run(600_000);
    expect(claimOf(model, 'data').status.phase).toBe('Pending');
    expect(model.view.list(Event).find(({ reason }) => reason === 'ExternalProvisioning')?.message).toBe(
      "Waiting for a volume to be created either by the external provisioner 'example.com/unknown' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    );
  });

  it('heeds the annotation that named the class before there was a field', () => {
    const model = new Model();
    const annotation = 'annotations: { volume.beta.kubernetes.io/storage-class: fast }';
    const old = claim('data', '1Gi').replace('namespace: default', `namespace: default, ${annotation}`);
    model.create(storageClass('fast'), old);
    model.run(10_000);
    expect(claimOf(model, 'data').status.phase).toBe('Bound');
    const volumeName = claimOf(model, 'data').spec.volumeName ?? '';
    expect(volumeOf(model, volumeName).spec.storageClassName).toBe('fast');
  });

  it('says that a class is not there', () => {
    const model = new Model();
    model.create(claim('data', '1Gi', 'storageClassName: gone'));
    const [event] = model.view.list(Event).filter(({ reason }) => reason === 'ProvisioningFailed');
    expect(event?.message).toBe('storageclass.storage.k8s.io "gone" not found');
  });

  it('expands a claim of a class that allows it, and refuses others', () => {
    const model = new Model();
    model.create(storageClass('standard', 'expands'), claim('data', '1Gi', 'storageClassName: standard'));
    model.run(2000);
    const grown = (name: string) => {
      const found = claimOf(model, name);
      return { ...found, spec: { ...found.spec, resources: { requests: { storage: '5Gi' } } } };
    };
    model.do((api) => api.update(grown('data')));
    expect(claimOf(model, 'data').status.conditions?.[0]).toMatchObject({ type: 'Resizing', status: 'True' });
    model.run(2000);
    expect(claimOf(model, 'data').status).toMatchObject({
      capacity: { storage: '1Gi' },
      conditions: [{ type: 'FileSystemResizePending', status: 'True' }],
      allocatedResourceStatuses: { storage: 'NodeResizePending' },
    });
    model.create(NODE, mountingPod('web', 'data'));
    model.run(5000);
    expect(claimOf(model, 'data').status).toMatchObject({ capacity: { storage: '5Gi' } });
    expect(claimOf(model, 'data').status.conditions).toBeUndefined();
    model.create(volume('static', '1Gi'), claim('fixed', '1Gi', 'storageClassName: ""'));
    let message = '';
    model.do((api) => {
      const result = api.update(grown('fixed'));
      message = result.ok ? '' : result.error.message;
    });
    expect(message).toBe(
      'persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  });

  it('writes nothing and waits for the same time after a restart', () => {
    const model = new Model();
    model.create(storageClass('standard', 'isDefault'), claim('data', '3Gi'));
    model.run(500);
    const again = model.restarted();
    expect(again.versions).toEqual([]);
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
  });
});
