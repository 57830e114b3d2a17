import { describe, expect, it } from 'vitest';
import { PersistentVolume } from '../../src/kinds/persistentvolume/types.ts';
import { SELECTED_NODE } from '../../src/kinds/persistentvolumeclaim/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';
import { claim, claimOf, mounting, node, podOf, remove, said, storageClass, volumeOf } from './support.ts';

const WAITS = { volumeBindingMode: 'WaitForFirstConsumer' };
const ZONE = 'topology.kubernetes.io/zone';
const MINUTE = 60_000;

const nameOf = (model: Model, name: string) => `pvc-${claimOf(model, name).metadata.uid}`;
const of = (className: string) => ({ storageClassName: className });

function breakStorage(model: Model, fault: object, duration?: string): void {
  model.command('injectFault', { fault: { storage: { driver: 'ebs.csi.aws.com', ...fault } }, duration });
}

describe('what a claim says while it waits', () => {
  const rows: { sentence: string; objects: NewObject[]; says: string[] }[] = [
    {
      sentence: 'that there is neither volume nor class',
      objects: [claim('c')],
      says: ['Normal FailedBinding: no persistent volumes available for this claim and no storage class is set'],
    },
    {
      sentence: 'that its class is not there',
      objects: [claim('c', '1Gi', of('gone'))],
      says: ['Warning ProvisioningFailed: storageclass.storage.k8s.io "gone" not found'],
    },
    {
      sentence: 'that volumes of its class are made by hand',
      objects: [storageClass('local', { provisioner: 'kubernetes.io/no-provisioner' }), claim('c', '1Gi', of('local'))],
      says: ['Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner'],
    },
    {
      sentence: 'that the provisioner of its class is no more',
      objects: [storageClass('old', { provisioner: 'kubernetes.io/glusterfs' }), claim('c', '1Gi', of('old'))],
      says: ['Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/glusterfs'],
    },
    {
      sentence: 'that it waits for its first consumer',
      objects: [storageClass('late', WAITS), claim('c', '1Gi', of('late'))],
      says: ['Normal WaitForFirstConsumer: waiting for first consumer to be created before binding'],
    },
    {
      sentence: 'which pod is to be scheduled first',
      objects: [storageClass('late', WAITS), mounting('web', 'c'), claim('c', '1Gi', of('late'))],
      says: ['Normal WaitForPodScheduled: waiting for pod web to be scheduled'],
    },
    {
      sentence: 'which pods are to be scheduled first',
      objects: [storageClass('late', WAITS), mounting('a', 'c'), mounting('b', 'c'), claim('c', '1Gi', of('late'))],
      says: ['Normal WaitForPodScheduled: waiting for pods a,b to be scheduled'],
    },
  ];

  it.each(rows)('$sentence', ({ objects, says }) => {
    const model = new Model();
    model.create(...objects);
    expect(said(model, 'c')).toEqual(says);
    expect(model.restarted().versions).toEqual([]);
  });

  it('waits for the driver that has taken over from a provisioner of the Kubernetes tree', () => {
    const model = new Model();
    model.create(storageClass('gp2', { provisioner: 'kubernetes.io/aws-ebs' }), claim('c', '1Gi', of('gp2')));
    expect(said(model, 'c')[0]).toContain("external provisioner 'ebs.csi.aws.com'");
    expect(claimOf(model, 'c').metadata.annotations?.['volume.kubernetes.io/storage-provisioner']).toBe(
      'ebs.csi.aws.com',
    );
    model.run(3000);
    expect(volumeOf(model, nameOf(model, 'c'))).toMatchObject({
      metadata: { annotations: { 'pv.kubernetes.io/provisioned-by': 'kubernetes.io/aws-ebs' } },
      spec: { csi: { driver: 'ebs.csi.aws.com' } },
    });
  });
});

