import { describe, expect, it } from 'vitest';
import { DESIRED_REPLICAS, MAX_REPLICAS, REVISION } from '../../src/kinds/deployment/annotations.ts';
import { columns } from '../../src/kinds/deployment/table.ts';
import { deploymentHealth, podsOf, rolloutStatus } from '../../src/kinds/deployment/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import { controllerRef } from '../../src/machinery/object.ts';
import {
  about,
  BROKEN,
  newDeployment,
  newReplicaSet,
  podTemplate,
  READY_AFTER_MS,
  replicaModel,
} from '../replicaset/replica-model.ts';

import { change, condition, deployed, rollingUpdate, scalings, setImage, sizes, web } from './rollout-model.ts';

describe('a new Deployment', () => {
  it('makes a ReplicaSet with its template, the hash and the annotations', () => {
    const model = deployed();
    const [replicaSet] = model.view.list(ReplicaSet);
    const hash = replicaSet!.metadata.name.slice('web-'.length);
    expect(replicaSet).toMatchObject({
      metadata: {
        labels: { app: 'web', 'pod-template-hash': hash },
        annotations: { [REVISION]: '1', [DESIRED_REPLICAS]: '3', [MAX_REPLICAS]: '4' },
      },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } },
        template: { metadata: { labels: { app: 'web', 'pod-template-hash': hash } } },
      },
    });
    expect(controllerRef(replicaSet!)).toMatchObject({ kind: 'Deployment', name: 'web', uid: web(model).metadata.uid });
    expect(web(model).metadata.annotations).toEqual({ [REVISION]: '1' });
    expect(web(model).metadata.generation).toBe(1);
  });

  it('reports each step and is rolled out when all pods are available', () => {
    const model = replicaModel();
    model.create(newDeployment());
    expect(rolloutStatus(web(model))).toMatchObject({
      phase: 'PROGRESSING',
      message: 'Waiting for deployment "web" rollout to finish: 0 of 3 updated replicas are available...',
      desired: 3,
      updated: 3,
      available: 0,
      progress: 0.5,
      deadline: '2026-01-01T00:10:00Z',
    });
    expect(condition(model, 'Available')).toBe(
      'False MinimumReplicasUnavailable: Deployment does not have minimum availability.',
    );
    expect(condition(model, 'Progressing')).toMatch(
      /^True ReplicaSetUpdated: ReplicaSet "web-[a-z0-9]+" is progressing\.$/,
    );
    expect(deploymentHealth(web(model))).toBe('PROGRESSING');
    model.run(READY_AFTER_MS);
    expect(rolloutStatus(web(model))).toMatchObject({
      phase: 'COMPLETE',
      message: 'deployment "web" successfully rolled out',
      progress: 1,
      deadline: undefined,
    });
    expect(condition(model, 'Available')).toBe('True MinimumReplicasAvailable: Deployment has minimum availability.');
    expect(condition(model, 'Progressing')).toMatch(
      /^True NewReplicaSetAvailable: ReplicaSet "web-[a-z0-9]+" has successfully progressed\.$/,
    );
    expect(web(model).status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
    });
    expect(web(model).status).toMatchObject({ availableReplicas: 3, terminatingReplicas: 0 });
    expect(web(model).status).not.toHaveProperty('unavailableReplicas');
    expect(deploymentHealth(web(model))).toBe('HEALTHY');
  });

  it('adopts a ReplicaSet of its template as revision 1 and makes none of its own', () => {
    const model = replicaModel();
    model.create(newReplicaSet({ replicas: 1 }, 'before'));
    const [before] = model.view.list(ReplicaSet);
    model.do((api) => api.update({ ...before!, metadata: { ...before!.metadata, labels: { app: 'web' } } }));
    model.create(newDeployment());
    expect(sizes(model)).toEqual(['web:1=3']);
    expect(model.view.list(ReplicaSet)[0]?.metadata.annotations).toMatchObject({ [REVISION]: '1' });
    expect(condition(model, 'Progressing')).toContain('True ');
  });

  it('releases a ReplicaSet whose labels no longer match and makes another', () => {
    const model = deployed();
    const [first] = model.view.list(ReplicaSet);
    model.do((api) => api.update({ ...first!, metadata: { ...first!.metadata, labels: { app: 'debug' } } }));
    const [released, another] = model.view.list(ReplicaSet);
    expect(controllerRef(released!)).toBeUndefined();
    expect(controllerRef(another!)?.uid).toBe(web(model).metadata.uid);
    expect(web(model).status.collisionCount).toBe(1);
  });
});

