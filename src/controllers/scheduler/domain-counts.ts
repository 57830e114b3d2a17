import type { NodeTable, Topology } from './node-table.ts';

/** One number for each domain of one topology. */
export class DomainTally {
  readonly topology: Topology;
  readonly counts: Int32Array;
  /** Domains that have a node that counts. */
  private readonly present: Uint8Array;
  private readonly histogram: number[] = [];
  private domains = 0;

  constructor(topology: Topology) {
    this.topology = topology;
    this.counts = new Int32Array(topology.size);
    this.present = new Uint8Array(topology.size);
  }

  include(slot: number): void {
    const domain = this.topology.domainOf[slot] ?? -1;
    if (domain < 0 || this.present[domain]) return;
    this.present[domain] = 1;
    this.domains++;
    this.shift(this.counts[domain] ?? 0, 1);
  }

  add(slot: number, amount: number): void {
    const domain = this.topology.domainOf[slot] ?? -1;
    if (domain < 0) return;
    const old = this.counts[domain] ?? 0;
    this.counts[domain] = old + amount;
    if (!this.present[domain]) return;
    this.shift(old, -1);
    this.shift(old + amount, 1);
  }

  /** The number of a slot's domain. */
  at(slot: number): number {
    const domain = this.topology.domainOf[slot] ?? -1;
    return domain < 0 ? 0 : (this.counts[domain] ?? 0);
  }

  /** The least number of any domain that counts; 0 when there are fewer domains than `minDomains`. */
  minimum(minDomains: number): number {
    if (this.domains < minDomains) return 0;
    for (let count = 0; count < this.histogram.length; count++) if (this.histogram[count]) return count;
    return 2 ** 31 - 1;
  }

  private shift(count: number, by: number): void {
    this.histogram[count] = (this.histogram[count] ?? 0) + by;
  }
}

/** Numbers by topology key and domain, as `TopologyCounts`, over numbered domains. */
export class KeyedCounts {
  readonly keys = new Map<string, { readonly topology: Topology; readonly counts: Int32Array }>();
  private nonZero = 0;
  private readonly table: NodeTable;

  constructor(table: NodeTable) {
    this.table = table;
  }

  get isEmpty(): boolean {
    return this.nonZero === 0;
  }

  add(key: string, slot: number, amount: number): void {
    let entry = this.keys.get(key);
    if (!entry) {
      const topology = this.table.topology(key);
      entry = { topology, counts: new Int32Array(topology.size) };
      this.keys.set(key, entry);
    }
    const domain = entry.topology.domainOf[slot] ?? -1;
    if (domain < 0) return;
    const old = entry.counts[domain] ?? 0;
    const sum = old + amount;
    entry.counts[domain] = sum;
    if (old === 0 && sum !== 0) this.nonZero++;
    else if (old !== 0 && sum === 0) this.nonZero--;
  }

  /** The number of a domain; 0 for -1. */
  inDomain(key: string, domain: number): number {
    return domain < 0 ? 0 : (this.keys.get(key)?.counts[domain] ?? 0);
  }
}
