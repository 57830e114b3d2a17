import { Event } from '../../src/kinds/event/types.ts';
import { PersistentVolume } from '../../src/kinds/persistentvolume/types.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';

/** Objects of the storage tests; `spec` goes over what a plain one has. */

export function node(name: string, labels: Record<string, string> = {}): NewObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {}, status: {} };
}

export function volume(name: string, storage = '1Gi', spec: object = {}, metadata: object = {}): NewObject {
  const all = { capacity: { storage }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, ...spec };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, ...metadata },
    spec: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
  };
}

export function claim(name: string, storage = '1Gi', spec: object = {}, metadata: object = {}): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
  };
}

export function storageClass(name: string, fields: object = {}, isDefault = false): NewObject {
  const annotations: Record<string, string> = isDefault
    ? { 'storageclass.kubernetes.io/is-default-class': 'true' }
    : {};
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations },
    provisioner: 'ebs.csi.aws.com',
    ...fields,
  } as NewObject;
}

export function mounting(name: string, claimName: string, spec: object = {}): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'web', image: 'web', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
      ...spec,
    },
  };
}

export const claimOf = (model: Model, name: string) => model.view.get(PersistentVolumeClaim, 'default', name)!;
export const volumeOf = (model: Model, name: string) => model.view.get(PersistentVolume, undefined, name)!;
export const podOf = (model: Model, name: string) => model.view.get(Pod, 'default', name)!;

/** What was said of an object: "Warning Reason: message", in the order of its first time. */
export function said(model: Model, name: string): string[] {
  return model.view
    .list(Event)
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

export function update<T extends { metadata: object }>(model: Model, object: T): string {
  let message = '';
  model.do((api) => {
    const result = api.update(object as never);
    message = result.ok ? '' : result.error.message;
  });
  return message;
}

export function remove(model: Model, object: { metadata: object }): void {
  model.do((api) => api.delete(object as never));
}
