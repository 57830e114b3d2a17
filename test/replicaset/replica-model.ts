import { deployment } from '../../src/kinds/deployment/definition.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { Pod, finishedPods, orphanPods, podsByClaim, podsByLabel, podsByNode } from '../../src/kinds/pod/types.ts';
import { replicaSet } from '../../src/kinds/replicaset/definition.ts';
import { replicationController } from '../../src/kinds/replicationcontroller/definition.ts';
import { Registry } from '../../src/engine/registry.ts';
import { watchSelf, type Controller } from '../../src/machinery/controller.ts';
import type { AdmissionPlugin, AnyDefinition, KindDefinition } from '../../src/machinery/definition.ts';
import { isBeingDeleted, type KubeObject, type NewObject } from '../../src/machinery/object.ts';
import { fromTimestamp, toTimestamp } from '../../src/machinery/time.ts';
import { doIt, Model, type ModelOptions } from '../support/model.ts';

/** How long a pod of these tests takes to become ready, unless its image says otherwise. */
export const READY_AFTER_MS = 2_000;

/** Images under this name never become ready. */
export const BROKEN = 'broken';

/**
 * Stands in for scheduler and kubelet: pods run on one node, are ready after two seconds, and are gone when their grace
 * period has passed. What these tests look at are the controllers above.
 */
const standInKubelet: Controller = {
  name: 'kubelet',
  watches: [watchSelf(Pod)],
  reconcile(key, api) {
    const pod = api.getByKey(Pod, key);
    if (!pod) return;
    if (isBeingDeleted(pod)) {
      const end = fromTimestamp(pod.metadata.deletionTimestamp!);
      if (api.now >= end) api.delete(pod, { gracePeriodSeconds: 0 });
      else api.requeueAt(end);
      return;
    }
    if (pod.status.phase !== 'Pending') return;
    if (!pod.spec.nodeName) {
      api.update({ ...pod, spec: { ...pod.spec, nodeName: 'node-0' } });
      return;
    }
    if (pod.spec.containers[0]?.image?.startsWith(BROKEN)) return;
    const readyAt = fromTimestamp(pod.metadata.creationTimestamp) + READY_AFTER_MS;
    if (api.now < readyAt) api.requeueAt(readyAt);
    else setReady(pod, true, (changed) => api.updateStatus(changed), api.now);
  },
};

export function setReady(pod: Pod, ready: boolean, write: (pod: Pod) => void, now: number): void {
  const condition = {
    type: 'Ready',
    status: ready ? ('True' as const) : ('False' as const),
    lastTransitionTime: toTimestamp(now),
  };
  write({ ...pod, status: { ...pod.status, phase: 'Running', conditions: [condition] } });
}

const pod: KindDefinition<Pod> = {
  kind: Pod,
  indexes: [podsByNode, podsByLabel, podsByClaim, orphanPods, finishedPods],
  prepareCreate(object) {
    object.status = { phase: 'Pending' };
    return undefined;
  },
  gracePeriodSeconds: (object, requested) =>
    object.spec.nodeName ? (requested ?? object.spec.terminationGracePeriodSeconds ?? 30) : 0,
};

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };

export interface ReplicaModelOptions extends ModelOptions {
  plugins?: readonly AdmissionPlugin[];
  controllers?: readonly Controller[];
}

/** A cluster of the kinds that keep replicas, with the stand-in kubelet and the namespace `default`. */
export function replicaModel(options: ReplicaModelOptions = {}): Model {
  const kinds: AnyDefinition[] = [
    { ...namespace, controllers: [] },
    deployment,
    replicaSet,
    replicationController,
    { ...pod, plugins: options.plugins ?? [] },
    { ...event, controllers: [] },
  ];
  const registry = new Registry(kinds, [...(options.controllers ?? []), standInKubelet], [doIt]);
  const model = new Model({ ...options, registry });
  if (!model.view.listKey('Namespace').length) model.create(NAMESPACE);
  return model;
}

/** The events about objects of a kind, oldest first, as `reason: message` (×n where they were repeated). */
export function eventsOf(model: Model, kind: string): string[] {
  return model.view
    .list(Event)
    .filter((each) => each.involvedObject.kind === kind)
    .map(({ reason, message, count }) => `${reason}: ${message}${count > 1 ? ` (x${count})` : ''}`);
}

export function podTemplate(labels: Record<string, string> = { app: 'web' }, image = 'web:1') {
  return { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } };
}

export function newDeployment(spec: Record<string, unknown> = {}, name = 'web'): NewObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: podTemplate(), ...spec },
  };
}

export function newReplicaSet(spec: Record<string, unknown> = {}, name = 'web'): NewObject {
  return { ...newDeployment(spec, name), kind: 'ReplicaSet' };
}

export function newReplicationController(spec: Record<string, unknown> = {}, name = 'web'): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name, namespace: 'default' },
    spec: { replicas: 3, selector: { app: 'web' }, template: podTemplate(), ...spec },
  };
}

/** The stored state of an object. */
export function current<T extends KubeObject>(model: Model, object: T): T {
  const found = model.view.byUid(object.metadata.uid);
  if (!found) throw new Error(`${object.kind} ${object.metadata.name} is gone`);
  return found as T;
}

/** The input of a command about an object. */
export function about(object: KubeObject, fields: Record<string, unknown> = {}) {
  const { namespace, name, uid } = object.metadata;
  return { target: { kindKey: object.kind, namespace, name, uid }, ...fields };
}
