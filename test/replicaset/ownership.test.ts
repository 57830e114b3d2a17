import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { ReplicationController } from '../../src/kinds/replicationcontroller/types.ts';
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
} from './replica-model.ts';

function barePod(name: string, labels: Record<string, string>, extra: object = {}): NewObject {
  const { spec } = podTemplate();
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels, ...extra }, spec };
}

function podNames(model: Model): string[] {
  return model.view.list(Pod).map(({ metadata }) => metadata.name);
}

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
