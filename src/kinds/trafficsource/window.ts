import { fromTimestamp, parseDuration } from '../../machinery/time.ts';
import type { TrafficSource } from './types.ts';

/** When a source sends: milliseconds; infinity where nothing ends it. */
export interface Window {
  start: number;
  end: number;
}

/** A moment as a source names it: a duration after its creation, or a time. */
export function momentOf(text: string, since: number): number | undefined {
  const duration = parseDuration(text);
  return duration === undefined ? fromTimestamp(text) : since + duration;
}

/** The window of a source that came to be at `since`. It never sent before it was there. */
export function windowOf({ spec }: TrafficSource, since: number): Window {
  const from = spec.from === undefined ? undefined : momentOf(spec.from, since);
  const until = spec.until === undefined ? undefined : momentOf(spec.until, since);
  return { start: Math.max(from ?? since, since), end: until ?? Number.POSITIVE_INFINITY };
}
