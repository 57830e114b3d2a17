import FlatQueue from 'flatqueue';

interface Timer {
  readonly controller: number;
  readonly key: string;
  readonly time: number;
}

interface Due {
  time: number;
  background: boolean;
}

/**
 * When each (controller, key) is to be looked at again. One time each: setting it replaces the one before. What is due
 * comes out in an order that depends on the timers alone, never on the order in which they were set.
 */
export class Timers {
  private readonly queue = new FlatQueue<Timer>();
  private readonly due: Map<string, Due>[];
  private active = 0;

  constructor(controllers: number) {
    this.due = Array.from({ length: controllers }, () => new Map<string, Due>());
  }

  set(controller: number, key: string, time: number, background: boolean): void {
    this.clear(controller, key);
    this.due[controller]?.set(key, { time, background });
    if (!background) this.active++;
    this.queue.push({ controller, key, time }, time);
  }

  clear(controller: number, key: string): void {
    const due = this.due[controller]?.get(key);
    if (!due) return;
    this.due[controller]?.delete(key);
    if (!due.background) this.active--;
  }

  /** How many timers are set that keep the cluster from being at rest. */
  get pending(): number {
    return this.active;
  }

  get size(): number {
    let size = 0;
    for (const keys of this.due) size += keys.size;
    return size;
  }

  /** The time of the earliest timer. */
  next(): number | undefined {
    for (let timer = this.queue.peek(); timer; timer = this.queue.peek()) {
      if (this.isCurrent(timer)) return timer.time;
      this.queue.pop();
    }
    return undefined;
  }

  /** Takes out every timer due at `time` or before, ordered by controller and key. */
  takeDue(time: number): { controller: number; key: string }[] {
    const taken: Timer[] = [];
    for (let next = this.next(); next !== undefined && next <= time; next = this.next()) {
      const timer = this.queue.pop();
      if (!timer) break;
      this.clear(timer.controller, timer.key);
      taken.push(timer);
    }
    return taken.sort((left, right) => left.controller - right.controller || compareText(left.key, right.key));
  }

  private isCurrent(timer: Timer): boolean {
    return this.due[timer.controller]?.get(timer.key)?.time === timer.time;
  }
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
