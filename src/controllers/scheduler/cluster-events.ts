import type { Node } from '../../kinds/node/types.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { deepEqual } from '../../machinery/equality.ts';
import type { KubeObject } from '../../machinery/object.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import type { NamespaceLabels } from './affinity-terms.ts';
import type { PodInfo } from './pod-info.ts';
import { podRequests } from '../../kinds/pod/requests.ts';
import type { Amounts } from '../../kinds/pod/amounts.ts';

/**
 * What happens in a cluster, as far as it may make a pod schedulable that was not.
 * Source: kube-scheduler/framework/types.go (ClusterEvent), pkg/scheduler/framework/events.go.
 */

export const ADD = 1;
export const DELETE = 2;
export const UPDATE_NODE_ALLOCATABLE = 4;
export const UPDATE_NODE_LABEL = 8;
export const UPDATE_NODE_TAINT = 16;
export const UPDATE_POD_LABEL = 32;
export const UPDATE_POD_SCALE_DOWN = 64;
export const UPDATE_POD_TOLERATION = 128;
/** Any other change. */
export const UPDATE = 256;

/** `AssignedPod`: any pod that has a node; `TargetPod`: the waiting pod itself; else a kind by its key. */
export type EventResource = 'AssignedPod' | 'TargetPod' | 'Node' | (string & {});

export interface ClusterEvent {
  readonly resource: EventResource;
  /** One of the bits above. */
  readonly action: number;
  readonly old: KubeObject | undefined;
  readonly new: KubeObject | undefined;
}

/** What a hint may ask of the cluster. */
export interface HintContext {
  readonly view: ClusterView;
  readonly settings: ClusterSettings;
  readonly namespaceLabels: NamespaceLabels;
}

/** Which events may help a pod that a plugin refused. Without `helps` every such event does. */
export interface Hint {
  readonly resource: EventResource;
  /** A union of action bits. */
  readonly actions: number;
  helps?(pod: PodInfo, event: ClusterEvent, context: HintContext): boolean;
}

/** NodeSchedulingPropertiesChange: the bits of what changed about a node, each an event of its own. */
export function nodeChanges(old: Node, current: Node): number[] {
  const changes: number[] = [];
  const allocatable = old.status?.allocatable;
  if (old.spec?.unschedulable && !current.spec?.unschedulable) changes.push(UPDATE_NODE_TAINT);
  if (!deepEqual(allocatable, current.status?.allocatable)) changes.push(UPDATE_NODE_ALLOCATABLE);
  if (!deepEqual(old.metadata.labels, current.metadata.labels)) changes.push(UPDATE_NODE_LABEL);
  if (!deepEqual(old.spec?.taints, current.spec?.taints)) changes.push(UPDATE_NODE_TAINT);
  return changes;
}

/** PodSchedulingPropertiesChange: the same for a pod; `[UPDATE]` when nothing in particular changed. */
export function podChanges(old: Pod, current: Pod): number[] {
  const changes: number[] = [];
  if (!deepEqual(old.metadata.labels, current.metadata.labels)) changes.push(UPDATE_POD_LABEL);
  if (isScaledDown(old, current)) changes.push(UPDATE_POD_SCALE_DOWN);
  if (old.spec.tolerations?.length !== current.spec.tolerations?.length) changes.push(UPDATE_POD_TOLERATION);
  return changes.length > 0 ? changes : [UPDATE];
}

function isScaledDown(old: Pod, current: Pod): boolean {
  if (old.spec === current.spec && old.status === current.status) return false;
  const before = podRequests(old).requests;
  const after = podRequests(current).requests;
  if (before.milliCpu > after.milliCpu || before.memory > after.memory) return true;
  return before.ephemeralStorage > after.ephemeralStorage || hasLessScalars(before, after);
}

function hasLessScalars(before: Amounts, after: Amounts): boolean {
  for (const [name, amount] of before.scalars ?? []) if (amount > (after.scalars?.get(name) ?? 0)) return true;
  return false;
}
