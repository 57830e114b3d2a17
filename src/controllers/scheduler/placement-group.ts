/** What the nodes of a group have in common as long as they stay as they are. */
export interface GroupTraits {
  /** Untolerated PreferNoSchedule taints. */
  readonly taints: number;
  /** The weight of the preferred node affinity terms that match. */
  readonly affinity: number;
  /** Lacks a topology that the soft spread constraints ask for. */
  readonly isIgnored: boolean;
  /** The domain in each coarse topology, -1 for none. */
  readonly domains: readonly number[];
}

/**
 * Nodes that are alike in everything but how full they are: the same untolerated soft taints, the same node affinity,
 * the same topology domains, the same numbers of pods that count. Inside, nodes lie in buckets by what is left of their
 * score, and in a bucket by their place on the circle (as ranks).
 */
export class PlacementGroup {
  readonly key: string;
  readonly traits: GroupTraits;
  /** What is told apart node by node; see PlacementClass. */
  readonly fine: readonly number[];
  size = 0;
  /** The greatest score of any bucket. */
  best = -1;
  /** Scratch of a selection. */
  spread = 0;
  sum = 0;
  private readonly buckets = new Map<number, number[]>();

  constructor(key: string, traits: GroupTraits, fine: readonly number[]) {
    this.key = key;
    this.traits = traits;
    this.fine = fine;
  }

  add(score: number, rank: number): void {
    this.size++;
    if (score > this.best) this.best = score;
    const bucket = this.buckets.get(score);
    if (bucket) bucket.splice(lowerBound(bucket, rank), 0, rank);
    else this.buckets.set(score, [rank]);
  }

  remove(score: number, rank: number): void {
    const bucket = this.buckets.get(score);
    if (!bucket) return;
    bucket.splice(lowerBound(bucket, rank), 1);
    this.size--;
    if (bucket.length > 0) return;
    this.buckets.delete(score);
    if (score !== this.best) return;
    this.best = -1;
    for (const other of this.buckets.keys()) if (other > this.best) this.best = other;
  }

  /** Of the nodes with the best score, the first at or after a rank, going round. */
  bestFrom(rank: number): number {
    const bucket = this.buckets.get(this.best) ?? [];
    const index = lowerBound(bucket, rank);
    return bucket[index < bucket.length ? index : 0] ?? -1;
  }
}

/** The index of the first number that is not less than `value`, in a sorted list. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
