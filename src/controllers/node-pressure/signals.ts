import type { ObjectApi } from '../../machinery/controller.ts';
import { formatBytes, parseQuantity, wholeValue } from '../../machinery/quantity.ts';
import { pressureFaultsByNode, type PressureResource } from '../../kinds/fault/types.ts';
import { podUsage } from '../../kinds/imageprofile/queries.ts';
import type { Node, PressureCondition } from '../../kinds/node/types.ts';
import { podsByNode } from '../../kinds/pod/types.ts';

/**
 * What a kubelet observes of its node, and the thresholds it holds that against. The node has one file system for
 * everything. Source: pkg/kubelet/eviction/helpers.go (makeSignalObservations, thresholdsMet).
 */

interface Signal {
  name: string;
  condition: PressureCondition;
  /** The word of messages. */
  resource: 'memory' | 'ephemeral-storage' | 'pids';
  fault: PressureResource;
}

/** In the order in which they are dealt with: memory first. */
const SIGNALS: readonly Signal[] = [
  { name: 'memory.available', condition: 'MemoryPressure', resource: 'memory', fault: 'MEMORY' },
  { name: 'nodefs.available', condition: 'DiskPressure', resource: 'ephemeral-storage', fault: 'DISK' },
  { name: 'imagefs.available', condition: 'DiskPressure', resource: 'ephemeral-storage', fault: 'DISK' },
  { name: 'pid.available', condition: 'PIDPressure', resource: 'pids', fault: 'PID' },
];

/** kernel.pid_max of a small machine. */
const MAX_PIDS = 32_768;

export interface MetThreshold extends Signal {
  /** As messages write them. */
  thresholdText: string;
  availableText: string;
}

/** The thresholds that are met now. */
export function metThresholds(api: ObjectApi, node: Node): MetThreshold[] {
  const met: MetThreshold[] = [];
  for (const signal of SIGNALS) {
    const capacity = capacityOf(node, signal);
    const threshold = thresholdOf(api, signal.name, capacity);
    if (threshold === undefined) continue;
    const available = availableOf(api, node, signal, capacity, threshold);
    if (available >= threshold) continue;
    const write = signal.resource === 'pids' ? formatDecimal : formatBytes;
    met.push({ ...signal, thresholdText: write(threshold), availableText: write(available) });
  }
  return met;
}

function capacityOf(node: Node, { resource }: Signal): number {
  return resource === 'pids' ? MAX_PIDS : wholeValue(node.status.capacity?.[resource]);
}

/** The threshold of a signal; undefined when the kubelet has none. Shares are reckoned as upstream, in 32 bits. */
export function thresholdOf(api: ObjectApi, signal: string, capacity: number): number | undefined {
  const text = api.settings.evictionHard[signal];
  if (text === undefined) return undefined;
  if (!text.endsWith('%')) return parseQuantity(text);
  const percent = Number(text.slice(0, -1));
  return Number.isFinite(percent) ? Math.trunc(capacity * Math.fround(Math.fround(percent) / 100)) : undefined;
}

function availableOf(api: ObjectApi, node: Node, signal: Signal, capacity: number, threshold: number): number {
  const used = signal.resource === 'memory' ? memoryInUse(api, node.metadata.name) : 0;
  let available = Math.max(0, capacity - used);
  for (const { spec } of api.by(pressureFaultsByNode, node.metadata.name)) {
    if (spec.pressure?.resource !== signal.fault) continue;
    const left = spec.pressure.available;
    available = Math.min(available, left === undefined ? Math.floor(threshold / 2) : wholeValue(left));
  }
  return available;
}

/** The bytes of memory that all pods of a node use. */
export function memoryInUse(api: ObjectApi, nodeName: string): number {
  let bytes = 0;
  for (const pod of api.by(podsByNode, nodeName)) bytes += podUsage(api, pod).memoryBytes;
  return bytes;
}

const DECIMAL_SUFFIXES = ['', 'k', 'M', 'G'];

/** A whole number in canonical decimal form: "2k", "1500". */
function formatDecimal(amount: number): string {
  let value = amount;
  let step = 0;
  while (value !== 0 && value % 1000 === 0 && step < DECIMAL_SUFFIXES.length - 1) {
    value /= 1000;
    step++;
  }
  return `${value}${DECIMAL_SUFFIXES[step]}`;
}
