import type { INodeSpec } from 'kubernetes-models/v1/NodeSpec';
import type { INodeStatus } from 'kubernetes-models/v1/NodeStatus';
import type { ITaint } from 'kubernetes-models/v1/Taint';
import type { Index } from '../../machinery/cluster-view.ts';
import type { FileTree } from '../../machinery/file-tree.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

export type Taint = ITaint;

export interface NodeCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastHeartbeatTime?: string;
  lastTransitionTime?: string;
}

/** Where a drain stands. Times are simulated milliseconds. */
export interface DrainState {
  startedAt: number;
  /** When the drain gives up; undefined never. */
  deadline?: number;
  gracePeriodSeconds?: number;
  /** Evict no more: delete, as `kubectl drain --disable-eviction` does. */
  disableEviction?: boolean;
  /** Pods that were there when the drain began, by uid. */
  pods: readonly string[];
  phase: 'DRAINING' | 'DRAINED' | 'FAILED';
  message?: string;
}

/** A pod that a NoExecute taint will end: since when it has been tolerated, and when its time is up. */
export interface PendingEviction {
  uid: string;
  sinceMs: number;
  dueMs: number;
}

/** The conditions of a node that its kubelet's eviction signals drive. */
export const PRESSURE_CONDITIONS = ['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;
export type PressureCondition = (typeof PRESSURE_CONDITIONS)[number];

/** A pressure condition that is True: since when its signal has been above the threshold again. */
export interface PressureState {
  clearedAtMs?: number;
}

/** An eviction threshold that is met. */
export interface ThresholdState {
  sinceMs: number;
  /** Pods are evicted for it, until the minimum to reclaim is free too. */
  isActedOn?: true;
}

/** A graceful shutdown under way, or a machine that it has turned off. Durations and times are milliseconds. */
export interface ShutdownState {
  sinceMs: number;
  gracePeriodMs: number;
  criticalPodsMs: number;
  /** When the present group of pods began to be ended. */
  groupSinceMs?: number;
  group?: 'regular' | 'critical';
  /** The fault that keeps the machine off. */
  fault?: string;
}

export interface NodeRuntime {
  /** Pressure conditions that are True. */
  pressure?: Partial<Record<PressureCondition, PressureState>>;
  /** Eviction thresholds that are met and have a grace period or a minimum to reclaim: "soft memory.available". */
  thresholds?: Readonly<Record<string, ThresholdState>>;
  /** When the kubelet evicted a pod last. */
  evictedAtMs?: number;
  shutdown?: ShutdownState;
  /** Pods tolerating a NoExecute taint for a limited time, by `namespace/name`. */
  evictions?: Record<string, PendingEviction>;
  drain?: DrainState;
  /** RegisteredNode was said. */
  registered?: boolean;
  /** CIDRNotAvailable was said. */
  podCidrExhausted?: boolean;
  /** What pods wrote into the machine's own directories (hostPath). */
  files?: FileTree;
}

export interface Node extends KubeObject {
  spec: INodeSpec;
  status: Omit<INodeStatus, 'conditions'> & { conditions?: NodeCondition[] };
  runtime?: NodeRuntime;
}

export const Node = defineKind<Node>({
  apiVersion: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
});

/** Nodes by spec.podCIDR; those that have none are under ''. */
export const nodesByPodCidr: Index<Node> = {
  name: 'nodes by pod CIDR',
  kind: Node,
  keys: (node) => node.spec?.podCIDR ?? '',
};

/** Nodes by their InternalIP; those that have none are under ''. */
export const nodesByAddress: Index<Node> = {
  name: 'nodes by internal address',
  kind: Node,
  keys: (node) => internalAddress(node) ?? '',
};

export function internalAddress(node: Node): string | undefined {
  return node.status?.addresses?.find((address) => address.type === 'InternalIP')?.address;
}

export const ZONE_LABEL = 'topology.kubernetes.io/zone';
export const REGION_LABEL = 'topology.kubernetes.io/region';
export const HOSTNAME_LABEL = 'kubernetes.io/hostname';

/** Region and zone of a node as one text, '' when it has neither (component-helpers/node/topology GetZoneKey). */
export function zoneKey(node: Node): string {
  const labels = node.metadata.labels ?? {};
  const zone = labels[ZONE_LABEL] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  const region = labels[REGION_LABEL] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  return zone === '' && region === '' ? '' : `${region}:${zone}`;
}

/** Nodes with this label do not count when the health of a zone is judged. */
const EXCLUDE_DISRUPTION_LABEL = 'node.kubernetes.io/exclude-disruption';

export const READY_NODES = 'ready';
export const NOT_READY_NODES = 'not ready';

/** The key of `nodesByReadiness` for one zone. */
export function zoneReadinessKey(zone: string, readiness: typeof READY_NODES | typeof NOT_READY_NODES): string {
  return `${readiness}\n${zone}`;
}

/** Nodes by whether they are ready, over all (`READY_NODES`, `NOT_READY_NODES`) and in each zone (`zoneReadinessKey`). */
export const nodesByReadiness: Index<Node> = {
  name: 'nodes by readiness and zone',
  kind: Node,
  keys(node) {
    if (node.metadata.labels && EXCLUDE_DISRUPTION_LABEL in node.metadata.labels) return undefined;
    const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
    const readiness = ready?.status === 'True' ? READY_NODES : NOT_READY_NODES;
    return [readiness, zoneReadinessKey(zoneKey(node), readiness)];
  },
};

export const NOT_READY_TAINT = 'node.kubernetes.io/not-ready';
export const UNREACHABLE_TAINT = 'node.kubernetes.io/unreachable';
export const UNSCHEDULABLE_TAINT = 'node.kubernetes.io/unschedulable';
export const OUT_OF_SERVICE_TAINT = 'node.kubernetes.io/out-of-service';

export const DRAINING = 'draining';

/** Nodes whose drain is under way, all under `DRAINING`. */
export const drainingNodes: Index<Node> = {
  name: 'draining nodes',
  kind: Node,
  keys: (node) => (node.runtime?.drain?.phase === 'DRAINING' ? DRAINING : undefined),
};
