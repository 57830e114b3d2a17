import { describe, expect } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { ReplicationController } from '../../src/kinds/replicationcontroller/types.ts';
import { controllerRef, type NewObject } from '../../src/machinery/object.ts';
import { matches, fromSet } from '../../src/machinery/selector.ts';
import { Model } from '../support/model.ts';
import {
  about,
  current,
  newReplicaSet,
  newReplicationController,
  podTemplate,
  READY_AFTER_MS,
  replicaModel,
} from '../replicaset/replica-model.ts';
import { conformance } from './conformance.ts';

function barePod(name: string, labels: Record<string, string>): NewObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels }, spec: podTemplate().spec };
}

function relabel(model: Model, pod: Pod, labels: Record<string, string>): void {
  model.do((api) => api.update({ ...current(model, pod), metadata: { ...current(model, pod).metadata, labels } }));
}

describe('ReplicaSet', () => {
  conformance('ReplicaSet: serve a basic image on each replica', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet({ replicas: 2 }));
    model.run(READY_AFTER_MS);
    expect(current(model, web!).status).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
    const pods = model.view.list(Pod);
    expect(pods.map((pod) => pod.status.phase)).toEqual(['Running', 'Running']);
    expect(new Set(pods.map((pod) => pod.metadata.name)).size).toBe(2);
  });

  conformance('ReplicaSet: adopt matching pods on creation and release no longer matching pods', () => {
    const model = replicaModel();
    const [orphan] = model.create(barePod('pod-adoption-release', { app: 'web' }));
    const [web] = model.create(newReplicaSet({ replicas: 1 }));
    expect(controllerRef(current(model, orphan!))).toMatchObject({ uid: web!.metadata.uid, controller: true });
    expect(model.view.count(Pod)).toBe(1);
    relabel(model, orphan as Pod, { app: 'not-matching' });
    expect(controllerRef(current(model, orphan!))).toBeUndefined();
    expect(model.view.count(Pod)).toBe(2);
  });

  conformance('ReplicaSet: working scale subresource', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet({ replicas: 1 }));
    expect(model.command('scaleReplicaSet', about(web!, { replicas: 2 })).errors).toBeUndefined();
    expect(current(model, web as ReplicaSet).spec.replicas).toBe(2);
    expect(model.view.count(Pod)).toBe(2);
  });

  conformance('ReplicaSet: Replace and Patch tests', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet({ replicas: 1 }));
    model.run(READY_AFTER_MS);
    const replace = (change: (replicaSet: ReplicaSet) => ReplicaSet) =>
      model.do((api) => api.update(change(current(model, web as ReplicaSet))));
    replace((replicaSet) => ({ ...replicaSet, spec: { ...replicaSet.spec, replicas: 2 } }));
    model.run(READY_AFTER_MS);
    expect(current(model, web!).status).toMatchObject({ readyReplicas: 2 });
    replace((replicaSet) => ({
      ...replicaSet,
      metadata: { ...replicaSet.metadata, labels: { 'test-rs': 'patched' } },
      spec: { ...replicaSet.spec, replicas: 3, template: podTemplate({ app: 'web' }, 'web:2') },
    }));
    model.run(READY_AFTER_MS);
    const patched = current(model, web as ReplicaSet);
    expect(patched.metadata.labels).toEqual({ 'test-rs': 'patched' });
    expect(patched.status).toMatchObject({ readyReplicas: 3 });
    const images = model.view.list(Pod).map((pod) => pod.spec.containers[0]?.image);
    expect(images).toEqual(['web:1', 'web:1', 'web:2']);
  });

  conformance('ReplicaSet: list and delete a collection', () => {
    const model = replicaModel();
    const labelled = (name: string) => {
      const object = newReplicaSet({ replicas: 1 }, name);
      return { ...object, metadata: { ...object.metadata, labels: { 'e2e-rs': 'collection' } } };
    };
    model.create(labelled('one'), labelled('two'), labelled('three'), newReplicaSet({ replicas: 1 }, 'other'));
    const selector = fromSet({ 'e2e-rs': 'collection' });
    const selected = () => model.view.list(ReplicaSet).filter(({ metadata }) => matches(selector, metadata.labels));
    expect(selected()).toHaveLength(3);
    model.do((api) => selected().forEach((replicaSet) => api.delete(replicaSet)));
    expect(selected()).toHaveLength(0);
    expect(model.view.list(ReplicaSet).map(({ metadata }) => metadata.name)).toEqual(['other']);
  });

  conformance('ReplicaSet: validate Status endpoints', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet({ replicas: 1 }));
    const report = (type: string) => {
      const condition = { type, status: 'True' as const, reason: 'E2E', message: 'Set from e2e test' };
      model.do((api) => {
        const stored = current(model, web as ReplicaSet);
        const conditions = [...(stored.status.conditions ?? []), condition];
        api.updateStatus({ ...stored, status: { ...stored.status, conditions } });
      });
    };
    report('StatusUpdate');
    report('StatusPatched');
    model.run(READY_AFTER_MS);
    const { status, metadata } = current(model, web as ReplicaSet);
    expect(status.conditions?.map(({ type }) => type)).toEqual(['StatusUpdate', 'StatusPatched']);
    expect(metadata.generation).toBe(1);
  });
});

