import { deepEqual } from '../../machinery/equality.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import type { TrafficStretch } from './types.ts';

/**
 * What became of a source's requests, as stretches in which nothing changed. Their number is bounded: when there are
 * more than `MAX_STRETCHES`, each two neighbours of the older half become one (the halving rule), so that what lies
 * further back is told in coarser pieces. Counts over whole stretches stay what they were.
 */

export const MAX_STRETCHES = 256;

/** The log with what is true from `stretch.from` on. */
export function append(log: readonly TrafficStretch[], stretch: TrafficStretch): readonly TrafficStretch[] {
  const last = log.at(-1);
  if (last && isSame(last, stretch)) return log;
  // What was true for no time at all is forgotten.
  const before = last?.from === stretch.from ? log.slice(0, -1) : log;
  const previous = before.at(-1);
  if (previous && isSame(previous, stretch)) return before;
  const longer = [...before, stretch];
  return longer.length > MAX_STRETCHES ? halve(longer) : longer;
}

function isSame(left: TrafficStretch, right: TrafficStretch): boolean {
  return left.rate === right.rate && deepEqual(left.failed ?? {}, right.failed ?? {});
}

function halve(log: readonly TrafficStretch[]): TrafficStretch[] {
  const merged: TrafficStretch[] = [];
  const older = Math.floor(MAX_STRETCHES / 2);
  for (let index = 0; index < older; index += 2) {
    const [first, second, next] = log.slice(index, index + 3);
    if (first && second && next) merged.push(merge(first, second, next.from));
  }
  return [...merged, ...log.slice(older)];
}

function merge(first: TrafficStretch, second: TrafficStretch, end: number): TrafficStretch {
  const weight = (second.from - first.from) / (end - first.from);
  const mean = (one: number, other: number) => one * weight + other * (1 - weight);
  const failed: Record<string, number> = {};
  for (const reason of new Set([...Object.keys(first.failed ?? {}), ...Object.keys(second.failed ?? {})].sort())) {
    failed[reason] = mean(first.failed?.[reason] ?? 0, second.failed?.[reason] ?? 0);
  }
  const rate = mean(first.rate, second.rate);
  return { from: first.from, rate, ...(Object.keys(failed).length > 0 ? { failed } : {}) };
}

/** Requests in a stretch of time: how many were sent, and how many failed for which reason. */
export interface TrafficCount {
  requests: number;
  failed: number;
  reasons: Record<string, number>;
}

/** Counts that lie within a millionth of each other are the same. */
const PRECISION = 1e6;

/** What a log says of the time from `from` until `to`; its last stretch goes on until then. */
export function countBetween(log: readonly TrafficStretch[], from: number, to: number): TrafficCount {
  const count: TrafficCount = { requests: 0, failed: 0, reasons: {} };
  let index = firstAt(log, from);
  for (; index < log.length; index++) {
    const stretch = log[index];
    if (!stretch || stretch.from >= to) break;
    const seconds = (Math.min(log[index + 1]?.from ?? to, to) - Math.max(stretch.from, from)) / SECOND_MS;
    if (seconds <= 0) continue;
    count.requests += stretch.rate * seconds;
    for (const [reason, rate] of Object.entries(stretch.failed ?? {})) {
      count.reasons[reason] = (count.reasons[reason] ?? 0) + rate * seconds;
    }
  }
  return rounded(count);
}

/** The place of the stretch that a time lies in; 0 before the first. */
function firstAt(log: readonly TrafficStretch[], time: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((log[middle]?.from ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** The sum of several counts. */
export function addCounts(counts: readonly TrafficCount[]): TrafficCount {
  const sum: TrafficCount = { requests: 0, failed: 0, reasons: {} };
  for (const { requests, reasons } of counts) {
    sum.requests += requests;
    for (const [reason, number] of Object.entries(reasons)) sum.reasons[reason] = (sum.reasons[reason] ?? 0) + number;
  }
  return rounded(sum);
}

function rounded({ requests, reasons }: TrafficCount): TrafficCount {
  const round = (value: number) => Math.round(value * PRECISION) / PRECISION;
  const exact: Record<string, number> = {};
  let failed = 0;
  for (const reason of Object.keys(reasons).sort()) {
    const number = round(reasons[reason] ?? 0);
    if (number === 0) continue;
    exact[reason] = number;
    failed += number;
  }
  return { requests: round(requests), failed: round(failed), reasons: exact };
}
