import { builder } from '../../api/builder.ts';
import { ClusterType } from '../../api/cluster-source.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import {
  PodFilter,
  type PodFilterInput,
  PodOrderEnum,
  podPredicate,
  PodPhaseEnum,
  podStatusWord,
  POD_ORDERS,
  phaseWord,
  restartsOf,
} from '../../api/pod-filter.ts';
import { connectionOf, KubeObjectInterface, kubeRef } from '../../api/refs.ts';
import type { Scope } from '../../api/handle.ts';
import { controllerRef, keyOf } from '../../machinery/object.ts';
import { parseLabelSelector } from '../../machinery/selector-parser.ts';
import { selectorsMatching } from '../../machinery/selector-index.ts';
import { fromTimestamp, SECOND_MS } from '../../machinery/time.ts';
import { EndpointSlice, slicesByTarget } from '../endpointslice/types.ts';
import { Namespace } from '../namespace/types.ts';
import { Node } from '../node/types.ts';
import { selectorOf, Service, servicesBySelector } from '../service/types.ts';
import { containersOf, ContainerType, initContainersOf } from './graphql-container.ts';
import './graphql-environment.ts';
import './graphql-cgroup.ts';
import './graphql-files.ts';
import './graphql-identity.ts';
import './graphql-write-file.ts';
import './graphql-probe-changes.ts';
import { VolumeType, volumesOf } from './graphql-volume.ts';
import { isPodReady, podCondition, selectPods } from './queries.ts';
import { Pod, podsByNode } from './types.ts';

defineKubeType(Pod, {
  description: 'The unit of scheduling: containers together on one node.',
  listed: false,
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    phase: t.field({ type: PodPhaseEnum, resolve: ({ object }) => phaseWord(object) }),
    status: t.string({
      description: 'kubectl\'s STATUS: "CrashLoopBackOff", "Init:0/1", "Completed".',
      resolve: (handle, _args, { catalog }) => podStatusWord(handle, catalog),
    }),
    readyContainers: t.int({
      resolve: ({ object }) => (object.status.containerStatuses ?? []).filter(({ ready }) => ready).length,
    }),
    containerCount: t.int({ resolve: ({ object }) => object.spec.containers.length }),
    restarts: t.int({ description: 'Of all its containers.', resolve: ({ object }) => restartsOf(object) }),
    ready: t.boolean({ resolve: ({ object }) => isPodReady(object) }),
    podIP: t.string({ nullable: true, resolve: ({ object }) => object.status.podIP }),
    qosClass: t.string({ resolve: ({ object }) => object.status.qosClass ?? '' }),
    age: t.field({
      type: 'Duration',
      resolve: ({ view, object }) => Math.max(0, view.now - fromTimestamp(object.metadata.creationTimestamp)),
    }),
    node: t.field({
      type: kubeRef(Node),
      nullable: true,
      resolve: (handle) => handle.find(Node, undefined, handle.object.spec.nodeName),
    }),
    controller: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'The object that manages it.',
      resolve: (handle) => handle.toMaybe(handle.view.byUid(controllerRef(handle.object)?.uid ?? '')),
    }),
    containers: t.field({ type: [ContainerType], resolve: (pod) => containersOf(pod) }),
    initContainers: t.field({ type: [ContainerType], resolve: (pod) => initContainersOf(pod) }),
    volumes: t.field({ type: [VolumeType], resolve: (pod) => volumesOf(pod) }),
    services: t.field({
      type: [kubeRef(Service)],
      description: 'The Services that select it.',
      resolve: (handle) => handle.toAll(selectorsMatching(handle.view, servicesBySelector, selectorOf, handle.object)),
    }),
    endpointSlices: t.field({
      type: [kubeRef(EndpointSlice)],
      resolve: (handle) => handle.toAll(handle.view.by(slicesByTarget, keyOf(handle.object))),
    }),
    schedulingMessage: t.string({
      nullable: true,
      description: 'Why it is on no node yet.',
      resolve: ({ object }) => {
        const condition = podCondition(object, 'PodScheduled');
        return condition?.status === 'False' ? condition.message : null;
      },
    }),
  }),
});

/** The pods to look through for a filter: those of its node, of its namespaces, or with one of its labels. */
function candidatesOf({ view }: Scope, filter: PodFilterInput | null | undefined): readonly Pod[] {
  if (typeof filter?.node === 'string') return view.by(podsByNode, filter.node);
  if (!filter?.namespaces) return view.list(Pod);
  const selector = filter.labelSelector ? parseLabelSelector(filter.labelSelector) : undefined;
  return [...new Set(filter.namespaces)].flatMap((namespace) =>
    selector?.ok ? selectPods(view, namespace, selector.value) : view.list(Pod, namespace),
  );
}

builder.objectField(ClusterType, 'pods', (t) =>
  t.field({
    type: connectionOf(Pod),
    args: {
      filter: t.arg({ type: PodFilter }),
      orderBy: t.arg({ type: PodOrderEnum, defaultValue: 'NAME' }),
      ...pageArgs(),
    },
    resolve: ({ scope }, args, { catalog }) =>
      paginate(scope, candidatesOf(scope, args.filter), args, {
        order: POD_ORDERS[args.orderBy ?? 'NAME'],
        matches: podPredicate(args.filter, scope, catalog),
      }),
  }),
);

defineMutation({
  name: 'deletePod',
  description: 'kubectl delete pod.',
  kind: Pod,
  inputName: 'DeletePodInput',
  input: (t) => ({
    gracePeriod: t.field({ type: 'Duration', description: 'Default: the grace period of the pod.' }),
    force: t.boolean({ defaultValue: false, description: 'Do not wait for its kubelet.' }),
  }),
  toCommand: ({ gracePeriod, force }) => {
    if (force) return { gracePeriodSeconds: 0 };
    return typeof gracePeriod === 'number' ? { gracePeriodSeconds: Math.ceil(gracePeriod / SECOND_MS) } : {};
  },
});

defineMutation({
  name: 'debugPod',
  description: 'kubectl debug: adds an ephemeral container, which is never started again and never removed.',
  kind: Pod,
  inputName: 'DebugPodInput',
  input: (t) => ({
    container: t.string({ required: true, description: 'Its name.' }),
    image: t.string({ required: true }),
    command: t.stringList(),
    targetContainer: t.string({ description: 'The container whose processes it sees.' }),
  }),
  toCommand: ({ container, image, command, targetContainer }) => ({
    container: {
      name: container,
      image,
      ...(command?.length ? { command } : {}),
      ...(targetContainer ? { targetContainerName: targetContainer } : {}),
    },
  }),
});

defineMutation({
  name: 'resizePod',
  description:
    'Changes what a running container asks for and may use; its kubelet decides whether and when it gets it.',
  kind: Pod,
  inputName: 'ResizePodInput',
  input: (t) => ({
    container: t.string({ required: true }),
    requests: t.field({ type: 'StringMap', description: 'cpu and memory; what is not named stays as it is.' }),
    limits: t.field({ type: 'StringMap', description: 'The same for limits.' }),
  }),
  toCommand: ({ container, requests, limits }) => ({
    container,
    ...(requests ? { requests } : {}),
    ...(limits ? { limits } : {}),
  }),
});
