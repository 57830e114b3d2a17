import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { Change } from '../../machinery/controller.ts';
import { canonicalJson, deepEqual } from '../../machinery/equality.ts';
import { keyOf } from '../../machinery/object.ts';
import { resourceAmount } from '../../machinery/quantity.ts';
import { isPodTerminal } from '../../kinds/pod/queries.ts';
import { profileOf } from '../../kinds/imageprofile/queries.ts';
import type { ContainerRuntime, PendingResize, Running } from '../../kinds/pod/runtime.ts';
import { podsAwaitingResize, podsByNode, type Container, type Pod } from '../../kinds/pod/types.ts';
import { killedAt } from './plan.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
import { stopContainer } from './stop.ts';

/**
 * In-place resize of pods: what the spec asks for is granted when the node has room, at once or with a restart of the
 * container as its resizePolicy says; else it waits. Source: pkg/kubelet/allocation/allocation_manager.go, handlers.go,
 * pkg/kubelet/events/resize.go.
 */

type ContainerResources = NonNullable<Container['resources']>;

const NO_RESOURCES: ContainerResources = Object.freeze({});

/** Takes up a change of resources that the API server has accepted. */
export function takeResize(sync: PodSync): void {
  if (sync.pod.runtime?.resizes === undefined || sync.ending || sync.runtime.done) return;
  // What the status says of resources is compared only once for each change of the spec.
  const isKnown = sync.pod.status.observedGeneration === sync.pod.metadata.generation;
  if (isKnown && !sync.runtime.resizePending) return;
  const changed = sync.containers.filter((about) => {
    const allocated = allocatedOf(sync, about);
    return allocated !== undefined && !deepEqual(allocated, about.container.resources ?? NO_RESOURCES);
  });
  const before = sync.runtime.resizePending;
  const problem = changed.length > 0 ? problemOf(sync) : undefined;
  if (!problem) {
    if (changed.length > 0) grant(sync, changed);
    // A spec that was set back asks for nothing any more.
    forgetPending(sync);
    return;
  }
  for (const about of changed) {
    const { name } = about.container;
    const state = sync.container(name);
    const allocated = allocatedOf(sync, about);
    if (state && allocated && state.allocated === undefined) sync.setContainer(name, { ...state, allocated });
  }
  const generation = sync.pod.metadata.generation ?? 0;
  if (before?.reason === problem.reason && before.resource === problem.resource && before.generation === generation) {
    if (before.message !== problem.message) sync.change({ resizePending: { ...problem, generation } });
    return;
  }
  sync.change({ resizePending: { ...problem, generation } });
  sync.event('Warning', `Resize${problem.reason}`, `Pod resize ${problem.reason}: ${summary(sync, problem.message)}`);
}

function forgetPending(sync: PodSync): void {
  for (const { container } of sync.containers) {
    const state = sync.container(container.name);
    if (state?.allocated === undefined) continue;
    const { allocated: _, ...rest } = state;
    sync.setContainer(container.name, rest);
  }
  if (!sync.runtime.resizePending) return;
  const { resizePending: _, ...runtime } = sync.runtime;
  sync.runtime = runtime;
}

/** What a container was given; undefined for one that was never started, or cannot be resized. */
function allocatedOf(sync: PodSync, { container, role }: PodContainer): ContainerResources | undefined {
  if (role === 'init' || role === 'ephemeral') return undefined;
  const { name } = container;
  const state = sync.container(name);
  if (state?.allocated) return state.allocated;
  // What it will have when it is started again, it has been given.
  if (state?.actual) return container.resources ?? NO_RESOURCES;
  const { containerStatuses = [], initContainerStatuses = [] } = sync.pod.status;
  return [...containerStatuses, ...initContainerStatuses].find((status) => status.name === name)?.resources;
}

function problemOf(sync: PodSync): Omit<PendingResize, 'generation'> | undefined {
  const allocatable = sync.node.status.allocatable ?? {};
  const available = (resource: string) => resourceAmount(resource, allocatable[resource]);
  for (const resource of ['memory', 'cpu']) {
    const requested = requestOf(sync.pod, resource, false);
    if (requested <= available(resource)) continue;
    const sizes = `requested: ${requested}, capacity: ${available(resource)}`;
    return { reason: 'Infeasible', resource, message: `Node didn't have enough capacity: ${resource}, ${sizes}` };
  }
  const others = sync.api
    .by(podsByNode, sync.node.metadata.name)
    .filter((pod) => pod.metadata.uid !== sync.pod.metadata.uid && !isPodTerminal(pod));
  for (const resource of ['cpu', 'memory']) {
    const requested = requestOf(sync.pod, resource, false);
    let used = 0;
    for (const pod of others) used += requestOf(pod, resource, true);
    if (requested <= available(resource) - used) continue;
    const sizes = `requested: ${requested}, used: ${used}, capacity: ${available(resource)}`;
    return { reason: 'Deferred', resource, message: `Node didn't have enough resource: ${resource}, ${sizes}` };
  }
  return undefined;
}

