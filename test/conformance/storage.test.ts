import { describe, expect } from 'vitest';
import { PersistentVolume } from '../../src/kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { StorageClass } from '../../src/kinds/storageclass/types.ts';
import { defineKind, type Kind } from '../../src/machinery/kind.ts';
import { annotate, apply, cluster, deleteObject, found, label, MINUTE_MS, update, updateStatus } from './cluster.ts';
import { conformance } from './conformance.ts';
import { expectApiOperations, expectStatusOperations } from './crud.ts';

function storageKind(kind: string, plural: string, namespaced = false): Kind {
  return defineKind({ apiVersion: 'storage.k8s.io/v1', kind, plural, namespaced });
}

const VOLUME = `
apiVersion: v1
kind: PersistentVolume
metadata: {name: volume, labels: {e2e: one}}
spec:
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ''
  hostPath: {path: /tmp}
`;

const CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim, labels: {e2e: one}}
spec: {storageClassName: '', accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;

describe('PersistentVolumes', () => {
  conformance('PersistentVolumes: lifecycle of a PV and a PVC', () => {
    const model = cluster();
    apply(model, VOLUME);
    apply(model, CLAIM);
    expect(model.view.list(PersistentVolume)).toHaveLength(1);
    expect(model.view.list(PersistentVolumeClaim, 'default')).toHaveLength(1);
    for (const patched of ['true', 'updated']) {
      label(model, PersistentVolume, 'volume', { patched });
      label(model, PersistentVolumeClaim, 'claim', { patched });
      expect(found(model, PersistentVolume, 'volume').metadata.labels).toMatchObject({ patched });
      expect(found(model, PersistentVolumeClaim, 'claim').metadata.labels).toMatchObject({ patched });
    }
    expect(found(model, PersistentVolumeClaim, 'claim').status.phase).toBe('Bound');
    deleteObject(model, PersistentVolumeClaim, 'claim');
    model.run(MINUTE_MS);
    expect(model.view.list(PersistentVolumeClaim)).toEqual([]);
    deleteObject(model, PersistentVolume, 'volume');
    model.run(MINUTE_MS);
    expect(model.view.list(PersistentVolume)).toEqual([]);
    apply(model, VOLUME);
    apply(model, CLAIM);
    model.do((api) => {
      for (const object of model.view.list(PersistentVolumeClaim)) api.delete(object);
      for (const object of model.view.list(PersistentVolume)) api.delete(object);
    });
    model.run(MINUTE_MS);
    expect([model.view.list(PersistentVolumeClaim), model.view.list(PersistentVolume)]).toEqual([[], []]);
  });

  conformance('PersistentVolumes: apply changes to a pv/pvc status', () => {
    const model = cluster();
    apply(model, VOLUME);
    apply(model, CLAIM);
    expectStatusOperations(model, PersistentVolumeClaim, 'claim');
    expect(found(model, PersistentVolumeClaim, 'claim').status.phase).toBe('Bound');
    for (const message of ['StatusPatched', 'StatusUpdated']) {
      updateStatus(model, PersistentVolume, 'volume', (status) => ({ ...status, message, reason: 'E2E' }));
      expect(found(model, PersistentVolume, 'volume').status).toMatchObject({ message, reason: 'E2E' });
    }
  });
});

describe('Storage API', () => {
  conformance('StorageClass lifecycle', () => {
    const text =
      'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: e2e}\nprovisioner: e2e.example.com\n';
    expectApiOperations(cluster(), StorageClass, text);
  });

  conformance('CSIDriver lifecycle', () => {
    const text =
      'apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: e2e}\nspec: {attachRequired: false}\n';
    expectApiOperations(cluster(), storageKind('CSIDriver', 'csidrivers'), text);
  });

  conformance('CSINode lifecycle', () => {
    const text = 'apiVersion: storage.k8s.io/v1\nkind: CSINode\nmetadata: {name: e2e}\nspec: {drivers: []}\n';
    expectApiOperations(cluster(), storageKind('CSINode', 'csinodes'), text);
  });

  conformance('CSIStorageCapacity API operations', () => {
    const text = `
apiVersion: storage.k8s.io/v1
kind: CSIStorageCapacity
metadata: {name: e2e, labels: {test: e2e}}
storageClassName: some-class
capacity: 1Gi
`;
    expectApiOperations(cluster(), storageKind('CSIStorageCapacity', 'csistoragecapacities', true), text);
  });

  const attachment = `
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: {name: e2e}
spec: {attacher: e2e.example.com, nodeName: node-1, source: {persistentVolumeName: volume}}
`;
  const VolumeAttachment = storageKind('VolumeAttachment', 'volumeattachments');

  conformance('VolumeAttachment lifecycle', () => {
    expectApiOperations(cluster(), VolumeAttachment, attachment);
  });

  conformance('VolumeAttachment status', () => {
    const model = cluster();
    apply(model, attachment);
    for (const attached of [true, false]) {
      updateStatus(model, VolumeAttachment, 'e2e', () => ({ attached }));
      expect(found(model, VolumeAttachment, 'e2e').status).toEqual({ attached });
    }
    annotate(model, VolumeAttachment, 'e2e', { updated: 'true' });
    update(model, VolumeAttachment, 'e2e', (object) => ({ ...object, status: { attached: true } }));
    expect(found(model, VolumeAttachment, 'e2e').status).toEqual({ attached: false });
  });
});