describe('where a volume lies', () => {
  const zone = (name: string) => ({ [ZONE]: name });
  const terms = (model: Model) => volumeOf(model, nameOf(model, 'c')).spec.nodeAffinity?.required?.nodeSelectorTerms;
  const inZone = (name: string) => [{ matchExpressions: [{ key: ZONE, operator: 'In', values: [name] }] }];

  it("lies in the zone of the first consumer's node, which the class allows", () => {
    const model = new Model();
    const topologies = [{ matchLabelExpressions: [{ key: ZONE, values: ['b'] }] }];
    model.create(node('a', zone('a')), node('b', zone('b')));
    model.create(storageClass('late', { ...WAITS, allowedTopologies: topologies }), claim('c', '1Gi', of('late')));
    model.create(mounting('web', 'c'));
    expect(claimOf(model, 'c').metadata.annotations?.[SELECTED_NODE]).toBe('b');
    model.run(10_000);
    expect(podOf(model, 'web').spec.nodeName).toBe('b');
    expect(terms(model)).toEqual(inZone('b'));
  });

  it('lies in a zone that the class allows when it is made at once', () => {
    const model = new Model();
    const topologies = [{ matchLabelExpressions: [{ key: ZONE, values: ['b'] }] }];
    model.create(node('a', zone('a')), node('b', zone('b')), storageClass('now', { allowedTopologies: topologies }));
    model.create(claim('c', '1Gi', of('now')));
    model.run(3000);
    expect(terms(model)).toEqual(inZone('b'));
    model.create(mounting('web', 'c'));
    expect(podOf(model, 'web').spec.nodeName).toBe('b');
  });

  it('lies on the node of the first consumer when it is a directory there', () => {
    const model = new Model();
    model.create(node('a'), storageClass('local', { ...WAITS, provisioner: 'rancher.io/local-path' }));
    model.create(claim('c', '1Gi', of('local')), mounting('web', 'c'));
    model.run(3000);
    expect(terms(model)).toEqual([
      { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['a'] }] },
    ]);
  });

  it('asks the scheduler again when the chosen node has gone', () => {
    const model = new Model();
    model.create(storageClass('late', WAITS));
    model.create(claim('c', '1Gi', of('late'), { annotations: { [SELECTED_NODE]: 'gone' } }));
    expect(claimOf(model, 'c').metadata.annotations?.[SELECTED_NODE]).toBeUndefined();
  });

  it('takes no volume that the scheduler has not chosen, though it has chosen the node', () => {
    const model = new Model();
    model.create(storageClass('late', { ...WAITS, provisioner: 'example.com/none' }));
    model.create(claim('c', '1Gi', of('late'), { annotations: { [SELECTED_NODE]: 'a' } }), node('a'));
    model.create({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'v' },
      spec: {
        ...of('late'),
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        nfs: { server: 's', path: '/' },
      },
    });
    expect(claimOf(model, 'c').status.phase).toBe('Pending');
  });
});

describe('a driver that fails', () => {
  it('fails to make a volume again and again, after 1, 2, 4 … seconds, until it can', () => {
    const model = new Model();
    breakStorage(model, { message: 'rpc error: code = ResourceExhausted desc = no more disks' }, '30s');
    model.create(storageClass('now'), claim('c', '1Gi', of('now')));
    model.run(29_000);
    expect(said(model, 'c')).toContain(
      'Warning ProvisioningFailed: failed to provision volume with StorageClass "now": rpc error: code = ResourceExhausted desc = no more disks',
    );
    // Attempts end after 2, 5, 9, 15 and 25 seconds.
    expect(claimOf(model, 'c').runtime?.provisioningFailures).toBe(5);
    expect(model.restarted().versions).toEqual([]);
    expect(model.restarted().engine.nextTimer()).toBe(model.engine.nextTimer());
    model.run(MINUTE);
    expect(claimOf(model, 'c').status.phase).toBe('Bound');
  });

  it('takes longer over it', () => {
    const model = new Model();
    breakStorage(model, { delay: '30s' });
    model.create(storageClass('now'), claim('c', '1Gi', of('now')));
    model.run(31_000);
    expect(claimOf(model, 'c').status.phase).toBe('Pending');
    model.run(1000);
    expect(claimOf(model, 'c').status.phase).toBe('Bound');
  });

  it('leaves the other drivers alone', () => {
    const model = new Model();
    breakStorage(model, { driver: 'pd.*' });
    model.create(storageClass('now'), claim('c', '1Gi', of('now')));
    model.run(2000);
    expect(claimOf(model, 'c').status.phase).toBe('Bound');
  });

  it('fails to delete a volume, which stays released until it can', () => {
    const model = new Model();
    model.create(storageClass('now'), claim('c', '1Gi', of('now')));
    model.run(2000);
    const name = nameOf(model, 'c');
    breakStorage(model, { operation: 'DELETE', message: 'still has snapshots' }, '10s');
    remove(model, claimOf(model, 'c'));
    model.run(5000);
    expect(volumeOf(model, name).status.phase).toBe('Released');
    expect(said(model, name)).toEqual(['Warning VolumeFailedDelete: still has snapshots']);
    model.run(MINUTE);
    expect(volumeOf(model, name)).toBeUndefined();
  });

  it.each([
    ['without a driver', { driver: '' }, 'spec.storage.driver: Required value'],
    [
      'with an operation there is not',
      { driver: 'x', operation: 'PAINT' },
      'spec.storage.operation: Unsupported value: "PAINT": supported values: "ATTACH", "DELETE", "DETACH", "EXPAND", "PROVISION"',
    ],
    ['with a delay that is none', { driver: 'x', delay: 'soon' }, 'spec.storage.delay: Invalid value: "soon"'],
  ])('is no fault %s', (_what, storage, message) => {
    const outcome = new Model().command('injectFault', { fault: { storage } });
    expect(outcome.errors?.[0]?.message).toContain(message);
  });
});