describe('a rolling update', () => {
  it('of three with the defaults goes one by one, up before down', () => {
    const model = deployed();
    setImage(model, 'web:2');
    expect(sizes(model)).toEqual(['web:1=3', 'web:2=1']);
    model.run(60_000);
    expect(scalings(model)).toEqual([
      'ScalingReplicaSet: Scaled up replica set web:1 from 0 to 3',
      'ScalingReplicaSet: Scaled up replica set web:2 from 0 to 1',
      'ScalingReplicaSet: Scaled down replica set web:1 from 3 to 2',
      'ScalingReplicaSet: Scaled up replica set web:2 from 1 to 2',
      'ScalingReplicaSet: Scaled down replica set web:1 from 2 to 1',
      'ScalingReplicaSet: Scaled up replica set web:2 from 2 to 3',
      'ScalingReplicaSet: Scaled down replica set web:1 from 1 to 0',
    ]);
    expect(rolloutStatus(web(model)).phase).toBe('COMPLETE');
    expect(web(model).metadata.annotations).toEqual({ [REVISION]: '2' });
  });

  it('of ten with surge 3 and unavailable 2 takes both at once', () => {
    const model = deployed({ replicas: 10, ...rollingUpdate(3, 2) });
    setImage(model, 'web:2');
    expect(sizes(model)).toEqual(['web:1=8', 'web:2=5']);
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=10']);
  });

  it('without surge takes one down first', () => {
    const model = deployed({ replicas: 2, ...rollingUpdate(0, 1) });
    setImage(model, 'web:2');
    expect(sizes(model)).toEqual(['web:1=1', 'web:2=1']);
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=2']);
  });

  it('waits for minReadySeconds between its steps', () => {
    const model = deployed({ minReadySeconds: 60 });
    model.run(60_000);
    setImage(model, 'web:2');
    model.run(READY_AFTER_MS + 59_000);
    expect(sizes(model)).toEqual(['web:1=3', 'web:2=1']);
    expect(rolloutStatus(web(model)).message).toBe(
      'Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...',
    );
    model.run(1_000);
    expect(sizes(model)).toEqual(['web:1=2', 'web:2=2']);
  });

  it('stuck on a broken image keeps the old pods and says so after the deadline', () => {
    const model = deployed({ progressDeadlineSeconds: 60 });
    setImage(model, `${BROKEN}:2`);
    model.run(60_000);
    expect(rolloutStatus(web(model))).toMatchObject({ phase: 'PROGRESSING', deadline: '2026-01-01T00:01:02Z' });
    model.run(1_000);
    expect(rolloutStatus(web(model))).toMatchObject({
      phase: 'STALLED',
      message: 'deployment "web" exceeded its progress deadline',
    });
    expect(condition(model, 'Progressing')).toMatch(
      /^False ProgressDeadlineExceeded: ReplicaSet "web-[a-z0-9]+" has timed out progressing\.$/,
    );
    expect(condition(model, 'Available')).toContain('True MinimumReplicasAvailable');
    expect(deploymentHealth(web(model))).toBe('DEGRADED');
    expect(sizes(model)).toEqual(['web:1=3', 'broken:2=1']);
    expect(model.engine.nextTimer()).toBeUndefined();
  });

  it('takes down what is not available in old ReplicaSets first', () => {
    const model = deployed({ replicas: 3, ...rollingUpdate(1, 1) });
    setImage(model, `${BROKEN}:2`);
    expect(sizes(model)).toEqual(['web:1=2', 'broken:2=2']);
    setImage(model, 'web:3');
    expect(sizes(model)).toEqual(['web:1=2', 'broken:2=0', 'web:3=2']);
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=0', 'broken:2=0', 'web:3=3']);
  });

  it('that is overtaken by another rolls over to the newest', () => {
    const model = deployed({ replicas: 10 });
    setImage(model, 'web:2');
    model.run(READY_AFTER_MS);
    setImage(model, 'web:3');
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=0', 'web:3=10']);
    expect(web(model).metadata.annotations?.[REVISION]).toBe('3');
  });

  it('scaled in its middle shares the new size in proportion', () => {
    const model = deployed({ replicas: 10, ...rollingUpdate(3, 2) });
    setImage(model, `${BROKEN}:2`);
    expect(sizes(model)).toEqual(['web:1=8', 'broken:2=5']);
    model.command('scaleDeployment', about(web(model), { replicas: 15 }));
    expect(sizes(model)).toEqual(['web:1=11', 'broken:2=7']);
    expect(scalings(model).slice(-2)).toEqual([
      'ScalingReplicaSet: Scaled up replica set web:1 from 8 to 11',
      'ScalingReplicaSet: Scaled up replica set broken:2 from 5 to 7',
    ]);
  });
});

