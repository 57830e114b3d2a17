import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { LabelSelector } from '../../machinery/selector.ts';

/** Which pods and containers a fault hits. What is not said is not asked for: an empty target is every pod. */
export interface FaultTarget {
  /** The namespace of the pods; default: all. */
  namespace?: string;
  /** The name of one pod. */
  name?: string;
  labelSelector?: LabelSelector;
  /** The name of a container; default: all of the pod's. */
  container?: string;
  /** Pods on this node. */
  node?: string;
  /** Containers of this image: a pattern in which `*` stands for any text. */
  image?: string;
}

/** Attempts of a probe have this outcome. */
export interface ProbeFault {
  type: 'STARTUP' | 'READINESS' | 'LIVENESS';
  succeed: boolean;
  /** What the failing attempt says. */
  message?: string;
}

/** Running containers exit. */
export interface ContainerExitFault {
  exitCode?: number;
  /** The kernel kills it for its memory: exit code 137, reason OOMKilled. */
  oom?: boolean;
  /** Each new start exits too, while the fault acts; default: only what runs when it begins. */
  repeat?: boolean;
  /** How long a container that starts under a repeating fault runs, in seconds; default 1. */
  afterSeconds?: number;
}

/** Pulls of an image fail. */
export interface ImagePullFault {
  /** A pattern in which `*` stands for any text. */
  image: string;
  message?: string;
}

/** The machine is off: its kubelet is silent and its containers are gone. */
export interface NodeDownFault {
  node: string;
}

/** Two sides that do not hear each other: names of nodes, or `control-plane`. An empty side stands for everyone else. */
export interface PartitionFault {
  a?: readonly string[];
  b?: readonly string[];
}

export const LATENCY_COMPONENTS = ['image-pull', 'container-start', 'container-stop'] as const;

/** Something of the node takes longer: a pull, a container until it answers, a container until it has stopped. */
export interface LatencyFault {
  component: (typeof LATENCY_COMPONENTS)[number];
  /** Go duration text: "30s". */
  delay: string;
}

export const PRESSURE_RESOURCES = ['MEMORY', 'DISK', 'INODES', 'PID'] as const;
export type PressureResource = (typeof PRESSURE_RESOURCES)[number];

/**
 * Something outside of the pods uses a node up: as long as the fault acts, no more than `available` is left of the
 * resource, however many pods are evicted.
 */
export interface PressureFault {
  node: string;
  resource: PressureResource;
  /** A quantity ("50Mi"); default half of the kubelet's eviction threshold. */
  available?: string | number;
}

export const STORAGE_OPERATIONS = ['ATTACH', 'DELETE', 'DETACH', 'EXPAND', 'PROVISION'] as const;
export type StorageOperation = (typeof STORAGE_OPERATIONS)[number];

/** A driver of volumes fails to do something, or takes longer over it. */
export interface StorageFault {
  /** The provisioner's name: a pattern in which `*` stands for any text. */
  driver: string;
  /** Default: PROVISION. */
  operation?: StorageOperation;
  /** What the driver answers; default "rpc error: code = Internal desc = injected fault". */
  message?: string;
  /** It does not fail but takes so much longer. Go duration text: "30s". */
  delay?: string;
}

/** What is broken, and from when until when. Exactly one of the kinds of fault is set. */
export interface FaultSpec {
  target?: FaultTarget;
  probe?: ProbeFault;
  containerExit?: ContainerExitFault;
  imagePull?: ImagePullFault;
  nodeDown?: NodeDownFault;
  partition?: PartitionFault;
  latency?: LatencyFault;
  pressure?: PressureFault;
  storage?: StorageFault;
  /** RFC 3339, to the millisecond; default: at once. It never lies before the fault's creation. */
  startTime?: string;
  /** RFC 3339, to the millisecond; default: until it is cleared. From then on it no longer acts. */
  endTime?: string;
}

export const FAULT_KINDS = [
  'probe',
  'containerExit',
  'imagePull',
  'nodeDown',
  'partition',
  'latency',
  'pressure',
  'storage',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultStatus {
  active?: boolean;
  /** Since when it acts, RFC 3339. */
  startedAt?: string;
}

export interface Fault extends KubeObject {
  spec: FaultSpec;
  status: FaultStatus;
}

export const Fault = defineKind<Fault>({
  apiVersion: 'orrery.dev/v1alpha1',
  kind: 'Fault',
  plural: 'faults',
  namespaced: false,
});

/** Holds a deleted fault until the kubelets have written down where the probes that it changed stand. */
export const FAULT_FINALIZER = 'orrery.dev/settle-probes';

export const CONTROL_PLANE = 'control-plane';

/** The names of the nodes that the control plane does not hear while a fault acts. */
export function silentNodes({ spec }: Fault): readonly string[] {
  if (spec.nodeDown) return [spec.nodeDown.node];
  if (!spec.partition) return [];
  const { a = [], b = [] } = spec.partition;
  return [...cutOff(a, b), ...cutOff(b, a)];
}

function cutOff(side: readonly string[], other: readonly string[]): readonly string[] {
  if (side.includes(CONTROL_PLANE)) return [];
  return other.length === 0 || other.includes(CONTROL_PLANE) ? side : [];
}

/** Acting faults by the names of the nodes that they silence. */
export const faultsByNode: Index<Fault> = {
  name: 'acting faults by node',
  kind: Fault,
  keys: (fault) => (fault.status?.active ? silentNodes(fault) : undefined),
};

/** Acting faults by the name of the node whose resources they use up. */
export const pressureFaultsByNode: Index<Fault> = {
  name: 'acting pressure faults by node',
  kind: Fault,
  keys: (fault) => (fault.status?.active ? fault.spec?.pressure?.node : undefined),
};

/** Whether a fault is one of pods and their containers. */
export function hitsPods({ spec }: Fault): boolean {
  const { nodeDown, partition, pressure, storage } = spec;
  return nodeDown === undefined && partition === undefined && pressure === undefined && storage === undefined;
}

/** Faults of pods by the namespace of their target; those of every namespace are under ''. */
export const faultsByNamespace: Index<Fault> = {
  name: 'faults by namespace',
  kind: Fault,
  keys: (fault) => (hitsPods(fault) ? (fault.spec.target?.namespace ?? '') : undefined),
};

export const STORAGE_FAULTS = 'storage';

/** Acting faults of drivers of volumes, all under `STORAGE_FAULTS`. */
export const storageFaults: Index<Fault> = {
  name: 'acting storage faults',
  kind: Fault,
  keys: (fault) => (fault.status?.active && fault.spec?.storage ? STORAGE_FAULTS : undefined),
};
