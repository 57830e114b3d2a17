import { builder } from '../../api/builder.ts';
import type { Handle } from '../../api/handle.ts';
import { kubeRef } from '../../api/refs.ts';
import { ResourcesType, type ResourceMap } from '../../api/resources.ts';
import { formatBytes, formatMilliCpu } from '../../machinery/quantity.ts';
import { containerUsage } from '../imageprofile/queries.ts';
import { ConfigMap } from '../configmap/types.ts';
import { Secret } from '../secret/types.ts';
import { ContainerType, idOf, ProbeType, probesOf, type ContainerSource } from './graphql-probe.ts';
import { namesSeenBy } from './references.ts';
import { Pod, type ContainerStatus } from './types.ts';

export function containersOf(pod: Handle<Pod>): ContainerSource[] {
  const { spec, status } = pod.object;
  return spec.containers.map((container) => ({
    pod,
    container,
    status: status.containerStatuses?.find(({ name }) => name === container.name),
  }));
}

export function initContainersOf(pod: Handle<Pod>): ContainerSource[] {
  const { spec, status } = pod.object;
  return (spec.initContainers ?? []).map((container) => ({
    pod,
    container,
    status: status.initContainerStatuses?.find(({ name }) => name === container.name),
  }));
}

export { ContainerType };

type State = NonNullable<ContainerStatus['state']>;
type Waiting = { waiting: NonNullable<State['waiting']> };
type Running = { running: NonNullable<State['running']> };
type Terminated = { terminated: NonNullable<State['terminated']> };
type StateSource = Waiting | Running | Terminated;

const WaitingType = builder.objectRef<Waiting>('ContainerWaiting').implement({
  fields: (t) => ({
    reason: t.string({ resolve: ({ waiting }) => waiting.reason ?? '' }),
    message: t.string({ nullable: true, resolve: ({ waiting }) => waiting.message }),
  }),
});

const RunningType = builder.objectRef<Running>('ContainerRunning').implement({
  fields: (t) => ({ startedAt: t.field({ type: 'DateTime', resolve: ({ running }) => running.startedAt ?? 0 }) }),
});

const TerminatedType = builder.objectRef<Terminated>('ContainerTerminated').implement({
  fields: (t) => ({
    reason: t.string({ resolve: ({ terminated }) => terminated.reason ?? '' }),
    exitCode: t.int({ resolve: ({ terminated }) => terminated.exitCode }),
    startedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ terminated }) => terminated.startedAt }),
    finishedAt: t.field({ type: 'DateTime', resolve: ({ terminated }) => terminated.finishedAt ?? 0 }),
  }),
});

const ContainerStateType = builder.unionType('ContainerState', {
  types: [WaitingType, RunningType, TerminatedType],
  resolveType: (state: StateSource) => {
    if ('running' in state) return 'ContainerRunning';
    return 'terminated' in state ? 'ContainerTerminated' : 'ContainerWaiting';
  },
});

function stateOf(state: State | undefined): StateSource | undefined {
  if (state?.running) return { running: state.running };
  if (state?.terminated) return { terminated: state.terminated };
  return state?.waiting ? { waiting: state.waiting } : undefined;
}

/** What the kubelet takes a container for of which it has written nothing. */
const NOT_CREATED: StateSource = { waiting: { reason: 'ContainerCreating' } };

ContainerType.implement({
  description: 'A container of a pod.',
  fields: (t) => ({
    id: t.id({ resolve: idOf }),
    name: t.string({ resolve: ({ container }) => container.name }),
    image: t.string({ resolve: ({ container }) => container.image ?? '' }),
    pod: t.field({ type: kubeRef(Pod), resolve: ({ pod }) => pod }),
    state: t.field({ type: ContainerStateType, resolve: ({ status }) => stateOf(status?.state) ?? NOT_CREATED }),
    lastState: t.field({
      type: ContainerStateType,
      nullable: true,
      resolve: ({ status }) => stateOf(status?.lastState),
    }),
    ready: t.boolean({ resolve: ({ status }) => status?.ready ?? false }),
    started: t.boolean({ resolve: ({ status }) => status?.started ?? false }),
    restartCount: t.int({ resolve: ({ status }) => status?.restartCount ?? 0 }),
    requests: t.field({
      type: ResourcesType,
      resolve: ({ container }): NonNullable<ResourceMap> => container.resources?.requests ?? {},
    }),
    limits: t.field({
      type: ResourcesType,
      resolve: ({ container }): NonNullable<ResourceMap> => container.resources?.limits ?? {},
    }),
    usage: t.field({
      type: ResourcesType,
      nullable: true,
      description: 'What it uses at the moment of the view, by the profile of its image; null while it does not run.',
      resolve: ({ pod, container }): NonNullable<ResourceMap> | null => {
        const usage = containerUsage(pod.view, pod.object, container);
        return usage ? { cpu: formatMilliCpu(usage.cpuMilli), memory: formatBytes(usage.memoryBytes) } : null;
      },
    }),
    ports: t.intList({ resolve: ({ container }) => (container.ports ?? []).map(({ containerPort }) => containerPort) }),
    probes: t.field({ type: [ProbeType], resolve: probesOf }),
    configMaps: t.field({
      type: [kubeRef(ConfigMap)],
      description: 'The ConfigMaps it sees, as variables or in volumes it mounts.',
      resolve: ({ pod, container }) => {
        const { metadata, spec } = pod.object;
        return namesSeenBy(container, spec, 'ConfigMap').flatMap(
          (name) => pod.find(ConfigMap, metadata.namespace, name) ?? [],
        );
      },
    }),
    secrets: t.field({
      type: [kubeRef(Secret)],
      description: 'The Secrets it sees, as variables or in volumes it mounts.',
      resolve: ({ pod, container }) => {
        const { metadata, spec } = pod.object;
        return namesSeenBy(container, spec, 'Secret').flatMap(
          (name) => pod.find(Secret, metadata.namespace, name) ?? [],
        );
      },
    }),
  }),
});