describe('ReplicationController', () => {
  conformance('ReplicationController: serve a basic image on each replica', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicationController({ replicas: 2 }));
    model.run(READY_AFTER_MS);
    expect(current(model, web!).status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  });

  conformance('ReplicationController: adopt matching pods on creation', () => {
    const model = replicaModel();
    const [orphan] = model.create(barePod('pod-adoption', { app: 'web' }));
    const [web] = model.create(newReplicationController({ replicas: 1 }));
    expect(controllerRef(current(model, orphan!))?.uid).toBe(web!.metadata.uid);
    expect(model.view.count(Pod)).toBe(1);
  });

  conformance('ReplicationController: release no longer matching pods', () => {
    const model = replicaModel();
    model.create(newReplicationController({ replicas: 1 }));
    const [pod] = model.view.list(Pod);
    relabel(model, pod!, { app: 'not-matching' });
    expect(controllerRef(current(model, pod!))).toBeUndefined();
    expect(model.view.count(Pod)).toBe(2);
  });

  conformance('ReplicationController: get and update scale', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicationController({ replicas: 1 }));
    expect(model.command('scaleReplicationController', about(web!, { replicas: 2 })).errors).toBeUndefined();
    expect(current(model, web as ReplicationController).spec.replicas).toBe(2);
    model.run(READY_AFTER_MS);
    expect(current(model, web!).status).toMatchObject({ readyReplicas: 2 });
  });

  conformance('ReplicationController: surface a failure condition on exceeded quota', () => {
    const model = new Model();
    model.create({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'condition-test', namespace: 'default' },
      spec: { hard: { pods: '2' } },
    });
    const [web] = model.create(newReplicationController({ replicas: 3 }));
    expect(current(model, web as ReplicationController).status).toMatchObject({
      replicas: 2,
      conditions: [
        {
          type: 'ReplicaFailure',
          status: 'True',
          reason: 'FailedCreate',
          message: expect.stringMatching(
            /^pods "web-[a-z0-9]{5}" is forbidden: exceeded quota: condition-test, requested: pods=1, used: pods=2, limited: pods=2$/,
          ),
        },
      ],
    });
    model.command('scaleReplicationController', about(web!, { replicas: 2 }));
    expect(current(model, web as ReplicationController).status).not.toHaveProperty('conditions');
  });

  conformance('ReplicationController: lifecycle', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicationController({ replicas: 1 }));
    const stored = () => current(model, web as ReplicationController);
    model.run(READY_AFTER_MS);
    model.do((api) =>
      api.update({ ...stored(), metadata: { ...stored().metadata, labels: { 'test-rc': 'patched' } } }),
    );
    expect(stored().metadata.labels).toEqual({ 'test-rc': 'patched' });
    const condition = { type: 'Custom', status: 'True' as const };
    model.do((api) => api.updateStatus({ ...stored(), status: { ...stored().status, conditions: [condition] } }));
    expect(stored().status).toMatchObject({ readyReplicas: 1, conditions: [condition] });
    model.do((api) => api.update({ ...stored(), spec: { ...stored().spec, replicas: 2 } }));
    model.run(READY_AFTER_MS);
    expect(stored().status).toMatchObject({ replicas: 2, readyReplicas: 2 });
    expect(model.view.list(ReplicationController)).toHaveLength(1);
    model.do((api) => api.delete(stored()));
    expect(model.view.list(ReplicationController)).toHaveLength(0);
    const changes = model.versions.filter(({ kindKey }) => kindKey === 'ReplicationController').map(({ type }) => type);
    expect(changes[0]).toBe('ADDED');
    expect(changes.at(-1)).toBe('DELETED');
  });
});
