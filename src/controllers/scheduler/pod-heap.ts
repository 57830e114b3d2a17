interface Entry<Order> {
  readonly uid: string;
  readonly order: Order;
}

/** Pods by uid, the first in order first. Taking one out of order only forgets it: `live` says who is still in. */
export class PodHeap<Order> {
  private readonly entries: Entry<Order>[] = [];
  private readonly live = new Map<string, Order>();
  private readonly compare: (left: Order, right: Order) => number;

  constructor(compare: (left: Order, right: Order) => number) {
    this.compare = compare;
  }

  get size(): number {
    return this.live.size;
  }

  has(uid: string): boolean {
    return this.live.has(uid);
  }

  add(uid: string, order: Order): void {
    this.live.set(uid, order);
    this.entries.push({ uid, order });
    this.rise(this.entries.length - 1);
  }

  delete(uid: string): void {
    this.live.delete(uid);
  }

  pop(): string | undefined {
    const top = this.top();
    if (!top) return undefined;
    this.removeTop();
    this.live.delete(top.uid);
    return top.uid;
  }

  /** The order of the pod that is next. */
  peek(): Order | undefined {
    return this.top()?.order;
  }

  private top(): Entry<Order> | undefined {
    for (let top = this.entries[0]; top; top = this.entries[0]) {
      if (this.live.get(top.uid) === top.order) return top;
      this.removeTop();
    }
    return undefined;
  }

  private removeTop(): Entry<Order> | undefined {
    const top = this.entries[0];
    const last = this.entries.pop();
    if (top && last && this.entries.length > 0) {
      this.entries[0] = last;
      this.sink(0);
    }
    return top;
  }

  private rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfAfter(parent, index)) return;
      index = parent;
    }
  }

  private sink(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      if (left >= this.entries.length) return;
      const child = right < this.entries.length && this.isBefore(right, left) ? right : left;
      if (!this.swapIfAfter(index, child)) return;
      index = child;
    }
  }

  /** Swaps when the entry at `first` is to come after the one at `second`. */
  private swapIfAfter(first: number, second: number): boolean {
    if (!this.isBefore(second, first)) return false;
    const { entries } = this;
    const kept = entries[first];
    const other = entries[second];
    if (kept && other) {
      entries[first] = other;
      entries[second] = kept;
    }
    return true;
  }

  private isBefore(left: number, right: number): boolean {
    const first = this.entries[left];
    const second = this.entries[right];
    return first !== undefined && second !== undefined && this.compare(first.order, second.order) < 0;
  }
}