/** resourcehelper.PodRequests for one resource: what the pod wants, or (`held`) what it was given. */
function requestOf({ spec, runtime }: Pod, resource: string, held: boolean): number {
  const of = ({ name, resources }: Container) => {
    const allocated = held ? runtime?.containers?.[name]?.allocated : undefined;
    return resourceAmount(resource, (allocated ?? resources)?.requests?.[resource]);
  };
  let sum = 0;
  for (const container of spec.containers) sum += of(container);
  let sidecars = 0;
  let highest = 0;
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') sidecars += of(container);
    highest = Math.max(highest, container.restartPolicy === 'Always' ? sidecars : sidecars + of(container));
  }
  return Math.max(sum + sidecars, highest) + resourceAmount(resource, spec.overhead?.[resource]);
}

function grant(sync: PodSync, changed: readonly PodContainer[]): void {
  sync.event('Normal', 'ResizeStarted', `Pod resize started: ${summary(sync)}`);
  for (const about of changed) {
    const { name } = about.container;
    const actual = allocatedOf(sync, about) ?? NO_RESOURCES;
    const state = sync.container(name);
    if (state?.step.step !== 'running') continue;
    if (!needsRestart(about, actual)) {
      planAnew(sync, about, state, state.step);
      continue;
    }
    sync.setContainer(name, { ...state, actual: state.actual ?? actual });
    const grace = sync.pod.spec.terminationGracePeriodSeconds ?? 30;
    stopContainer(sync, about, 'restart', grace, `Container ${name} resize requires restart`);
  }
  if (!isResizeInProgress(sync)) sayCompleted(sync);
}

/** Another limit is another moment at which the container is killed for its memory. */
function planAnew(sync: PodSync, { container }: PodContainer, state: ContainerRuntime, step: Running): void {
  const { oomAt: before, ...plan } = step.plan;
  const due = killedAt(profileOf(sync.api, container.image ?? ''), container, step.since);
  if (due === before) return;
  const oomAt = due === undefined ? {} : { oomAt: Math.max(due, sync.now) };
  sync.setContainer(container.name, { ...state, step: { ...step, plan: { ...plan, ...oomAt } } });
}

/** Whether a container still runs with what it had before a resize that needs a restart. */
export function isResizeInProgress(sync: PodSync): boolean {
  return sync.containers.some(({ container }) => sync.container(container.name)?.actual !== undefined);
}

/** A container that starts does so with what it was given. */
export function completeResize(sync: PodSync, { container }: PodContainer): void {
  const state = sync.container(container.name);
  if (state?.actual === undefined) return;
  const { actual: _, ...rest } = state;
  sync.setContainer(container.name, rest);
  if (!isResizeInProgress(sync)) sayCompleted(sync);
}

function sayCompleted(sync: PodSync): void {
  sync.event('Normal', 'ResizeCompleted', `Pod resize completed: ${summary(sync)}`);
}

function needsRestart({ container }: PodContainer, before: ContainerResources): boolean {
  return (container.resizePolicy ?? []).some(({ resourceName, restartPolicy }) => {
    if (restartPolicy !== 'RestartContainer') return false;
    return (['requests', 'limits'] as const).some(
      (part) => !deepEqual(before[part]?.[resourceName], container.resources?.[part]?.[resourceName]),
    );
  });
}

/** What the spec asks for, as the events write it: JSON of all containers that can be resized. */
function summary(sync: PodSync, error?: string): string {
  const texts = (roles: readonly string[]) =>
    sync.containers
      .filter(({ role }) => roles.includes(role))
      .map(({ container: { name, resources = {} } }) => {
        const parts = (['limits', 'requests'] as const)
          .filter((part) => Object.keys(resources[part] ?? {}).length > 0)
          .map((part) => `"${part}":${canonicalJson(resources[part])}`);
        return `{"name":${JSON.stringify(name)},"resources":{${parts.join(',')}}}`;
      });
  const fields: string[] = [];
  const sidecars = texts(['sidecar']);
  if (sidecars.length > 0) fields.push(`"initContainers":[${sidecars.join(',')}]`);
  fields.push(`"containers":[${texts(['main']).join(',')}]`, `"generation":${sync.pod.metadata.generation ?? 0}`);
  if (error !== undefined) fields.push(`"error":${JSON.stringify(error)}`);
  return `{${fields.join(',')}}`;
}

/** The pods whose resize waits for room on a node on which a pod has ended, or holds something else than before. */
export function podsToResize({ old, new: pod }: Change<Pod>, view: ClusterView): string[] | undefined {
  const nodeName = old?.spec.nodeName;
  if (!nodeName || view.countBy(podsAwaitingResize, nodeName) === 0) return undefined;
  const freed = !pod || (isPodTerminal(pod) && !isPodTerminal(old)) || old.runtime?.resizes !== pod.runtime?.resizes;
  if (!freed) return undefined;
  const self = pod?.metadata.uid;
  return view
    .by(podsAwaitingResize, nodeName)
    .filter(({ metadata }) => metadata.uid !== self)
    .map(keyOf);
}
