/**
 * The keys to reconcile within one instant. Controllers come in the order of their rank, and each works off the batch
 * that waits for it before anyone else is asked, so that what many keys cause together is looked at once.
 */
export class WorkQueue {
  private readonly waiting: Set<string>[];
  private batch = new Set<string>();
  private rank = 0;

  constructor(controllers: number) {
    this.waiting = Array.from({ length: controllers }, () => new Set<string>());
  }

  add(controller: number, key: string): void {
    if (controller === this.rank && this.batch.has(key)) return;
    this.waiting[controller]?.add(key);
  }

  /** Takes out the next key, or undefined when nothing waits. */
  take(): { controller: number; key: string } | undefined {
    if (this.batch.size === 0 && !this.nextBatch()) return undefined;
    for (const key of this.batch) {
      this.batch.delete(key);
      return { controller: this.rank, key };
    }
    return undefined;
  }

  get isEmpty(): boolean {
    return this.batch.size === 0 && this.waiting.every((keys) => keys.size === 0);
  }

  private nextBatch(): boolean {
    const rank = this.waiting.findIndex((keys) => keys.size > 0);
    if (rank < 0) return false;
    const keys = this.waiting[rank] ?? new Set<string>();
    this.waiting[rank] = this.batch;
    this.batch = keys;
    this.rank = rank;
    return true;
  }
}
