import { expect } from 'vitest';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { ReplicaSet } from '../../src/kinds/replicaset/types.ts';
import type { Model } from '../support/model.ts';
import { about, eventsOf, newDeployment, READY_AFTER_MS, replicaModel } from '../replicaset/replica-model.ts';

/** Looking at one Deployment, `web`, and doing things to it. */

export function web(model: Model): Deployment {
  return model.view.get(Deployment, 'default', 'web')!;
}

/** The ReplicaSets by image: `web:1=3`. */
export function sizes(model: Model): string[] {
  return model.view.list(ReplicaSet).map(({ spec }) => `${spec.template.spec.containers[0]?.image}=${spec.replicas}`);
}

export function setImage(model: Model, image: string): void {
  const outcome = model.command('setImage', about(web(model), { container: 'web', image }));
  expect(outcome.errors).toBeUndefined();
}

export function change(model: Model, spec: Partial<Deployment['spec']>): void {
  model.do((api) => {
    const result = api.update({ ...web(model), spec: { ...web(model).spec, ...spec } });
    if (!result.ok) throw new Error(result.error.message);
  });
}

export function condition(model: Model, type: string): string {
  const found = web(model).status.conditions?.find((each) => each.type === type);
  return found ? `${found.status} ${found.reason}: ${found.message}` : 'none';
}

/** The scaling events with the names of ReplicaSets put as their images. */
export function scalings(model: Model): string[] {
  const images = new Map(
    model.view.list(ReplicaSet).map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0]?.image]),
  );
  return eventsOf(model, 'Deployment').map((text) =>
    text.replace(/web-[a-z0-9]+/g, (name) => images.get(name) ?? name),
  );
}

export function deployed(spec: Record<string, unknown> = {}): Model {
  const model = replicaModel();
  model.create(newDeployment(spec));
  model.run(READY_AFTER_MS);
  return model;
}

export function rollingUpdate(maxSurge: number | string, maxUnavailable: number | string) {
  return { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } };
}
