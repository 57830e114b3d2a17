/** How many events may wait for one subscriber before it counts as too slow. */
export const QUEUE_LIMIT = 1_000;

/**
 * The events that wait for one subscriber. It is bounded: a subscriber that does not keep up is told so by the last
 * event it gets, and cut off.
 */
export class EventQueue<E extends object> implements AsyncIterableIterator<E> {
  private readonly waiting: E[] = [];
  private readonly limit: number;
  private readonly tooSlow: () => E | Error;
  private readonly stop: () => void;
  private wanted: { resolve: (result: IteratorResult<E>) => void; reject: (error: Error) => void } | undefined;
  private failure: Error | undefined;
  private closed = false;

  /** `tooSlow` makes the last event (or error) of a subscriber that is cut off; `stop` is called once, at the end. */
  constructor(tooSlow: () => E | Error, stop: () => void, limit = QUEUE_LIMIT) {
    this.tooSlow = tooSlow;
    this.stop = stop;
    this.limit = limit;
  }

  push(event: E): void {
    if (this.closed) return;
    if (this.wanted) {
      this.wanted.resolve({ done: false, value: event });
      this.wanted = undefined;
    } else if (this.waiting.length < this.limit) {
      this.waiting.push(event);
    } else {
      this.waiting.length = 0;
      const last = this.tooSlow();
      if (last instanceof Error) this.fail(last);
      else this.end(last);
    }
  }

  /** Ends the stream behind what waits, with a last event if there is one. */
  end(last?: E): void {
    if (this.closed) return;
    if (last) this.push(last);
    this.closed = true;
    this.stop();
    this.wanted?.resolve({ done: true, value: undefined });
    this.wanted = undefined;
  }

  fail(error: Error): void {
    if (this.closed) return;
    this.closed = true;
    this.stop();
    if (this.wanted) this.wanted.reject(error);
    else this.failure = error;
    this.wanted = undefined;
  }

  next(): Promise<IteratorResult<E>> {
    const event = this.waiting.shift();
    if (event) return Promise.resolve({ done: false, value: event });
    if (this.failure) {
      const error = this.failure;
      this.failure = undefined;
      return Promise.reject(error);
    }
    if (this.closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.wanted = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<E>> {
    this.waiting.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
