/** How long the engine may hold the event loop before a query gets its turn. */
const SLICE_MS = 4;

/** Measures how long work has gone on without a pause, and makes one. */
export class Breath {
  private since = performance.now();

  /** Whether it is time to let others have a turn. */
  readonly isDue = (): boolean => performance.now() - this.since > SLICE_MS;

  /** Gives everybody who waits for the event loop a turn. */
  async take(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.since = performance.now();
  }
}
