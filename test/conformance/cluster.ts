import { Fault } from '../../src/kinds/fault/types.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { Kind } from '../../src/machinery/kind.ts';
import type { KubeObject, StringMap } from '../../src/machinery/object.ts';
import type { ApplyManifestData } from '../../src/machinery/apply/types.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { Model, parseObjects } from '../support/model.ts';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;

/** A whole cluster: workloads, scheduler, kubelets, node controllers. */
export function cluster(nodes = 3): Model {
  const model = new Model();
  if (!model.view.get(Namespace, undefined, 'default')) {
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  }
  model.command('addNodes', { count: nodes });
  return model;
}

export function found<T extends KubeObject>(model: Model, kind: Kind<T>, name: string, namespace = 'default'): T {
  const object = model.view.get(kind, kind.namespaced ? namespace : undefined, name);
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

/** Applies a manifest as `kubectl apply` would; throws what is refused. Returns the warnings. */
export function apply(model: Model, text: string, options: { namespace?: string; dryRun?: boolean } = {}): string[] {
  const { namespace = 'default', dryRun = false } = options;
  const input = { documents: parseManifest(text), fieldManager: 'test', namespace, force: true };
  const { errors, data } = model.command('applyManifest', input, { dryRun });
  if (errors?.[0]) throw new Error(errors[0].message);
  return (data as ApplyManifestData).documents.flatMap(({ warnings }) => warnings);
}

/** The sentence with which the API server refuses to create an object; undefined when it does not. */
export function refusal(model: Model, text: string): string | undefined {
  let sentence: string | undefined;
  model.do((api) => {
    for (const object of parseObjects(text)) {
      const result = api.create(object);
      if (!result.ok) sentence ??= result.error.message;
    }
  });
  return sentence;
}

/** Replaces the status of an object, as a client of its status subresource does. */
export function updateStatus<T extends KubeObject>(
  model: Model,
  kind: Kind<T>,
  name: string,
  change: (status: NonNullable<T['status']>) => T['status'],
): void {
  model.do((api) => {
    const object = found(model, kind, name);
    const result = api.updateStatus({ ...object, status: change((object.status ?? {}) as NonNullable<T['status']>) });
    if (!result.ok) throw new Error(result.error.message);
  });
}

/** Runs `deleteObject`; throws the sentence with which it is refused. */
export function deleteObject(
  model: Model,
  kind: Kind,
  name: string,
  options: { namespace?: string; propagation?: 'Background' | 'Foreground' | 'Orphan' } = {},
): void {
  const { namespace = 'default', ...rest } = options;
  const target = { kindKey: kind.key, name, ...(kind.namespaced ? { namespace } : {}) };
  const { errors } = model.command('deleteObject', { target, ...rest });
  if (errors?.[0]) throw new Error(errors[0].message);
}

/** Labels and annotations that are merged into those of an object. */
export function label<T extends KubeObject>(model: Model, kind: Kind<T>, name: string, labels: StringMap): void {
  update(model, kind, name, (object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } },
  }));
}

export function annotate<T extends KubeObject>(model: Model, kind: Kind<T>, name: string, added: StringMap): void {
  update(model, kind, name, (object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...added } },
  }));
}

/** What a watch of one object would have said: its changes in order. */
export function watched(model: Model, kindKey: string, name: string): string[] {
  return model.versions
    .filter((version) => version.kindKey === kindKey && version.object.metadata.name === name)
    .map(({ type }) => type);
}
