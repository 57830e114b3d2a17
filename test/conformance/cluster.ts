import { Fault } from '../../src/kinds/fault/types.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { Kind } from '../../src/machinery/kind.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';

export const SECOND_MS = 1000;

/** A whole cluster: workloads, scheduler, kubelets, node controllers. */
export function cluster(nodes = 3): Model {
  const model = new Model();
  if (!model.view.get(Namespace, undefined, 'default')) {
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  }
  model.command('addNodes', { count: nodes });
  return model;
}

export function found<T extends KubeObject>(model: Model, kind: Kind<T>, name: string): T {
  const object = model.view.get(kind, kind.namespaced ? 'default' : undefined, name);
  if (!object) throw new Error(`no ${kind.kind} ${name}`);
  return object;
}

/** Replaces an object by one made of it; throws the API server's sentence if it is refused. */
export function update<T extends KubeObject>(
  model: Model,
  kind: Kind<T>,
  name: string,
  change: (object: T) => T,
): void {
  model.do((api) => {
    const result = api.update(change(found(model, kind, name)));
    if (!result.ok) throw new Error(result.error.message);
  });
}

export function remove(model: Model, kind: Kind, name: string): void {
  model.do((api) => void api.delete(found(model, kind, name)));
}

export function removeAll(model: Model, kind: Kind): void {
  model.do((api) => {
    for (const object of model.view.list(kind, 'default')) api.delete(object, { propagation: 'Background' });
  });
}

/** Names of the pods of an app, sorted, with a mark for those on their way out. */
export function podNames(model: Model, app = 'web'): string[] {
  return model.view
    .list(Pod)
    .filter(({ metadata }) => metadata.labels?.['app'] === app)
    .map(({ metadata }) => metadata.name + (metadata.deletionTimestamp ? ' (going)' : ''))
    .sort();
}

/** Makes the readiness probes of some pods fail until `heal`. */
export function breakReadiness(model: Model, name: string, target: object): void {
  const spec = { target: { namespace: 'default', ...target }, probe: { type: 'READINESS', succeed: false } };
  model.create({ apiVersion: Fault.apiVersion, kind: Fault.kind, metadata: { name }, spec });
}

export function heal(model: Model, name: string): void {
  model.do((api) => {
    const fault = api.get(Fault, undefined, name);
    if (fault) api.delete(fault);
  });
}

export const READINESS_PROBE = { httpGet: { path: '/', port: 80 }, periodSeconds: 1, failureThreshold: 1 };
