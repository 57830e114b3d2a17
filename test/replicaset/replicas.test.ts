import { describe, expect, it } from 'vitest';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { columns } from '../../src/kinds/replicaset/table.ts';
import { invalidObject } from '../../src/machinery/api-error.ts';
import type { AdmissionPlugin } from '../../src/machinery/definition.ts';
import { controllerRef, type NewObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import {
  current,
  eventsOf,
  newReplicaSet,
  newReplicationController,
  podTemplate,
  READY_AFTER_MS,
  replicaModel,
  setReady,
} from './replica-model.ts';

function barePod(name: string, labels: Record<string, string>, extra: object = {}): NewObject {
  const { spec } = podTemplate();
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels, ...extra }, spec };
}

function scale(model: Model, replicaSet: ReplicaSet, replicas: number): void {
  model.do((api) => {
    const object = current(model, replicaSet);
    api.update({ ...object, spec: { ...object.spec, replicas } });
  });
}

/** A quota of pods, in its words. */
function podLimit(limit: number): AdmissionPlugin & { limit: number } {
  return {
    limit,
    name: 'quota',
    kinds: [Pod],
    validate(object, old, { view }) {
      if (old || view.count(Pod) < this.limit) return undefined;
      return { reason: 'Forbidden', message: `pods "${object.metadata.name}" is forbidden: exceeded quota` };
    },
  };
}

describe('a ReplicaSet', () => {
  it('creates its pods from the template, owned by it, and says so', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    const pods = model.view.list(Pod);
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
      expect(pod.metadata.labels).toEqual({ app: 'web' });
      expect(controllerRef(pod)).toEqual({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'web',
        uid: web!.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      });
    }
    expect(eventsOf(model, 'ReplicaSet')).toEqual(
      pods.map((pod) => `SuccessfulCreate: Created pod: ${pod.metadata.name}`),
    );
  });

  it('reports its pods as they become ready', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    expect(current(model, web!).status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
    model.run(READY_AFTER_MS);
    expect(current(model, web!).status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
  });

  it('counts a pod as available only after minReadySeconds', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet({ minReadySeconds: 10 }));
    model.run(READY_AFTER_MS + 9_999);
    expect(current(model, web!).status).toMatchObject({ readyReplicas: 3 });
    expect(current(model, web!).status).not.toHaveProperty('availableReplicas');
    model.run(1);
    expect(current(model, web!).status).toMatchObject({ readyReplicas: 3, availableReplicas: 3 });
  });

  it('replaces a pod that was deleted at once, and counts the old one as terminating until it is gone', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    model.run(READY_AFTER_MS);
    const [first] = model.view.list(Pod);
    model.do((api) => api.delete(first!));
    expect(current(model, web!).status).toMatchObject({ replicas: 3, readyReplicas: 2, terminatingReplicas: 1 });
    expect(model.view.count(Pod)).toBe(4);
    model.run(30_000);
    expect(current(model, web!).status).toMatchObject({ replicas: 3, readyReplicas: 3, terminatingReplicas: 0 });
    expect(model.view.count(Pod)).toBe(3);
  });

  it('replaces a pod that failed and leaves the failed one', () => {
    const model = replicaModel();
    model.create(newReplicaSet());
    model.run(READY_AFTER_MS);
    const [first] = model.view.list(Pod);
    model.do((api) => api.updateStatus({ ...first!, status: { phase: 'Failed' } }));
    expect(
      model.view
        .list(Pod)
        .map((pod) => pod.status.phase)
        .sort(),
    ).toEqual(['Failed', 'Pending', 'Running', 'Running']);
  });

  it('deletes by rank when it has too many: what is not ready first', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    model.run(READY_AFTER_MS);
    const [, second] = model.view.list(Pod);
    model.do((api) => setReady(second!, false, (pod) => api.updateStatus(pod), api.now));
    scale(model, web as ReplicaSet, 2);
    expect(eventsOf(model, 'ReplicaSet').at(-1)).toBe(`SuccessfulDelete: Deleted pod: ${second!.metadata.name}`);
    expect(current(model, web!).status).toMatchObject({ replicas: 2, terminatingReplicas: 1 });
  });

  it('spares the pod that is dearest to delete', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    model.run(READY_AFTER_MS);
    const [first, second] = model.view.list(Pod);
    const annotations = { 'controller.kubernetes.io/pod-deletion-cost': '100' };
    model.do((api) => api.update({ ...second!, metadata: { ...second!.metadata, annotations } }));
    scale(model, web as ReplicaSet, 1);
    const left = model.view.list(Pod).filter((pod) => !pod.metadata.deletionTimestamp);
    expect(left.map((pod) => pod.metadata.name)).toEqual([second!.metadata.name]);
    expect(first).toBeDefined();
  });

  it('creates and deletes in bursts of 500 until it has what it wants', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet({ replicas: 1_201 }));
    expect(model.view.count(Pod)).toBe(1_201);
    scale(model, web as ReplicaSet, 3);
    expect(model.view.list(Pod).filter((pod) => !pod.metadata.deletionTimestamp)).toHaveLength(3);
  });

  it('counts a pod without all labels of the template as replica but not as fully labelled', () => {
    const model = replicaModel();
    model.create(barePod('old', { app: 'web' }));
    const [web] = model.create(newReplicaSet({ replicas: 2, template: podTemplate({ app: 'web', tier: 'front' }) }));
    expect(current(model, web!).status).toMatchObject({ replicas: 2, fullyLabeledReplicas: 1 });
  });
});

