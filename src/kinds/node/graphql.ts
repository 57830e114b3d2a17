import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { defineMutation } from '../../api/mutations.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { requestedBy } from '../../api/pod-requests.ts';
import { connectionOf } from '../../api/refs.ts';
import { resourceMap, ResourcesType } from '../../api/resources.ts';
import { Pod, podsByNode } from '../pod/types.ts';
import { formatBytes, formatMilliCpu } from '../../machinery/quantity.ts';
import { podUsage } from '../imageprofile/queries.ts';
import { NodeInfoType, nodeImages, nodeLayers } from './graphql-software.ts';
import { isNodeReady, nodeCondition, nodeRoles } from './queries.ts';
import { internalAddress, Node, PRESSURE_CONDITIONS, type Taint, ZONE_LABEL } from './types.ts';

const TaintType = builder.objectRef<Taint>('Taint').implement({
  description: 'Keeps away the pods that do not tolerate it.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'What tolerations name.' }),
    value: t.exposeString('value', { nullable: true, description: 'What tolerations may ask for beside the key.' }),
    effect: t.exposeString('effect', { description: 'NoSchedule, PreferNoSchedule or NoExecute.' }),
    timeAdded: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is there; of NoExecute taints that a controller gave.',
      resolve: ({ timeAdded }) => timeAdded,
    }),
  }),
});

const NodePressureType = builder.enumType('NodePressure', {
  description: 'What a node can be short of.',
  values: {
    MEMORY: { value: 'MemoryPressure', description: 'The condition MemoryPressure.' },
    DISK: { value: 'DiskPressure', description: 'The condition DiskPressure.' },
    PID: { value: 'PIDPressure', description: 'The condition PIDPressure.' },
  } as const,
});

defineKubeType(Node, {
  description: 'A machine of the cluster.',
  fields: (t) => ({
    unschedulable: t.boolean({ description: 'Cordoned.', resolve: ({ object }) => object.spec.unschedulable ?? false }),
    taints: t.field({ type: [TaintType], resolve: ({ object }) => object.spec.taints ?? [] }),
    capacity: t.field({ type: ResourcesType, resolve: ({ object }) => object.status.capacity ?? {} }),
    allocatable: t.field({ type: ResourcesType, resolve: ({ object }) => object.status.allocatable ?? {} }),
    requested: t.field({
      type: ResourcesType,
      description: 'What the pods on it ask for together.',
      resolve: ({ view, object }) => resourceMap(requestedBy(view.by(podsByNode, object.metadata.name))),
    }),
    usage: t.field({
      type: ResourcesType,
      description: 'What its running containers use together, by the profiles of their images.',
      resolve: ({ view, object }) => {
        let cpuMilli = 0;
        let memoryBytes = 0;
        for (const pod of view.by(podsByNode, object.metadata.name)) {
          const usage = podUsage(view, pod);
          cpuMilli += usage.cpuMilli;
          memoryBytes += usage.memoryBytes;
        }
        return { cpu: formatMilliCpu(cpuMilli), memory: formatBytes(memoryBytes) };
      },
    }),
    roles: t.stringList({ description: "kubectl's ROLES.", resolve: ({ object }) => nodeRoles(object) }),
    podCIDR: t.string({
      nullable: true,
      description: 'The network its pods have their addresses from.',
      resolve: ({ object }) => object.spec.podCIDR,
    }),
    internalIP: t.string({
      nullable: true,
      description: 'Its own address.',
      resolve: ({ object }) => internalAddress(object),
    }),
    zone: t.string({
      nullable: true,
      description: 'The label topology.kubernetes.io/zone.',
      resolve: ({ object }) => object.metadata.labels?.[ZONE_LABEL],
    }),
    pressures: t.field({
      type: [NodePressureType],
      description: 'What it is short of: its kubelet evicts pods, and takes on few or none.',
      resolve: ({ object }) => PRESSURE_CONDITIONS.filter((type) => nodeCondition(object, type)?.status === 'True'),
    }),
    ready: t.boolean({
      description: 'Whether its kubelet says that it can run pods.',
      resolve: ({ object }) => isNodeReady(object),
    }),
    nodeInfo: t.field({
      type: NodeInfoType,
      nullable: true,
      description: 'Its kubelet, its container runtime and its system; null before its kubelet has reported.',
      resolve: ({ object }) => object.status.nodeInfo,
    }),
    images: t.field({
      type: [nodeImages.type],
      description: 'The images it has pulled, largest first.',
      extensions: { listSize: nodeImages.listSize },
      resolve: ({ object }) => nodeImages.resolve(object),
    }),
    imageLayers: t.field({
      type: [nodeLayers.type],
      description: 'The layers of its images: what a new tag of an image has in common with the old one is kept once.',
      extensions: { listSize: nodeLayers.listSize },
      resolve: ({ object }) => nodeLayers.resolve(object),
    }),
    pods: t.field({
      type: connectionOf(Pod),
      args: { filter: t.arg({ type: PodFilter }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) =>
        paginate(scope, view.by(podsByNode, object.metadata.name), args, {
          matches: podPredicate(args.filter, scope, catalog),
        }),
    }),
  }),
});

defineMutation({ name: 'cordonNode', description: 'kubectl cordon: no new pods here.', kind: Node });
defineMutation({ name: 'uncordonNode', description: 'kubectl uncordon.', kind: Node });
defineMutation({
  name: 'shutdownNode',
  description: 'Turns a machine off gracefully: its kubelet ends ordinary pods first, then critical ones.',
  kind: Node,
  inputName: 'ShutdownNodeInput',
  input: (t) => ({
    gracePeriod: t.field({
      type: 'Duration',
      description: 'Default: shutdownGracePeriod of the settings; 0s: at once.',
    }),
    criticalPodsGracePeriod: t.field({ type: 'Duration', description: 'The part of it that is for critical pods.' }),
  }),
  toCommand: ({ gracePeriod, criticalPodsGracePeriod }) => ({
    ...(typeof gracePeriod === 'number' ? { gracePeriodSeconds: gracePeriod / 1000 } : {}),
    ...(typeof criticalPodsGracePeriod === 'number'
      ? { criticalPodsGracePeriodSeconds: criticalPodsGracePeriod / 1000 }
      : {}),
  }),
});
defineMutation({ name: 'startNode', description: 'Turns a machine on again that was shut down.', kind: Node });
