import { describe, expect, it } from 'vitest';
import { rolloutHistory } from '../../src/kinds/deployment/queries.ts';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import type { Model } from '../support/model.ts';
import { about, newDeployment, podTemplate, READY_AFTER_MS, replicaModel } from '../replicaset/replica-model.ts';

function web(model: Model): Deployment {
  return model.view.get(Deployment, 'default', 'web')!;
}

function deployed(spec: Record<string, unknown> = {}): Model {
  const model = replicaModel();
  model.create(newDeployment(spec));
  model.run(READY_AFTER_MS);
  return model;
}

function images(model: Model): (string | undefined)[] {
  const { initContainers = [], containers } = web(model).spec.template.spec;
  return [...initContainers, ...containers].map((container) => container.image);
}

/** Runs a command about the Deployment; its refusal, or what it says. */
function run(model: Model, command: string, fields: Record<string, unknown> = {}): unknown {
  const outcome = model.command(command, about(web(model), fields));
  return outcome.errors?.[0]?.message ?? (outcome.data as { message?: string } | undefined)?.message ?? 'done';
}

describe('every command about a Deployment', () => {
  it.each([
    ['scaleDeployment', { replicas: 1 }],
    ['setImage', { container: 'web', image: 'web:2' }],
    ['restartDeployment', {}],
    ['rollbackDeployment', {}],
    ['pauseDeployment', {}],
    ['resumeDeployment', {}],
  ])('%s refuses what is not there and what has changed since', (command, fields) => {
    const model = deployed();
    const missing = { target: { kindKey: 'Deployment', namespace: 'default', name: 'nobody' }, ...fields };
    expect(model.command(command, missing).errors?.[0]).toMatchObject({
      reason: 'NotFound',
      message: 'deployments.apps "nobody" not found',
    });
    expect(run(model, command, { ...fields, resourceVersion: '1' })).toBe(
      'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
    );
  });
});

describe('setImage', () => {
  const template = {
    ...podTemplate(),
    spec: {
      initContainers: [{ name: 'setup', image: 'setup:1' }],
      containers: [
        { name: 'web', image: 'web:1' },
        { name: 'mesh', image: 'mesh:1' },
      ],
    },
  };
  it.each([
    ['one container', 'web', ['setup:1', 'new:1', 'mesh:1']],
    ['an init container', 'setup', ['new:1', 'web:1', 'mesh:1']],
    ['all of them by *', '*', ['new:1', 'new:1', 'new:1']],
  ])('changes %s', (_sentence, container, expected) => {
    const model = deployed({ template });
    expect(run(model, 'setImage', { container, image: 'new:1' })).toBe('done');
    expect(images(model)).toEqual(expected);
    expect(web(model).metadata.generation).toBe(2);
  });

  it('refuses a container that is not there and an image that is none', () => {
    const model = deployed();
    expect(run(model, 'setImage', { container: 'nobody', image: 'x' })).toBe('unable to find container named "nobody"');
    expect(run(model, 'setImage', { container: 'web', image: '' })).toContain(
      'spec.template.spec.containers[0].image: Required value',
    );
    expect(images(model)).toEqual(['web:1']);
  });

  it('to what is there already changes nothing', () => {
    const model = deployed();
    expect(run(model, 'setImage', { container: 'web', image: 'web:1' })).toBe('done');
    expect(web(model).metadata.generation).toBe(1);
  });
});

describe('restartDeployment', () => {
  it('puts the time into the template, which rolls it out anew', () => {
    const model = deployed();
    expect(run(model, 'restartDeployment')).toBe('done');
    expect(web(model).spec.template.metadata?.annotations).toEqual({
      'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:02Z',
    });
    expect(rolloutHistory(model.view, web(model)).map(({ revision }) => revision)).toEqual([1, 2]);
  });

  it('refuses twice within a second, and while paused', () => {
    const model = deployed();
    run(model, 'restartDeployment');
    expect(run(model, 'restartDeployment')).toBe(
      'failed to create patch for web: if restart has already been triggered within the past second, please wait before attempting to trigger another',
    );
    run(model, 'pauseDeployment');
    expect(run(model, 'restartDeployment')).toBe(
      'deployments.apps "web" can\'t restart paused deployment (run rollout resume first)',
    );
  });
});

describe('pauseDeployment and resumeDeployment', () => {
  it('refuse what is so already', () => {
    const model = deployed();
    expect(run(model, 'resumeDeployment')).toBe('deployments.apps "web" is not paused');
    run(model, 'pauseDeployment');
    expect(run(model, 'pauseDeployment')).toBe('deployments.apps "web" is already paused');
  });
});

describe('rollbackDeployment', () => {
  function rolledOutTwice(): Model {
    const model = deployed();
    for (const image of ['web:2', 'web:3']) {
      run(model, 'setImage', { container: 'web', image });
      model.run(60_000);
    }
    return model;
  }

  it('goes back to the revision before, which becomes the newest', () => {
    const model = rolledOutTwice();
    expect(run(model, 'rollbackDeployment')).toBe('rolled back');
    model.run(60_000);
    expect(images(model)).toEqual(['web:2']);
    const history = rolloutHistory(model.view, web(model));
    expect(history.map(({ revision }) => revision)).toEqual([1, 3, 4]);
    expect(web(model).spec.template.metadata?.labels).toEqual({ app: 'web' });
  });

  it('goes back to the revision that is named', () => {
    const model = rolledOutTwice();
    expect(run(model, 'rollbackDeployment', { toRevision: 1 })).toBe('rolled back');
    expect(images(model)).toEqual(['web:1']);
  });

  it.each([
    ['there is no such revision', { toRevision: 7 }, 'unable to find specified revision 7 in history'],
    ['it is the current one', { toRevision: 3 }, 'skipped rollback (current template already matches revision 3)'],
  ])('changes nothing where %s', (_sentence, fields, message) => {
    const model = rolledOutTwice();
    const { resourceVersion } = web(model).metadata;
    expect(run(model, 'rollbackDeployment', fields)).toBe(message);
    expect(web(model).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('refuses where there is no history, and while paused', () => {
    expect(run(deployed(), 'rollbackDeployment')).toBe('no rollout history found for deployment "web"');
    const model = rolledOutTwice();
    run(model, 'pauseDeployment');
    expect(run(model, 'rollbackDeployment')).toBe(
      "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    );
  });

  it('brings back the annotations of the revision and keeps what belongs to the Deployment', () => {
    const model = deployed();
    const annotate = (cause: string) =>
      model.do((api) => {
        const annotations = { ...web(model).metadata.annotations, 'kubernetes.io/change-cause': cause };
        api.update({ ...web(model), metadata: { ...web(model).metadata, annotations } });
      });
    annotate('first');
    run(model, 'setImage', { container: 'web', image: 'web:2' });
    annotate('second');
    model.run(60_000);
    expect(rolloutHistory(model.view, web(model)).map(({ changeCause }) => changeCause)).toEqual(['first', 'second']);
    run(model, 'rollbackDeployment');
    expect(web(model).metadata.annotations).toMatchObject({ 'kubernetes.io/change-cause': 'first' });
  });
});