describe('pods that are refused', () => {
  it('are asked for in slow start, reported as a condition, and asked for again later', () => {
    const quota = podLimit(4);
    const model = replicaModel({ plugins: [quota] });
    const [web] = model.create(newReplicaSet({ replicas: 20 }));
    const failure = () => current(model, web as ReplicaSet).status.conditions?.[0];
    expect(model.view.count(Pod)).toBe(4);
    expect(failure()).toMatchObject({
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: expect.stringMatching(/^pods "web-[a-z0-9]{5}" is forbidden: exceeded quota$/),
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    const refusals = () =>
      eventsOf(model, 'ReplicaSet').filter((text) => text.startsWith('FailedCreate: Error creating: pods "web-'));
    expect(refusals().length).toBeGreaterThan(0);
    expect(refusals().length).toBeLessThan(10);
    quota.limit = 100;
    model.run(60_000);
    expect(current(model, web as ReplicaSet).status).toMatchObject({ replicas: 20, readyReplicas: 20 });
    expect(failure()).toBeUndefined();
  });

  it('are asked for ever more seldom, and never keep the cluster from being at rest', () => {
    const model = replicaModel({ plugins: [podLimit(0)] });
    model.create(newReplicaSet({ replicas: 1 }));
    const waits: number[] = [];
    for (let count = 0; count < 20; count++) {
      const next = model.engine.nextTimer()!;
      waits.push(next - model.engine.now);
      model.runTo(next);
    }
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(waits.at(-1)).toBe(1_000_000);
    expect(model.engine.pendingTimers).toBe(0);
  });

  it('are asked for at once when the spec changes', () => {
    const quota = podLimit(0);
    const model = replicaModel({ plugins: [quota] });
    const [web] = model.create(newReplicaSet({ replicas: 2 }));
    model.run(100_000);
    quota.limit = 10;
    scale(model, web as ReplicaSet, 3);
    expect(model.view.count(Pod)).toBe(3);
  });

  it('are no failure while the namespace is going away', () => {
    const terminating: AdmissionPlugin = {
      name: 'terminating',
      kinds: [Pod],
      validate: (object, old) => (old ? undefined : invalidObject('Pod', '', object.metadata.name, [])),
    };
    const model = replicaModel({ plugins: [terminating] });
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going', finalizers: ['orrery.dev/test'] } });
    const [web] = model.create({ ...newReplicaSet(), metadata: { name: 'web', namespace: 'going' } });
    model.do((api) => api.delete(api.get(Namespace, undefined, 'going')!));
    model.run(1_000_000);
    const { conditions } = current(model, web as ReplicaSet).status;
    expect(conditions ?? []).toEqual([]);
  });
});

describe('a restart', () => {
  it('writes nothing and sets the same timers', () => {
    const model = replicaModel({ plugins: [podLimit(4)] });
    model.create(newReplicaSet({ replicas: 2, minReadySeconds: 30 }), newReplicationController({ replicas: 5 }, 'rc'));
    for (const ms of [1_000, 1_500, 10_000, 40_000]) {
      model.run(ms);
      const again = model.restarted();
      expect(again.versions).toEqual([]);
      expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
      expect(again.engine.pendingTimers).toBe(model.engine.pendingTimers);
    }
  });
});

it('kubectl’s columns of a ReplicaSet', () => {
  const model = replicaModel();
  const [web] = model.create(newReplicaSet());
  model.run(130_000);
  const cells = columns.map(({ name, cell }) => `${name}=${cell(current(model, web as ReplicaSet), model.view)}`);
  expect(cells).toEqual([
    'DESIRED=3',
    'CURRENT=3',
    'READY=3',
    'AGE=2m10s',
    'CONTAINERS=web',
    'IMAGES=web:1',
    'SELECTOR=app=web',
  ]);
});
