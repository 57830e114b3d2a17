import { describe, expect, it } from 'vitest';
import { DESIRED_REPLICAS, MAX_REPLICAS, REVISION } from '../../src/kinds/deployment/annotations.ts';
import { columns } from '../../src/kinds/deployment/table.ts';
import { deploymentHealth, rolloutStatus } from '../../src/kinds/deployment/queries.ts';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import type { AdmissionPlugin } from '../../src/machinery/definition.ts';
import { controllerRef } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import {
  about,
  BROKEN,
  eventsOf,
  newDeployment,
  newReplicaSet,
  podTemplate,
  READY_AFTER_MS,
  replicaModel,
  setReady,
} from '../replicaset/replica-model.ts';

function web(model: Model): Deployment {
  return model.view.get(Deployment, 'default', 'web')!;
}

/** The ReplicaSets by image: `web:1=3`. */
function sizes(model: Model): string[] {
  return model.view.list(ReplicaSet).map(({ spec }) => `${spec.template.spec.containers[0]?.image}=${spec.replicas}`);
}

function setImage(model: Model, image: string): void {
  const outcome = model.command('setImage', about(web(model), { container: 'web', image }));
  expect(outcome.errors).toBeUndefined();
}

function change(model: Model, spec: Partial<Deployment['spec']>): void {
  model.do((api) => {
    const result = api.update({ ...web(model), spec: { ...web(model).spec, ...spec } });
    if (!result.ok) throw new Error(result.error.message);
  });
}

function condition(model: Model, type: string): string {
  const found = web(model).status.conditions?.find((each) => each.type === type);
  return found ? `${found.status} ${found.reason}: ${found.message}` : 'none';
}

/** The scaling events with the names of ReplicaSets put as their images. */
function scalings(model: Model): string[] {
  const images = new Map(
    model.view.list(ReplicaSet).map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0]?.image]),
  );
  return eventsOf(model, 'Deployment').map((text) =>
    text.replace(/web-[a-z0-9]+/g, (name) => images.get(name) ?? name),
  );
}

function deployed(spec: Record<string, unknown> = {}): Model {
  const model = replicaModel();
  model.create(newDeployment(spec));
  model.run(READY_AFTER_MS);
  return model;
}

function rollingUpdate(maxSurge: number | string, maxUnavailable: number | string) {
  return { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } };
}

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

describe('pausing', () => {
  it('holds a rollout back, lets it be scaled, and goes on when resumed', () => {
    const model = deployed();
    model.command('pauseDeployment', about(web(model)));
    expect(condition(model, 'Progressing')).toBe('Unknown DeploymentPaused: Deployment is paused');
    expect(rolloutStatus(web(model)).phase).toBe('COMPLETE');
    setImage(model, 'web:2');
    model.command('scaleDeployment', about(web(model), { replicas: 4 }));
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=4']);
    expect(rolloutStatus(web(model))).toMatchObject({
      phase: 'PAUSED',
      message: 'Waiting for deployment "web" rollout to finish: 0 out of 4 new replicas have been updated...',
    });
    expect(deploymentHealth(web(model))).toBe('SUSPENDED');
    model.command('resumeDeployment', about(web(model)));
    expect(web(model).spec).not.toHaveProperty('paused');
    expect(sizes(model)).toEqual(['web:1=3', 'web:2=2']);
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=0', 'web:2=4']);
  });

  it('does not count towards the deadline', () => {
    const model = deployed({ progressDeadlineSeconds: 60 });
    setImage(model, `${BROKEN}:2`);
    model.run(30_000);
    model.command('pauseDeployment', about(web(model)));
    model.run(600_000);
    expect(condition(model, 'Progressing')).toContain('DeploymentPaused');
    model.command('resumeDeployment', about(web(model)));
    expect(condition(model, 'Progressing')).toBe('Unknown DeploymentResumed: Deployment is resumed');
    model.run(60_000);
    expect(rolloutStatus(web(model)).phase).toBe('PROGRESSING');
    model.run(1_000);
    expect(rolloutStatus(web(model)).phase).toBe('STALLED');
  });

  it('does not hide that the deadline has passed', () => {
    const model = deployed({ progressDeadlineSeconds: 60 });
    setImage(model, `${BROKEN}:2`);
    model.run(61_000);
    model.command('pauseDeployment', about(web(model)));
    expect(condition(model, 'Progressing')).toContain('False ProgressDeadlineExceeded');
  });
});

