import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** The machine is off: its kubelet is silent and its containers are gone. */
export interface NodeDownFault {
  node: string;
}

/** Two sides that do not hear each other: names of nodes, or `control-plane`. An empty side stands for everyone else. */
export interface PartitionFault {
  a?: readonly string[];
  b?: readonly string[];
}

/** What is broken, and from when until when. */
export interface FaultSpec {
  nodeDown?: NodeDownFault;
  partition?: PartitionFault;
  /** RFC 3339; default: at once. */
  startTime?: string;
  /** RFC 3339; default: until it is cleared (deleted). */
  endTime?: string;
}

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
