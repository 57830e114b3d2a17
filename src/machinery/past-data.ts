import { deepEqual } from './equality.ts';
import type { StringMap } from './object.ts';

/**
 * What a ConfigMap or a Secret held a moment ago. Kubelets write a change into the volumes of their pods at each pod's
 * next sync; until then a pod goes on seeing what was there before. So the object remembers it for as long.
 */

/** The longest time between two syncs of a pod: syncFrequency (1 minute), and up to half of it more at random. */
export const SYNC_PERIOD_MS = 60_000;
export const MAX_SYNC_PERIOD_MS = 90_000;
/** How many earlier states are kept; one that changed more often within the period is seen a little early. */
export const MAX_PAST_STATES = 8;
/** How many characters they may have together, but for the last, which is always kept. */
export const MAX_PAST_LENGTH = 1024 * 1024;

export interface Data {
  data?: StringMap | undefined;
  binaryData?: StringMap | undefined;
}

export interface PastData extends Data {
  /** Until when it was so, in simulated milliseconds. */
  untilMs: number;
}

export interface RemembersData extends Data {
  runtime?: { past?: readonly PastData[] };
}

/** Keeps in `object` what `old` held, if that is about to change at `now`; in place. */
export function rememberData(object: RemembersData, old: RemembersData, now: number): void {
  if (deepEqual(object.data ?? {}, old.data ?? {}) && deepEqual(object.binaryData ?? {}, old.binaryData ?? {})) return;
  // What was written and replaced within one instant was never there to see.
  if (old.runtime?.past?.at(-1)?.untilMs === now) {
    object.runtime = old.runtime;
    return;
  }
  const before: PastData = { untilMs: now };
  if (old.data) before.data = old.data;
  if (old.binaryData) before.binaryData = old.binaryData;
  const kept = (old.runtime?.past ?? []).filter(({ untilMs }) => untilMs > now - MAX_SYNC_PERIOD_MS);
  object.runtime = { ...old.runtime, past: bounded([...kept, before]) };
}

function bounded(states: readonly PastData[]): readonly PastData[] {
  let length = 0;
  let first = states.length;
  while (first > 0 && states.length - first < MAX_PAST_STATES) {
    length += lengthOf(states[first - 1]);
    if (length > MAX_PAST_LENGTH && first < states.length) break;
    first--;
  }
  return states.slice(first);
}

function lengthOf(state: Data | undefined): number {
  let length = 0;
  for (const map of [state?.data, state?.binaryData]) for (const key in map) length += map[key]?.length ?? 0;
  return length;
}

/** What an object held at a time not longer than `MAX_SYNC_PERIOD_MS` ago. */
export function dataAt(object: RemembersData, timeMs: number): Data {
  return object.runtime?.past?.find(({ untilMs }) => untilMs > timeMs) ?? object;
}
