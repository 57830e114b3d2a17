import { describe, expect, it } from 'vitest';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { ReplicationController } from '../../src/kinds/replicationcontroller/types.ts';
import { columns } from '../../src/kinds/replicaset/table.ts';
import { invalidObject } from '../../src/machinery/api-error.ts';
import type { AdmissionPlugin } from '../../src/machinery/definition.ts';
import { controllerRef, type NewObject } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import {
  about,
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

function podNames(model: Model): string[] {
  return model.view.list(Pod).map(({ metadata }) => metadata.name);
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

describe('owning pods by labels', () => {
  it('adopts matching pods that are there when it is created', () => {
    const model = replicaModel();
    model.create(barePod('orphan', { app: 'web', more: 'x' }), barePod('other', { app: 'api' }));
    const [web] = model.create(newReplicaSet());
    expect(model.view.count(Pod)).toBe(4);
    const orphan = model.view.get(Pod, 'default', 'orphan');
    expect(controllerRef(orphan!)).toMatchObject({ uid: web!.metadata.uid, controller: true });
    expect(controllerRef(model.view.get(Pod, 'default', 'other')!)).toBeUndefined();
  });

  it('adopts a matching pod that comes later, and then has one too many', () => {
    const model = replicaModel();
    model.create(newReplicaSet());
    model.run(READY_AFTER_MS);
    model.create(barePod('late', { app: 'web' }));
    expect(podNames(model)).toHaveLength(3);
    expect(eventsOf(model, 'ReplicaSet').at(-1)).toBe('SuccessfulDelete: Deleted pod: late');
  });

  it('adopts neither what has a controller, nor what is going away, nor what has ended, nor another namespace’s', () => {
    const model = replicaModel();
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: 'job', controller: true };
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    model.create(
      barePod('owned', { app: 'web' }, { ownerReferences: [owner] }),
      barePod('going', { app: 'web' }),
      barePod('ended', { app: 'web' }),
      barePod('abroad', { app: 'web' }, { namespace: 'other' }),
    );
    model.do((api) => {
      api.delete(api.get(Pod, 'default', 'going')!);
      api.updateStatus({ ...api.get(Pod, 'default', 'ended')!, status: { phase: 'Succeeded' } });
    });
    model.create(newReplicaSet());
    const adopted = model.view.list(Pod).filter((pod) => controllerRef(pod)?.kind === 'ReplicaSet');
    expect(adopted).toHaveLength(3);
    expect(adopted.every((pod) => pod.metadata.name.startsWith('web-'))).toBe(true);
  });

  it('keeps an owner reference that is not a controller’s when it adopts', () => {
    const model = replicaModel();
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'config', uid: 'config' };
    model.create(barePod('orphan', { app: 'web' }, { ownerReferences: [reference] }), newReplicaSet());
    expect(model.view.get(Pod, 'default', 'orphan')?.metadata.ownerReferences).toMatchObject([
      reference,
      { name: 'web' },
    ]);
  });

  it('releases a pod whose labels no longer match, and replaces it', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    const [first] = model.view.list(Pod);
    model.do((api) => api.update({ ...first!, metadata: { ...first!.metadata, labels: { app: 'debug' } } }));
    expect(current(model, first!).metadata.ownerReferences).toBeUndefined();
    expect(current(model, web!).status).toMatchObject({ replicas: 3 });
    expect(model.view.count(Pod)).toBe(4);
  });

  it('takes a released pod back when its labels match again, and deletes one', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    model.run(READY_AFTER_MS);
    const [first] = model.view.list(Pod);
    const relabel = (labels: Record<string, string>) =>
      model.do((api) =>
        api.update({ ...current(model, first!), metadata: { ...current(model, first!).metadata, labels } }),
      );
    relabel({ app: 'debug' });
    relabel({ app: 'web' });
    expect(controllerRef(current(model, first!))?.uid).toBe(web!.metadata.uid);
    expect(current(model, web!).status).toMatchObject({ replicas: 3 });
  });

  it('leaves everything where it is while it is being deleted', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    model.do((api) => api.delete(web!, { propagation: 'Foreground' }));
    const [first] = model.view.list(Pod);
    model.do((api) => api.delete(first!));
    model.create(barePod('orphan', { app: 'web' }));
    expect(controllerRef(model.view.get(Pod, 'default', 'orphan')!)).toBeUndefined();
    expect(model.view.list(Pod).filter((pod) => !pod.metadata.deletionTimestamp)).toHaveLength(3);
  });

  it('has one controller per pod, the older of two that select it', () => {
    const model = replicaModel();
    const [one] = model.create(newReplicaSet({ replicas: 1 }, 'one'));
    model.create(newReplicaSet({ replicas: 1 }, 'two'));
    model.create(barePod('orphan', { app: 'web' }));
    const owners = model.view
      .list(Pod)
      .map((pod) => pod.metadata.ownerReferences?.filter(({ controller }) => controller));
    for (const references of owners) expect(references).toHaveLength(1);
    expect(current(model, one!).status).toMatchObject({ replicas: 1 });
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

describe('a ReplicationController', () => {
  it('keeps its pods as a ReplicaSet does, and does not count terminating ones', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicationController());
    model.run(READY_AFTER_MS);
    expect(current(model, web!).status).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      observedGeneration: 1,
    });
    expect(controllerRef(model.view.list(Pod)[0]!)).toMatchObject({ apiVersion: 'v1', kind: 'ReplicationController' });
  });

  it('takes labels and selector from its template', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicationController({ selector: undefined, replicas: undefined }));
    expect(web).toMatchObject({
      metadata: { labels: { app: 'web' } },
      spec: { selector: { app: 'web' }, replicas: 1 },
    });
  });

  it('adopts and releases', () => {
    const model = replicaModel();
    model.create(barePod('orphan', { app: 'web' }), newReplicationController({ replicas: 1 }));
    expect(podNames(model)).toEqual(['orphan']);
    const orphan = model.view.get(Pod, 'default', 'orphan')!;
    model.do((api) => api.update({ ...orphan, metadata: { ...orphan.metadata, labels: { app: 'free' } } }));
    expect(controllerRef(model.view.get(Pod, 'default', 'orphan')!)).toBeUndefined();
    expect(model.view.count(Pod)).toBe(2);
  });

  it.each([
    ['scaled by its command', 'scaleReplicationController', newReplicationController(), ReplicationController],
    ['and so is a ReplicaSet', 'scaleReplicaSet', newReplicaSet(), ReplicaSet],
  ])('is %s', (_sentence, command, object, kind) => {
    const model = replicaModel();
    const [web] = model.create(object);
    expect(model.command(command, about(web!, { replicas: 5 })).errors).toBeUndefined();
    expect(model.view.get<ReplicaSet>(kind as never, 'default', 'web')?.status.replicas).toBe(5);
    const refused = model.command(command, about(web!, { replicas: -1 }));
    expect(refused.errors?.[0]?.message).toBe(
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
    const stale = model.command(command, about(web!, { replicas: 1, resourceVersion: '1' }));
    expect(stale.errors?.[0]?.reason).toBe('Conflict');
  });
});

describe('what is no ReplicaSet', () => {
  it.each([
    [
      'has fewer than no replicas',
      { replicas: -1 },
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['has no selector', { selector: undefined }, 'spec.selector: Required value'],
    [
      'has an empty selector',
      { selector: {} },
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      'does not select its own pods',
      { selector: { matchLabels: { app: 'api' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      'does not restart its pods',
      { template: { ...podTemplate(), spec: { ...podTemplate().spec, restartPolicy: 'Never' } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'gives its pods a deadline',
      { template: { ...podTemplate(), spec: { ...podTemplate().spec, activeDeadlineSeconds: 5 } } },
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
    ],
  ])('%s', (_sentence, spec, message) => {
    expect(() => replicaModel().create(newReplicaSet(spec))).toThrow(message);
  });

  it('changes its selector', () => {
    const model = replicaModel();
    const [web] = model.create(newReplicaSet());
    let message = '';
    model.do((api) => {
      const object = current(model, web as ReplicaSet);
      const selector = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] };
      const result = api.update({ ...object, spec: { ...object.spec, selector } });
      if (!result.ok) message = result.error.message;
    });
    expect(message).toBe(
      'ReplicaSet.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"web"},"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable',
    );
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
