import type { ClusterView } from '../../machinery/cluster-view.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import { pressureFaultsByNode, type PressureResource } from '../../kinds/fault/types.ts';
import { podUsage } from '../../kinds/imageprofile/queries.ts';
import type { Node, PressureCondition } from '../../kinds/node/types.ts';
import { podsByNode } from '../../kinds/pod/types.ts';

/**
 * What a kubelet observes of its node. The node has one file system for everything.
 * Source: pkg/kubelet/eviction/helpers.go (makeSignalObservations).
 */

export interface Signal {
  name: string;
  condition: PressureCondition;
  /** The word of messages. */
  resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';
  fault: PressureResource;
}

/** In the order in which they are dealt with: memory first. */
export const SIGNALS: readonly Signal[] = [
  { name: 'memory.available', condition: 'MemoryPressure', resource: 'memory', fault: 'MEMORY' },
  { name: 'nodefs.available', condition: 'DiskPressure', resource: 'ephemeral-storage', fault: 'DISK' },
  { name: 'nodefs.inodesFree', condition: 'DiskPressure', resource: 'inodes', fault: 'INODES' },
  { name: 'imagefs.available', condition: 'DiskPressure', resource: 'ephemeral-storage', fault: 'DISK' },
  { name: 'imagefs.inodesFree', condition: 'DiskPressure', resource: 'inodes', fault: 'INODES' },
  { name: 'pid.available', condition: 'PIDPressure', resource: 'pids', fault: 'PID' },
];

/** kernel.pid_max of a small machine. */
const MAX_PIDS = 32_768;
/** A file system is made with one inode for so many bytes (ext4). */
const BYTES_PER_INODE = 16_384;

export function capacityOf({ status }: Node, { resource }: Signal): number {
  if (resource === 'pids') return MAX_PIDS;
  if (resource === 'inodes') return Math.floor(wholeValue(status.capacity?.['ephemeral-storage']) / BYTES_PER_INODE);
  return wholeValue(status.capacity?.[resource]);
}

/** What is left of a resource; a fault that does not say how much leaves half of the threshold. */
export function availableOf(view: ClusterView, node: Node, signal: Signal, threshold: number): number {
  const used = signal.resource === 'memory' ? memoryInUse(view, node.metadata.name) : 0;
  let available = Math.max(0, capacityOf(node, signal) - used);
  for (const { spec } of view.by(pressureFaultsByNode, node.metadata.name)) {
    if (spec.pressure?.resource !== signal.fault) continue;
    const left = spec.pressure.available;
    available = Math.min(available, left === undefined ? Math.floor(threshold / 2) : wholeValue(left));
  }
  return available;
}

/** The bytes of memory that all pods of a node use. */
export function memoryInUse(view: ClusterView, nodeName: string): number {
  let bytes = 0;
  for (const pod of view.by(podsByNode, nodeName)) bytes += podUsage(view, pod).memoryBytes;
  return bytes;
}
