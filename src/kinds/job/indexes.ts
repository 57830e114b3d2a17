/**
 * Sets of completion indexes as ordered, disjoint intervals, and their text ("1,3-5,7"): what status.completedIndexes and
 * status.failedIndexes hold. Source: pkg/controller/job/indexed_job_utils.go.
 */
export interface Interval {
  readonly first: number;
  readonly last: number;
}

export type Intervals = readonly Interval[];

/** The text of a set: two neighbours are written "3,4", three and more "3-5". */
export function formatIndexes(intervals: Intervals): string {
  return intervals
    .map(({ first, last }) => {
      if (first === last) return String(first);
      return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
    })
    .join(',');
}

/** Reads a text; what is not a number is passed over, indexes from `completions` on are cut off. */
export function parseIndexes(text: string | undefined, completions: number): Intervals {
  if (!text) return [];
  const result: Interval[] = [];
  for (const part of text.split(',')) {
    const [from = '', to] = part.split('-');
    const first = toIndex(from);
    if (first === undefined) continue;
    if (first >= completions) break;
    const end = to === undefined ? first : toIndex(to);
    if (end === undefined) continue;
    const last = Math.min(end, completions - 1);
    const previous = result.at(-1);
    if (previous?.last === first - 1) result[result.length - 1] = { first: previous.first, last };
    else result.push({ first, last });
  }
  return result;
}

function toIndex(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

/** The union of two sets. */
export function mergeIntervals(left: Intervals, right: Intervals): Intervals {
  const all = [...left, ...right].sort((one, other) => one.first - other.first);
  const result: Interval[] = [];
  for (const interval of all) {
    const last = result.at(-1);
    if (!last || interval.first > last.last + 1) result.push(interval);
    else if (last.last < interval.last) result[result.length - 1] = { first: last.first, last: interval.last };
  }
  return result;
}

export function withIndexes(intervals: Intervals, indexes: Iterable<number>): Intervals {
  const added = [...new Set(indexes)].sort((left, right) => left - right);
  return mergeIntervals(
    intervals,
    added.map((index) => ({ first: index, last: index })),
  );
}

export function countIndexes(intervals: Intervals): number {
  return intervals.reduce((count, { first, last }) => count + last - first + 1, 0);
}

export function hasIndex(intervals: Intervals, index: number): boolean {
  return intervals.some(({ first, last }) => first <= index && index <= last);
}

/** The lowest `count` indexes below `completions` that are not in `taken`. */
export function firstFreeIndexes(taken: Intervals, count: number, completions: number): number[] {
  const free: number[] = [];
  let candidate = 0;
  for (const { first, last } of [...taken, { first: completions, last: completions }]) {
    for (; candidate < Math.min(first, completions) && free.length < count; candidate++) free.push(candidate);
    candidate = Math.max(candidate, last + 1);
  }
  return free;
}

/** How many indexes two sets share. */
export function overlap(left: Intervals, right: Intervals): number {
  let shared = 0;
  for (const one of left) {
    for (const other of right) {
      shared += Math.max(0, Math.min(one.last, other.last) - Math.max(one.first, other.first) + 1);
    }
  }
  return shared;
}
