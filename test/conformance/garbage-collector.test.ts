import { describe, expect } from 'vitest';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { ReplicationController } from '../../src/kinds/replicationcontroller/types.ts';
import { Service } from '../../src/kinds/service/types.ts';
import type { KubeObject, OwnerReference } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import { apply, cluster, deleteObject, found, label, MINUTE_MS, SECOND_MS, update } from './cluster.ts';
import { conformance } from './conformance.ts';
import { expectStatusOperations } from './crud.ts';

function controller(name: string, replicas: number): string {
  return `
apiVersion: v1
kind: ReplicationController
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {name: ${name}}
  template:
    metadata: {labels: {name: ${name}}}
    spec: {containers: [{name: nginx, image: nginx}]}
`;
}

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx}]}
`;

const pods = (model: Model) => model.view.list(Pod);

function ownerOf(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid };
}

describe('Garbage collector', () => {
  conformance('Garbage collector: delete pods created by rc when not orphaning', () => {
    const model = cluster();
    apply(model, controller('rc', 2));
    expect(pods(model)).toHaveLength(2);
    deleteObject(model, ReplicationController, 'rc', { propagation: 'Background' });
    model.run(MINUTE_MS);
    expect(pods(model)).toEqual([]);
  });

  conformance('Garbage collector: orphan pods created by rc', () => {
    const model = cluster();
    apply(model, controller('rc', 10));
    model.run(MINUTE_MS);
    deleteObject(model, ReplicationController, 'rc', { propagation: 'Orphan' });
    model.run(30 * SECOND_MS);
    expect(model.view.list(ReplicationController)).toEqual([]);
    expect(pods(model)).toHaveLength(10);
    expect(pods(model).flatMap(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([]);
  });

  conformance('Garbage collector: delete RS created by deployment when not orphaning', () => {
    const model = cluster();
    apply(model, DEPLOYMENT);
    expect(model.view.list(ReplicaSet)).toHaveLength(1);
    deleteObject(model, Deployment, 'web', { propagation: 'Background' });
    model.run(MINUTE_MS);
    expect(model.view.list(Deployment)).toEqual([]);
    expect(model.view.list(ReplicaSet)).toEqual([]);
    expect(pods(model)).toEqual([]);
  });

  conformance('Garbage collector: orphan RS created by deployment', () => {
    const model = cluster();
    apply(model, DEPLOYMENT);
    deleteObject(model, Deployment, 'web', { propagation: 'Orphan' });
    model.run(30 * SECOND_MS);
    expect(model.view.list(Deployment)).toEqual([]);
    expect(model.view.list(ReplicaSet)).toHaveLength(1);
    expect(model.view.list(ReplicaSet)[0]?.metadata.ownerReferences ?? []).toEqual([]);
    expect(pods(model)).toHaveLength(2);
  });

  conformance('Garbage collector: keep the rc until all its pods are deleted', () => {
    const model = cluster();
    apply(model, controller('rc', 10));
    model.run(MINUTE_MS);
    deleteObject(model, ReplicationController, 'rc', { propagation: 'Foreground' });
    model.runUntil(() => {
      const [owner] = model.view.list(ReplicationController);
      if (owner) expect(owner.metadata.deletionTimestamp).toBeDefined();
      if (pods(model).length > 0) expect(owner).toBeDefined();
      return owner === undefined;
    });
    expect(pods(model)).toEqual([]);
  });

  conformance('Garbage collector: not delete dependents with a valid owner and one waiting', () => {
    const model = cluster();
    apply(model, controller('to-be-deleted', 10));
    apply(model, controller('to-stay', 0));
    model.run(MINUTE_MS);
    const staying = found(model, ReplicationController, 'to-stay');
    const half = pods(model).slice(0, 5);
    for (const { metadata } of half) {
      update(model, Pod, metadata.name, (pod) => {
        const ownerReferences = [...(pod.metadata.ownerReferences ?? []), ownerOf(staying)];
        return { ...pod, metadata: { ...pod.metadata, ownerReferences } };
      });
    }
    deleteObject(model, ReplicationController, 'to-be-deleted', { propagation: 'Foreground' });
    model.run(2 * MINUTE_MS);
    expect(model.view.list(ReplicationController).map(({ metadata }) => metadata.name)).toEqual(['to-stay']);
    expect(pods(model).map(({ metadata }) => metadata.name)).toEqual(half.map(({ metadata }) => metadata.name));
    for (const { metadata } of pods(model)) {
      expect(metadata.deletionTimestamp).toBeUndefined();
      expect(metadata.ownerReferences).toEqual([ownerOf(staying)]);
    }
  });

  conformance('Garbage collector: not blocked by dependency circle', () => {
    const model = cluster();
    const names = ['pod1', 'pod2', 'pod3'];
    for (const name of names) {
      apply(
        model,
        `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: nginx, image: nginx}]}\n`,
      );
    }
    for (const [index, name] of names.entries()) {
      const owner = found(model, Pod, names[(index + 2) % 3] ?? '');
      update(model, Pod, name, (pod) => {
        const reference = { ...ownerOf(owner), controller: true, blockOwnerDeletion: true };
        return { ...pod, metadata: { ...pod.metadata, ownerReferences: [reference] } };
      });
    }
    model.run(MINUTE_MS);
    expect(pods(model)).toHaveLength(3);
    deleteObject(model, Pod, 'pod1', { propagation: 'Foreground' });
    model.run(2 * MINUTE_MS);
    expect(pods(model)).toEqual([]);
  });
});

const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: nsdelete}\n';
const FINALIZER = 'e2e.example.com/fakeFinalizer';

/** Something made in a namespace is gone with it, and does not come back when a namespace of that name does. */
function expectRemovedWithNamespace(model: Model, text: string): void {
  const inNamespace = () => model.view.list(Pod, 'nsdelete').length + model.view.list(Service, 'nsdelete').length;
  apply(model, NAMESPACE);
  apply(model, text, { namespace: 'nsdelete' });
  model.run(MINUTE_MS);
  expect(inNamespace()).toBe(1);
  deleteObject(model, Namespace, 'nsdelete');
  model.run(3 * MINUTE_MS);
  expect(model.view.get(Namespace, undefined, 'nsdelete')).toBeUndefined();
  apply(model, NAMESPACE);
  expect(inNamespace()).toBe(0);
}

describe('Namespaces', () => {
  conformance('Namespaces: all pods removed when deleted', () => {
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: c, image: pause}]}\n';
    expectRemovedWithNamespace(cluster(), pod);
  });

  conformance('Namespaces: all services removed when deleted', () => {
    const service =
      'apiVersion: v1\nkind: Service\nmetadata: {name: one}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n';
    expectRemovedWithNamespace(cluster(), service);
  });

  conformance('Namespaces: patch', () => {
    const model = cluster();
    apply(model, NAMESPACE);
    label(model, Namespace, 'nsdelete', { testLabel: 'testValue' });
    expect(found(model, Namespace, 'nsdelete').metadata.labels).toMatchObject({ testLabel: 'testValue' });
  });

  conformance('Namespaces: apply an update', () => {
    const model = cluster();
    apply(model, NAMESPACE);
    const { uid } = found(model, Namespace, 'nsdelete').metadata;
    label(model, Namespace, 'nsdelete', { nsdelete: 'updated' });
    const { labels } = found(model, Namespace, 'nsdelete').metadata;
    expect(labels).toEqual({ 'kubernetes.io/metadata.name': 'nsdelete', nsdelete: 'updated' });
    expect(found(model, Namespace, 'nsdelete').metadata.uid).toBe(uid);
  });

  conformance('Namespaces: apply changes to status', () => {
    const model = cluster();
    apply(model, NAMESPACE);
    expectStatusOperations(model, Namespace, 'nsdelete');
    expect(found(model, Namespace, 'nsdelete').status.phase).toBe('Active');
  });

  conformance('Namespaces: apply a finalizer', () => {
    const model = cluster();
    apply(model, NAMESPACE);
    const stored = () => model.view.get(Namespace, undefined, 'nsdelete');
    model.do((api) => {
      const namespace = found(model, Namespace, 'nsdelete');
      const finalizers = [...(namespace.spec.finalizers ?? []), FINALIZER];
      api.writeSubresource<Namespace>({ ...namespace, spec: { finalizers } });
    });
    expect(stored()).toMatchObject({ spec: { finalizers: ['kubernetes', FINALIZER] }, status: { phase: 'Active' } });
    deleteObject(model, Namespace, 'nsdelete');
    model.run(MINUTE_MS);
    expect(stored()).toMatchObject({ spec: { finalizers: [FINALIZER] }, status: { phase: 'Terminating' } });
    update(model, Namespace, 'nsdelete', (namespace) => ({ ...namespace, spec: { finalizers: [] } }));
    expect(stored()).toBeUndefined();
  });
});
