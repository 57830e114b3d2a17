import { nodeLifecycle } from '../../src/controllers/node-lifecycle/controller.ts';
import { podGarbageCollector } from '../../src/controllers/pod-garbage-collector/controller.ts';
import { taintEviction } from '../../src/controllers/taint-eviction/controller.ts';
import { Registry } from '../../src/engine/registry.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { fault } from '../../src/kinds/fault/definition.ts';
import { Fault } from '../../src/kinds/fault/types.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { node } from '../../src/kinds/node/definition.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import type { AnyDefinition } from '../../src/machinery/definition.ts';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import { doIt, Model } from '../support/model.ts';

/** A control plane without scheduler and kubelets: pods stand where and as the test puts them. */
export function controlPlane(options: { settings?: Partial<ClusterSettings>; kinds?: AnyDefinition[] } = {}): Model {
  const definitions = [namespace, node, { ...pod, controllers: [] }, fault, event, ...(options.kinds ?? [])];
  const actors = [nodeLifecycle, taintEviction, podGarbageCollector];
  const registry = new Registry(definitions, actors, [doIt]);
  const model = new Model({ registry, ...(options.settings ? { settings: options.settings } : {}) });
  if (!model.view.get(namespace.kind, undefined, 'default')) {
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  }
  return model;
}

export function nodeNamed(model: Model, name: string): Node {
  const found = model.view.get(Node, undefined, name);
  if (!found) throw new Error(`no node ${name}`);
  return found;
}

export function podNamed(model: Model, name: string): Pod | undefined {
  return model.view.get(Pod, 'default', name);
}

/** A running, ready pod on a node. */
export function runPod(model: Model, name: string, nodeName: string, spec: Partial<Pod['spec']> = {}): void {
  model.do((api) => {
    const created = api.create<Pod>({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: 'web' } },
      spec: { nodeName, containers: [{ name: 'web', image: 'nginx' }], ...spec },
      status: { phase: 'Pending' },
    });
    if (!created.ok) throw new Error(created.error.message);
    const conditions = [{ type: 'Ready', status: 'True' as const, lastTransitionTime: '2026-01-01T00:00:00Z' }];
    api.updateStatus<Pod>({ ...created.value, status: { ...created.value.status, phase: 'Running', conditions } });
  });
}

export function breakNode(model: Model, nodeName: string, name = `down-${nodeName}`): void {
  model.create({
    apiVersion: Fault.apiVersion,
    kind: 'Fault',
    metadata: { name },
    spec: { nodeDown: { node: nodeName } },
  });
}

export function mendNode(model: Model, nodeName: string): void {
  const found = model.view.get(Fault, undefined, `down-${nodeName}`);
  if (found) model.do((api) => void api.delete(found));
}

/** `reason: message` of the events about objects of a kind, in order, with a count where it is not 1. */
export function eventsAbout(model: Model, kind: string, reasons?: readonly string[]): string[] {
  return model.view
    .list(Event)
    .filter((found) => found.involvedObject.kind === kind && (!reasons || reasons.includes(found.reason)))
    .map((found) => `${found.reason}: ${found.message}${found.count > 1 ? ` (x${found.count})` : ''}`);
}

/** `key:effect` of a node's taints. */
export function taintsOf(model: Model, name: string): string[] {
  return (nodeNamed(model, name).spec.taints ?? []).map(({ key, effect }) => `${key.split('/').at(-1)}:${effect}`);
}

export const SECOND = 1000;
