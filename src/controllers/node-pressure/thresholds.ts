import type { ClusterView } from '../../machinery/cluster-view.ts';
import { formatBytes, parseQuantity } from '../../machinery/quantity.ts';
import type { ClusterSettings } from '../../machinery/settings.ts';
import type { Node, ThresholdState } from '../../kinds/node/types.ts';
import { availableOf, capacityOf, SIGNALS, type Signal } from './signals.ts';

/**
 * The thresholds of kubelets, hard and soft, and which of them are met. Source: pkg/kubelet/eviction/helpers.go
 * (ParseThresholdConfig, thresholdsMet, thresholdsMetGracePeriod), eviction_manager.go (synchronize).
 */

export interface Threshold extends Signal {
  /** What it is remembered by: "soft memory.available". */
  key: string;
  isHard: boolean;
  amount: number;
  /** So much more is to be free before pods are left alone again. */
  minimumReclaim: number;
  /** How long it must have been met before anything is done. */
  graceMs: number;
}

export interface MetThreshold extends Threshold {
  available: number;
  /** As messages write them. */
  thresholdText: string;
  availableText: string;
}

/** The thresholds of a node, hard ones first, memory before the rest. */
export function thresholdsOf(settings: ClusterSettings, node: Node): Threshold[] {
  return [...thresholdsOfSort(settings, node, true), ...thresholdsOfSort(settings, node, false)];
}

function thresholdsOfSort(settings: ClusterSettings, node: Node, isHard: boolean): Threshold[] {
  const amounts = isHard ? settings.evictionHard : settings.evictionSoft;
  return SIGNALS.flatMap((signal) => {
    const { name } = signal;
    const capacity = capacityOf(node, signal);
    const amount = amountOf(amounts[name], capacity);
    if (amount === undefined) return [];
    const minimumReclaim = amountOf(settings.evictionMinimumReclaim[name], capacity) ?? 0;
    const graceMs = isHard ? 0 : (settings.evictionSoftGracePeriodMs[name] ?? 0);
    return [{ ...signal, key: `${isHard ? 'hard' : 'soft'} ${name}`, isHard, amount, minimumReclaim, graceMs }];
  });
}

/** A quantity, or a share of the capacity, which is reckoned as upstream, in 32 bits. */
function amountOf(text: string | undefined, capacity: number): number | undefined {
  if (text === undefined) return undefined;
  if (!text.endsWith('%')) return parseQuantity(text);
  const percent = Number(text.slice(0, -1));
  return Number.isFinite(percent) ? Math.trunc(capacity * Math.fround(Math.fround(percent) / 100)) : undefined;
}

type ThresholdStates = Readonly<Record<string, ThresholdState>>;

/** Below what a threshold counts as met: higher while pods are being evicted for it. */
export function levelOf({ key, amount, minimumReclaim }: Threshold, states: ThresholdStates | undefined): number {
  return states?.[key]?.isActedOn ? amount + minimumReclaim : amount;
}

export interface Judgement {
  /** What drives the conditions. */
  met: readonly MetThreshold[];
  /** Those for which something is to be done, the most urgent first. */
  due: readonly MetThreshold[];
  /** What is to be remembered; undefined nothing. */
  states: ThresholdStates | undefined;
  /** When the next grace period is over. */
  nextAtMs: number | undefined;
}

/** Holds the node against its thresholds now. */
export function judgeThresholds(view: ClusterView, settings: ClusterSettings, node: Node): Judgement {
  const before = node.runtime?.thresholds;
  const met: MetThreshold[] = [];
  const due: MetThreshold[] = [];
  const states: Record<string, ThresholdState> = {};
  let nextAtMs: number | undefined;
  for (const threshold of thresholdsOf(settings, node)) {
    const { key, amount, graceMs, minimumReclaim, resource } = threshold;
    const available = availableOf(view, node, threshold, amount);
    if (available >= levelOf(threshold, before)) continue;
    const write = resource === 'pids' || resource === 'inodes' ? formatDecimal : formatBytes;
    const entry = { ...threshold, available, thresholdText: write(amount), availableText: write(available) };
    met.push(entry);
    const sinceMs = before?.[key]?.sinceMs ?? view.now;
    const dueMs = sinceMs + graceMs;
    const isDue = view.now >= dueMs;
    if (isDue) due.push(entry);
    else nextAtMs = Math.min(nextAtMs ?? dueMs, dueMs);
    if (graceMs > 0 || minimumReclaim > 0) states[key] = { sinceMs, ...(isDue ? { isActedOn: true } : {}) };
  }
  // Memory comes first, whether hard or soft.
  due.sort((left, right) => Number(right.resource === 'memory') - Number(left.resource === 'memory'));
  return { met, due, states: Object.keys(states).length > 0 ? states : undefined, nextAtMs };
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
