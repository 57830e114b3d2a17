import { Registry } from '../../src/engine/registry.ts';
import { controllerRevision } from '../../src/kinds/controllerrevision/definition.ts';
import { ControllerRevision } from '../../src/kinds/controllerrevision/types.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { node } from '../../src/kinds/node/definition.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { Pod, type PodCondition } from '../../src/kinds/pod/types.ts';
import { fault } from '../../src/kinds/fault/definition.ts';
import type { AnyDefinition } from '../../src/machinery/definition.ts';
import { toTimestamp } from '../../src/machinery/time.ts';
import { doIt, Model } from '../support/model.ts';

/** Pods as the API server keeps them, with a grace period and nobody to end it but the test. */
const pods: AnyDefinition = {
  kind: Pod,
  indexes: pod.indexes ?? [],
  prepareCreate(object: Pod) {
    object.status = { phase: 'Pending' };
    return undefined;
  },
  gracePeriodSeconds: ({ status }: Pod, requested) =>
    status.phase === 'Failed' || status.phase === 'Succeeded' ? 0 : (requested ?? 30),
};

/** A workload's controller alone: the test plays scheduler and kubelet. */
export function workloadPlane(kinds: readonly AnyDefinition[], extra: readonly AnyDefinition[] = []): Model {
  const definitions = [namespace, node, ...kinds, controllerRevision, pods, fault, event, ...extra];
  const model = new Model({ registry: new Registry(definitions, [], [doIt]) });
  if (!model.view.get(namespace.kind, undefined, 'default')) {
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  }
  return model;
}

export function podNames(model: Model): string[] {
  return model.view.list(Pod).map(({ metadata }) => metadata.name + (metadata.deletionTimestamp ? ' (going)' : ''));
}

export function podNamed(model: Model, name: string): Pod {
  const found = model.view.get(Pod, 'default', name);
  if (!found) throw new Error(`no pod ${name}`);
  return found;
}

/** The kubelet starts a pod, or says that it is not ready. */
export function setPod(model: Model, name: string, ready: boolean, phase: Pod['status']['phase'] = 'Running'): void {
  model.do((api) => {
    const found = api.get(Pod, 'default', name);
    if (!found) throw new Error(`no pod ${name}`);
    const conditions: PodCondition[] = [
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: toTimestamp(api.now) },
    ];
    api.updateStatus<Pod>({ ...found, status: { ...found.status, phase, conditions } });
  });
}

/** The kubelet has ended a pod that was deleted. */
export function endPod(model: Model, name: string): void {
  model.do((api) => {
    const found = api.get(Pod, 'default', name);
    if (found) api.delete(found, { gracePeriodSeconds: 0 });
  });
}

/** Plays the kubelet until nothing changes: pods on their way out end, the others become ready; returns what happened. */
export function settle(model: Model, isBroken: (found: Pod) => boolean = () => false): string[] {
  const log: string[] = [];
  for (let turn = 0; turn < 200; turn++) {
    const going = model.view.list(Pod).find(({ metadata }) => metadata.deletionTimestamp !== undefined);
    const waiting = model.view
      .list(Pod)
      .find((found) => found.status.phase === 'Pending' && !found.metadata.deletionTimestamp && !isBroken(found));
    if (going) {
      log.push(`-${going.metadata.name}`);
      endPod(model, going.metadata.name);
    } else if (waiting) {
      log.push(`+${waiting.metadata.name}`);
      setPod(model, waiting.metadata.name, true);
    } else {
      return log;
    }
  }
  throw new Error('the workload does not settle');
}

export function events(model: Model, kind: string): string[] {
  return model.view
    .list(Event)
    .filter((found) => found.involvedObject.kind === kind)
    .map((found) => `${found.type} ${found.reason}: ${found.message}`);
}

export function revisions(model: Model): number[] {
  return model.view
    .list(ControllerRevision)
    .map(({ revision }) => revision)
    .sort((left, right) => left - right);
}
