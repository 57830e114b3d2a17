import { describe, expect, it } from 'vitest';
import { REVISION } from '../../src/kinds/deployment/annotations.ts';
import { deploymentHealth, rolloutStatus } from '../../src/kinds/deployment/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import type { AdmissionPlugin } from '../../src/machinery/definition.ts';
import { controllerRef } from '../../src/machinery/object.ts';
import {
  about,
  BROKEN,
  eventsOf,
  newDeployment,
  newReplicaSet,
  podTemplate,
  replicaModel,
  setReady,
} from '../replicaset/replica-model.ts';

import { condition, deployed, setImage, sizes, web } from './rollout-model.ts';

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
