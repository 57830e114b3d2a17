import { describe, expect } from 'vitest';
import { garbageCollector } from '../../src/controllers/garbage-collector/controller.ts';
import { REVISION } from '../../src/kinds/deployment/annotations.ts';
import { rolloutStatus } from '../../src/kinds/deployment/queries.ts';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { controllerRef } from '../../src/machinery/object.ts';
import { change, deployed, rollingUpdate, setImage, sizes, web } from '../deployment/rollout-model.ts';
import {
  about,
  BROKEN,
  newDeployment,
  newReplicaSet,
  READY_AFTER_MS,
  replicaModel,
} from '../replicaset/replica-model.ts';
import { conformance } from './conformance.ts';

describe('Deployment', () => {
  conformance('Deployment: RollingUpdateDeployment deletes old pods and creates new ones', () => {
    const model = replicaModel();
    const before = newReplicaSet({ replicas: 1 }, 'before');
    model.create({
      ...before,
      metadata: { ...before.metadata, labels: { app: 'web' }, annotations: { [REVISION]: '5' } },
    });
    model.run(READY_AFTER_MS);
    model.create(newDeployment({ replicas: 1, template: { ...web2Template() } }));
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=1']);
    expect(model.view.list(ReplicaSet).every((replicaSet) => controllerRef(replicaSet)?.name === 'web')).toBe(true);
    expect(web(model).metadata.annotations?.[REVISION]).toBe('6');
    expect(model.view.list(Pod)).toHaveLength(1);
  });

  conformance('Deployment: RecreateDeployment deletes old pods and creates new ones', () => {
    const model = deployed({ replicas: 1, strategy: { type: 'Recreate' } });
    setImage(model, 'web:2');
    const images = new Set<string>();
    model.runUntil(() => {
      images.add([...new Set(model.view.list(Pod).map((pod) => pod.spec.containers[0]?.image))].join());
      return rolloutStatus(web(model)).phase === 'COMPLETE';
    });
    expect([...images].filter((list) => list.includes(','))).toEqual([]);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=1']);
  });

  conformance('Deployment: delete old replica sets', () => {
    const model = deployed({ replicas: 1, revisionHistoryLimit: 0 });
    setImage(model, 'web:2');
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:2=1']);
  });

  conformance('Deployment: support rollover', () => {
    const model = replicaModel();
    const before = newReplicaSet({ replicas: 1 }, 'before');
    model.create({ ...before, metadata: { ...before.metadata, labels: { app: 'web' } } });
    model.run(READY_AFTER_MS);
    model.create(
      newDeployment({ replicas: 1, minReadySeconds: 10, ...rollingUpdate(1, 0), template: brokenTemplate() }),
    );
    expect(sizes(model)).toEqual(['web:1=1', 'broken:1=1']);
    setImage(model, 'web:3');
    model.run(120_000);
    expect(sizes(model)).toEqual(['web:1=0', 'broken:1=0', 'web:3=1']);
    expect(rolloutStatus(web(model)).phase).toBe('COMPLETE');
  });

  conformance('Deployment: support proportional scaling', () => {
    const model = deployed({ replicas: 10, ...rollingUpdate(3, 2) });
    setImage(model, `${BROKEN}:404`);
    expect(sizes(model)).toEqual(['web:1=8', 'broken:404=5']);
    expect(web(model).status).toMatchObject({ availableReplicas: 8 });
    model.command('scaleDeployment', about(web(model), { replicas: 30 }));
    expect(sizes(model)).toEqual(['web:1=20', 'broken:404=13']);
    expect(web(model).status.replicas).toBe(33);
  });

  conformance('Deployment: working scale subresource', () => {
    const model = deployed({ replicas: 1 });
    expect(model.command('scaleDeployment', about(web(model), { replicas: 2 })).errors).toBeUndefined();
    expect(web(model).spec.replicas).toBe(2);
    model.command('scaleDeployment', about(web(model), { replicas: 4 }));
    model.run(READY_AFTER_MS);
    expect(web(model).status).toMatchObject({ replicas: 4, readyReplicas: 4 });
  });

  conformance('Deployment: validate Status endpoints', () => {
    const model = deployed({ replicas: 1 });
    const time = '2026-01-01T00:00:00Z';
    const report = (type: string) =>
      model.do((api) => {
        const condition = { type, status: 'True' as const, reason: 'E2E', message: 'Set from e2e test' };
        const conditions = [
          ...(web(model).status.conditions ?? []),
          { ...condition, lastUpdateTime: time, lastTransitionTime: time },
        ];
        api.updateStatus({ ...web(model), status: { ...web(model).status, conditions } });
      });
    report('StatusUpdate');
    report('StatusPatched');
    const types = web(model).status.conditions?.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['Available', 'Progressing', 'StatusUpdate', 'StatusPatched']));
    expect(web(model).metadata.generation).toBe(1);
  });

  conformance('Deployment: run the lifecycle of a Deployment', () => {
    const model = replicaModel({ controllers: [garbageCollector] });
    model.create(newDeployment({ replicas: 1 }));
    model.run(READY_AFTER_MS);
    expect(web(model).status).toMatchObject({ readyReplicas: 1 });
    change(model, { replicas: 2, template: web2Template() });
    model.do((api) => {
      const metadata = { ...web(model).metadata, labels: { 'test-deployment': 'patched' } };
      api.update({ ...web(model), metadata });
    });
    model.run(60_000);
    expect(web(model)).toMatchObject({
      metadata: { labels: { 'test-deployment': 'patched' } },
      status: { readyReplicas: 2 },
    });
    expect(model.view.list(Pod).every((pod) => pod.spec.containers[0]?.image === 'web:2')).toBe(true);
    model.do((api) => api.delete(web(model), { propagation: 'Background' }));
    model.run(60_000);
    expect([Deployment, ReplicaSet, Pod].map((kind) => model.view.count(kind))).toEqual([0, 0, 0]);
    const changes = model.versions.filter(({ kindKey }) => kindKey === 'Deployment').map(({ type }) => type);
    expect([changes[0], changes[1], changes.at(-1)]).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });
});

function web2Template() {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:2' }] } };
}

function brokenTemplate() {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: `${BROKEN}:1` }] } };
}
