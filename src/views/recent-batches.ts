import type { CommittedBatch } from '../machinery/ports.ts';

/** The newest commits of a cluster, as many as a number of versions allows, for readers who were away for a moment. */
export class RecentBatches {
  private readonly limit: number;
  private readonly batches: CommittedBatch[] = [];
  private first = 0;
  private held = 0;
  /** Everything after this revision is here. */
  private from: number;

  constructor(revision: number, limit: number) {
    this.from = revision;
    this.limit = limit;
  }

  add(batch: CommittedBatch): void {
    this.batches.push(batch);
    this.held += batch.versions.length;
    while (this.held > this.limit && this.first < this.batches.length - 1) {
      const dropped = this.batches[this.first++];
      if (!dropped) break;
      this.held -= dropped.versions.length;
      this.from = dropped.revision;
    }
    if (this.first > 1_000 && this.first * 2 > this.batches.length) {
      this.batches.splice(0, this.first);
      this.first = 0;
    }
  }

  /** Commits after a revision, oldest first; undefined when they are not all here. */
  since(revision: number): CommittedBatch[] | undefined {
    if (revision < this.from) return undefined;
    const found: CommittedBatch[] = [];
    for (let position = this.batches.length - 1; position >= this.first; position--) {
      const batch = this.batches[position];
      if (!batch || batch.revision <= revision) break;
      const [oldest] = batch.versions;
      const whole = oldest === undefined || oldest.revision > revision;
      const versions = whole ? batch.versions : batch.versions.filter((version) => version.revision > revision);
      found.push(whole ? batch : { ...batch, versions });
    }
    return found.reverse();
  }
}
