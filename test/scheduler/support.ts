import { scheduler } from '../../src/controllers/scheduler/scheduler.ts';
import { Registry } from '../../src/engine/registry.ts';
import { Event } from '../../src/kinds/event/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { systemNamespaces } from '../../src/kinds/namespace/bootstrap.ts';
import { systemPriorityClasses } from '../../src/kinds/priorityclass/bootstrap.ts';
import { definitions } from '../../src/kinds/registry.ts';
import type { CommandHandler, Controller, ObjectApi } from '../../src/machinery/controller.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import type { ClusterSettings } from '../../src/machinery/settings.ts';
import { Model } from '../support/model.ts';

const doIt: CommandHandler<(api: ObjectApi) => void> = {
  name: 'test.do',
  handle(work, api) {
    work(api);
    return {};
  },
};

/** What makes the objects every cluster has. */
const BOOTSTRAP = [systemNamespaces, systemPriorityClasses];

/** Every kind, and of all controllers the scheduler and those named: what it does is not mixed with what others do. */
function schedulingOnly(actors: readonly Controller[]): Registry {
  const kinds = definitions.map((definition) => {
    const controllers = BOOTSTRAP.filter((controller) => definition.controllers?.includes(controller));
    return { ...definition, controllers };
  });
  return new Registry(kinds, actors, [doIt]);
}

export function schedulerModel(
  settings: Partial<ClusterSettings> = {},
  actors: readonly Controller[] = [scheduler],
): Model {
  return new Model({ registry: schedulingOnly(actors), settings });
}

export interface NodeOptions {
  labels?: Record<string, string>;
  taints?: object[];
  unschedulable?: boolean;
  allocatable?: Record<string, string>;
  images?: object[];
}

export function node(name: string, options: NodeOptions = {}): NewObject {
  const { labels, taints, unschedulable, allocatable, images } = options;
  const amounts = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi', ...allocatable };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: { allocatable: amounts, capacity: amounts, ...(images ? { images } : {}) },
  };
}

/** A pod of one container; `spec` is merged over it. */
export function pod(
  name: string,
  requests: Record<string, string> = {},
  spec: object = {},
  metadata: object = {},
): NewObject {
  // Extended resources and huge pages must have equal limits.
  const exact = Object.keys(requests).filter((resource) => resource.includes('/') || resource.startsWith('hugepages-'));
  const limits = Object.fromEntries(exact.map((resource) => [resource, requests[resource]]));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { containers: [{ name: 'main', image: 'nginx', resources: { requests, limits } }], ...spec },
  };
}

export function podOf(model: Model, name: string): Pod {
  const found = model.view.get(Pod, 'default', name);
  if (!found) throw new Error(`there is no pod ${name}`);
  return found;
}

export function nodeOf(model: Model, name: string): string | undefined {
  return podOf(model, name).spec.nodeName;
}

/** The events about a pod, oldest first: "reason xCount: message". */
export function eventsOf(model: Model, name: string): string[] {
  return model.view
    .list(Event)
    .filter((event) => event.involvedObject.name === name && event.involvedObject.kind === 'Pod')
    .map(({ reason, count, message }) => `${reason} x${count}: ${message}`);
}

/** What the condition PodScheduled says: "Unschedulable: 0/1 nodes …", or "True". */
export function scheduledCondition(model: Model, name: string): string | undefined {
  const condition = podOf(model, name).status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (!condition) return undefined;
  return condition.status === 'True' ? 'True' : `${condition.reason}: ${condition.message}`;
}
