import type { HealthWord, TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { nodeCondition, nodeRoles } from './queries.ts';
import type { Node } from './types.ts';

/** kubectl's columns of a node. Source: pkg/printers/internalversion (printNode). */

/** The STATUS column: "Ready", "NotReady,SchedulingDisabled", "Unknown". */
export function nodeStatusText(node: Node): string {
  const ready = nodeCondition(node, 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

function address(node: Node, type: string): string {
  return node.status.addresses?.find((entry) => entry.type === type)?.address ?? '<none>';
}

export const nodeColumns: readonly TableColumn<Node>[] = [
  { name: 'STATUS', cell: nodeStatusText },
  { name: 'ROLES', cell: (node) => nodeRoles(node).join(',') || '<none>' },
  { name: 'AGE', cell: (node, view) => humanDuration(view.now - fromTimestamp(node.metadata.creationTimestamp)) },
  { name: 'VERSION', cell: (node) => node.status.nodeInfo?.kubeletVersion ?? '' },
  { name: 'INTERNAL-IP', wide: true, cell: (node) => address(node, 'InternalIP') },
  { name: 'EXTERNAL-IP', wide: true, cell: (node) => address(node, 'ExternalIP') },
  { name: 'OS-IMAGE', wide: true, cell: (node) => node.status.nodeInfo?.osImage || '<unknown>' },
  { name: 'KERNEL-VERSION', wide: true, cell: (node) => node.status.nodeInfo?.kernelVersion || '<unknown>' },
  {
    name: 'CONTAINER-RUNTIME',
    wide: true,
    cell: (node) => node.status.nodeInfo?.containerRuntimeVersion || '<unknown>',
  },
];

const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];

/** A node that is not ready or short of something is degraded, a cordoned one suspended. */
export function nodeHealth(node: Node): HealthWord {
  const ready = nodeCondition(node, 'Ready');
  if (!ready) return 'PROGRESSING';
  if (ready.status !== 'True') return 'DEGRADED';
  if (PRESSURES.some((type) => nodeCondition(node, type)?.status === 'True')) return 'DEGRADED';
  return node.spec.unschedulable ? 'SUSPENDED' : 'HEALTHY';
}