describe('history', () => {
  it('keeps as many old ReplicaSets as the limit, once a rollout is complete', () => {
    const model = deployed({ revisionHistoryLimit: 2 });
    for (const image of ['web:2', 'web:3', 'web:4', 'web:5']) {
      setImage(model, image);
      model.run(60_000);
    }
    expect(sizes(model)).toEqual(['web:3=0', 'web:4=0', 'web:5=3']);
  });

  it('gives a ReplicaSet that comes back a new revision and remembers the old one', () => {
    const model = deployed();
    setImage(model, 'web:2');
    model.run(60_000);
    setImage(model, 'web:1');
    model.run(60_000);
    expect(sizes(model)).toEqual(['web:1=3', 'web:2=0']);
    expect(model.view.list(ReplicaSet)[0]?.metadata.annotations).toMatchObject({
      [REVISION]: '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(web(model).metadata.annotations?.[REVISION]).toBe('3');
  });

  it('copies annotations of the Deployment to its newest ReplicaSet, which makes a new generation', () => {
    const model = deployed();
    const annotations = { ...web(model).metadata.annotations, 'kubernetes.io/change-cause': 'first' };
    model.do((api) => api.update({ ...web(model), metadata: { ...web(model).metadata, annotations } }));
    expect(web(model).metadata.generation).toBe(2);
    expect(web(model).status.observedGeneration).toBe(2);
    expect(model.view.list(ReplicaSet)[0]?.metadata.annotations?.['kubernetes.io/change-cause']).toBe('first');
  });

  it('goes back when the annotation of the removed rollback subresource asks for it', () => {
    const model = deployed();
    setImage(model, 'web:2');
    model.run(60_000);
    const ask = (revision: string) => {
      const annotations = { ...web(model).metadata.annotations, 'deprecated.deployment.rollback.to': revision };
      model.do((api) => api.update({ ...web(model), metadata: { ...web(model).metadata, annotations } }));
      return eventsOf(model, 'Deployment')
        .filter((text) => text.startsWith('DeploymentRollback'))
        .at(-1);
    };
    expect(ask('9')).toBe('DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.');
    expect(ask('2')).toBe(
      'DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment "web"',
    );
    expect(ask('0')).toBe('DeploymentRollback: Rolled back deployment "web" to revision 1');
    expect(web(model).metadata.annotations).not.toHaveProperty('deprecated.deployment.rollback.to');
    expect(web(model).spec.template).toEqual(templateWith('web:1'));
  });
});

function templateWith(image: string) {
  return expect.objectContaining({
    metadata: { labels: { app: 'web' } },
    spec: expect.objectContaining({ containers: [expect.objectContaining({ image })] }),
  });
}

describe('what goes wrong', () => {
  it('a name that is taken counts up the collision count and leads to another name', () => {
    const reference = replicaModel();
    reference.create(newDeployment());
    const { name } = reference.view.list(ReplicaSet)[0]!.metadata;
    const model = replicaModel();
    model.create(newReplicaSet({ selector: { matchLabels: { app: 'x' } }, template: podTemplate({ app: 'x' }) }, name));
    model.create(newDeployment());
    expect(web(model).status.collisionCount).toBe(1);
    const own = model.view.list(ReplicaSet).filter((replicaSet) => controllerRef(replicaSet));
    expect(own).toHaveLength(1);
    expect(own[0]?.metadata.name).not.toBe(name);
  });

  it('a ReplicaSet that is refused is told, and tried again later', () => {
    const quota = { allowed: false };
    const plugin: AdmissionPlugin = {
      name: 'quota',
      kinds: [ReplicaSet],
      validate: (_object, old) =>
        old || quota.allowed ? undefined : { reason: 'Forbidden', message: 'exceeded quota' },
    };
    const model = replicaModel({ plugins: [plugin] });
    model.create(newDeployment());
    expect(condition(model, 'Progressing')).toMatch(
      /^False ReplicaSetCreateError: Failed to create new replica set "web-[a-z0-9]+": exceeded quota$/,
    );
    model.run(10);
    const again = model.restarted();
    expect(again.versions).toEqual([]);
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    quota.allowed = true;
    model.run(1_000);
    expect(sizes(model)).toEqual(['web:1=3']);
    expect(web(model).runtime).toBeUndefined();
  });

  it('pods that are refused show as ReplicaFailure of the Deployment', () => {
    const plugin: AdmissionPlugin = {
      name: 'quota',
      kinds: [Pod],
      validate: (_object, old) => (old ? undefined : { reason: 'Forbidden', message: 'exceeded quota' }),
    };
    const model = replicaModel({ plugins: [plugin] });
    model.create(newDeployment());
    expect(condition(model, 'ReplicaFailure')).toBe('True FailedCreate: exceeded quota');
    expect(deploymentHealth(web(model))).toBe('DEGRADED');
  });

  it('a pod that stops being ready makes the Deployment unavailable but no rollout', () => {
    const model = deployed();
    const [first] = model.view.list(Pod);
    model.do((api) => setReady(first!, false, (pod) => api.updateStatus(pod), api.now));
    expect(condition(model, 'Available')).toContain('False MinimumReplicasUnavailable');
    expect(condition(model, 'Progressing')).toContain('True NewReplicaSetAvailable');
    expect(deploymentHealth(web(model))).toBe('DEGRADED');
    model.run(3_600_000);
    expect(condition(model, 'Progressing')).toContain('True NewReplicaSetAvailable');
  });

  it('a ReplicaSet scaled by hand is set right', () => {
    const model = deployed();
    const [replicaSet] = model.view.list(ReplicaSet);
    model.do((api) => api.update({ ...replicaSet!, spec: { ...replicaSet!.spec, replicas: 7 } }));
    expect(sizes(model)).toEqual(['web:1=3']);
  });

  it('a ReplicaSet that is deleted is made again', () => {
    const model = deployed();
    model.do((api) => api.delete(model.view.list(ReplicaSet)[0]!));
    expect(sizes(model)).toEqual(['web:1=3']);
  });
});

it('a restart in any state writes nothing and sets the same timers', () => {
  const model = replicaModel();
  const check = () => {
    const again = model.restarted();
    expect(again.versions).toEqual([]);
    expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    expect(again.engine.pendingTimers).toBe(model.engine.pendingTimers);
  };
  model.create(newDeployment({ replicas: 5, minReadySeconds: 5, progressDeadlineSeconds: 60 }));
  check();
  for (const image of ['web:2', `${BROKEN}:3`, 'web:4']) {
    setImage(model, image);
    for (let step = 0; step < 8; step++) {
      model.run(3_700);
      check();
    }
  }
  model.command('pauseDeployment', about(web(model)));
  check();
  model.run(100_000);
  check();
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