describe('Recreate', () => {
  it('ends every old pod, terminating ones included, before a new one begins', () => {
    const model = deployed({ strategy: { type: 'Recreate' } });
    setImage(model, 'web:2');
    expect(sizes(model)).toEqual(['web:1=0']);
    expect(web(model).status).toMatchObject({ terminatingReplicas: 3 });
    model.run(29_000);
    expect(sizes(model)).toEqual(['web:1=0']);
    model.run(1_000);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=3']);
    expect(model.view.list(Pod).every((pod) => pod.spec.containers[0]?.image === 'web:2')).toBe(true);
    model.run(READY_AFTER_MS);
    expect(rolloutStatus(web(model)).phase).toBe('COMPLETE');
  });

  it('does not wait for old pods that have ended', () => {
    const model = deployed({ strategy: { type: 'Recreate' }, replicas: 1 });
    const [pod] = model.view.list(Pod);
    model.do((api) => api.updateStatus({ ...pod!, status: { phase: 'Failed' } }));
    model.run(READY_AFTER_MS);
    setImage(model, 'web:2');
    model.run(30_000);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=1']);
  });
});

describe('scaling', () => {
  it('3 to 5 starts two at once and keeps revision and ReplicaSet', () => {
    const model = deployed();
    model.command('scaleDeployment', about(web(model), { replicas: 5 }));
    expect(sizes(model)).toEqual(['web:1=5']);
    expect(podsOf(model.view, web(model))).toEqual(model.view.list(Pod));
    expect(model.view.count(Pod)).toBe(5);
    expect(scalings(model).at(-1)).toBe('ScalingReplicaSet: Scaled up replica set web:1 from 3 to 5');
    expect(model.view.list(ReplicaSet)[0]?.metadata.annotations).toMatchObject({
      [REVISION]: '1',
      [DESIRED_REPLICAS]: '5',
      [MAX_REPLICAS]: '7',
    });
    expect(web(model).status.observedGeneration).toBe(2);
  });

  it('to nothing is complete with no pods', () => {
    const model = deployed();
    model.command('scaleDeployment', about(web(model), { replicas: 0 }));
    model.run(60_000);
    expect(model.view.count(Pod)).toBe(0);
    expect(rolloutStatus(web(model)).phase).toBe('COMPLETE');
    expect(web(model).status).not.toHaveProperty('replicas');
  });

  it('together with a new template scales the old ReplicaSet before it rolls out', () => {
    const model = deployed();
    change(model, { replicas: 6, template: podTemplate({ app: 'web' }, 'web:2') });
    expect(scalings(model)[1]).toBe('ScalingReplicaSet: Scaled up replica set web:1 from 3 to 6');
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=6']);
  });
});

it('kubectl’s columns of a Deployment', () => {
  const model = deployed();
  setImage(model, `${BROKEN}:2`);
  model.run(60_000);
  expect(columns.map(({ name, cell }) => `${name}=${cell(web(model), model.view)}`)).toEqual([
    'READY=3/3',
    'UP-TO-DATE=1',
    'AVAILABLE=3',
    'AGE=62s',
    'CONTAINERS=web',
    'IMAGES=broken:2',
    'SELECTOR=app=web',
  ]);
});