describe('what a driver made', () => {
  it('goes with its claim, and is not let go by its driver before', () => {
    const model = new Model();
    model.create(storageClass('now'), claim('c', '1Gi', of('now')));
    model.run(2000);
    const name = nameOf(model, 'c');
    expect(volumeOf(model, name).metadata.finalizers).toEqual([
      'external-provisioner.volume.kubernetes.io/finalizer',
      'kubernetes.io/pv-protection',
    ]);
    remove(model, volumeOf(model, name));
    remove(model, claimOf(model, 'c'));
    expect(volumeOf(model, name).status.phase).toBe('Released');
    model.run(2000);
    expect(model.view.list(PersistentVolume)).toEqual([]);
  });

  it('stays when its class retains', () => {
    const model = new Model();
    model.create(storageClass('keep', { reclaimPolicy: 'Retain' }), claim('c', '1Gi', of('keep')));
    model.run(2000);
    const name = nameOf(model, 'c');
    remove(model, claimOf(model, 'c'));
    model.run(MINUTE);
    expect(volumeOf(model, name).status.phase).toBe('Released');
  });

  it('is deleted only when it is off its node', () => {
    const model = new Model();
    model.create(node('a'), storageClass('now'), claim('c', '1Gi', of('now')));
    model.run(2000);
    model.create(mounting('web', 'c'));
    model.run(10_000);
    const name = nameOf(model, 'c');
    breakStorage(model, { operation: 'DETACH' }, '20s');
    remove(model, claimOf(model, 'c'));
    remove(model, podOf(model, 'web'));
    model.run(10_000);
    expect(said(model, name)).toEqual([
      `Warning VolumeFailedDelete: persistentvolume ${name} is still attached to node a`,
    ]);
    model.run(3 * MINUTE);
    expect(volumeOf(model, name)).toBeUndefined();
  });
});

describe('a generic ephemeral volume', () => {
  const template = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  const scratch = { volumes: [{ name: 'data', ephemeral: { volumeClaimTemplate: template } }] };

  it('gets a claim of its own, which goes with its pod', () => {
    const model = new Model();
    model.create(node('a'), storageClass('now', {}, true), mounting('web', '', scratch));
    expect(claimOf(model, 'web-data').metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Pod', name: 'web' });
    model.run(20_000);
    expect(podOf(model, 'web').status.phase).toBe('Running');
    remove(model, podOf(model, 'web'));
    model.run(20_000);
    expect(claimOf(model, 'web-data')).toBeUndefined();
    expect(model.view.list(PersistentVolume)).toEqual([]);
  });

  it("leaves somebody else's claim of that name alone", () => {
    const model = new Model();
    model.create(node('a'), claim('web-data'), mounting('web', '', scratch));
    expect(claimOf(model, 'web-data').metadata.ownerReferences).toBeUndefined();
    expect(podOf(model, 'web').status.conditions?.[0]?.message).toContain(
      'PVC default/web-data was not created for pod default/web (pod is not owner)',
    );
  });
});
