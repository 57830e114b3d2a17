interface Entry<Order> {
  readonly uid: string;
  readonly order: Order;
}

/**
 * Pods by uid, the first in order first. Pods mostly come in order and then cost next to nothing; the others go through a
 * heap. Taking one out of order only forgets it: `live` says who is still in.
 */
export class PodHeap<Order> {
  private readonly live = new Map<string, Order>();
  private readonly compare: (left: Order, right: Order) => number;
  /** Entries that came in order, from `next` on. */
  private inOrder: Entry<Order>[] = [];
  private next = 0;
  private readonly heap: Entry<Order>[] = [];

  constructor(compare: (left: Order, right: Order) => number) {
    this.compare = compare;
  }

  get size(): number {
    return this.live.size;
  }

  add(uid: string, order: Order): void {
    this.live.set(uid, order);
    const entry = { uid, order };
    const last = this.inOrder.at(-1);
    if (this.next === this.inOrder.length) {
      this.inOrder = [entry];
      this.next = 0;
    } else if (last && this.compare(last.order, order) <= 0) {
      this.inOrder.push(entry);
    } else {
      this.heap.push(entry);
      this.rise(this.heap.length - 1);
    }
  }

  delete(uid: string): void {
    this.live.delete(uid);
  }

  pop(): string | undefined {
    const top = this.top();
    if (!top) return undefined;
    this.removeTop(top);
    this.live.delete(top.uid);
    return top.uid;
  }

  /** The order of the pod that is next. */
  peek(): Order | undefined {
    return this.top()?.order;
  }

  private top(): Entry<Order> | undefined {
    for (let top = this.first(); top; top = this.first()) {
      if (this.live.get(top.uid) === top.order) return top;
      this.removeTop(top);
    }
    return undefined;
  }

  private first(): Entry<Order> | undefined {
    const fromRun = this.inOrder[this.next];
    const fromHeap = this.heap[0];
    if (!fromRun || !fromHeap) return fromRun ?? fromHeap;
    return this.compare(fromRun.order, fromHeap.order) <= 0 ? fromRun : fromHeap;
  }

  private removeTop(top: Entry<Order>): void {
    if (top === this.inOrder[this.next]) {
      this.next++;
      return;
    }
    const last = this.heap.pop();
    if (!last || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink(0);
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
      if (left >= this.heap.length) return;
      const child = right < this.heap.length && this.isBefore(right, left) ? right : left;
      if (!this.swapIfAfter(index, child)) return;
      index = child;
    }
  }

  /** Swaps when the entry at `first` is to come after the one at `second`. */
  private swapIfAfter(first: number, second: number): boolean {
    if (!this.isBefore(second, first)) return false;
    const kept = this.heap[first];
    const other = this.heap[second];
    if (kept && other) {
      this.heap[first] = other;
      this.heap[second] = kept;
    }
    return true;
  }

  private isBefore(left: number, right: number): boolean {
    const first = this.heap[left];
    const second = this.heap[right];
    return first !== undefined && second !== undefined && this.compare(first.order, second.order) < 0;
  }
}
