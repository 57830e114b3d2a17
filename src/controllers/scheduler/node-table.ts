import { nodePlace } from './evaluation.ts';
import type { NodeInfo } from './node-info.ts';

/** More domains of a topology than this, and they are told apart node by node: the host name, above all. */
const COARSE_LIMIT = 128;

/** The domains of one topology key, numbered from 0. */
export interface Topology {
  readonly key: string;
  readonly size: number;
  /** The domain of each slot; -1 for nodes without the label. */
  readonly domainOf: Int32Array;
  readonly slotsOf: readonly (readonly number[])[];
  readonly isFine: boolean;
}

/** The nodes of one epoch as numbered slots: what does not change until nodes come, go, or change their labels. */
export class NodeTable {
  readonly nodes: readonly NodeInfo[];
  /** The place of each slot in the order of the nodes' places on the circle; see `selectNode`. */
  readonly rankOf: Int32Array;
  readonly slotOf: Int32Array;
  private readonly slots = new Map<string, number>();
  private readonly places: Uint32Array;
  private readonly topologies = new Map<string, Topology>();

  constructor(nodes: readonly NodeInfo[], seed: string) {
    this.nodes = nodes;
    for (const [slot, { name }] of nodes.entries()) this.slots.set(name, slot);
    const placed = nodes
      .map(({ name }, slot) => ({ slot, name, place: nodePlace(seed, name) }))
      .sort((left, right) => left.place - right.place || (left.name < right.name ? -1 : 1));
    this.slotOf = Int32Array.from(placed, ({ slot }) => slot);
    this.places = Uint32Array.from(placed, ({ place }) => place);
    this.rankOf = new Int32Array(nodes.length);
    for (const [rank, { slot }] of placed.entries()) this.rankOf[slot] = rank;
  }

  get size(): number {
    return this.nodes.length;
  }

  slot(name: string): number | undefined {
    return this.slots.get(name);
  }

  /** The rank of the first node at or after a place; the number of nodes when there is none. */
  rankFrom(place: number): number {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.places[middle] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  topology(key: string): Topology {
    let topology = this.topologies.get(key);
    if (!topology) {
      topology = this.readTopology(key);
      this.topologies.set(key, topology);
    }
    return topology;
  }

  private readTopology(key: string): Topology {
    const domainOf = new Int32Array(this.nodes.length).fill(-1);
    const numbers = new Map<string, number>();
    const slotsOf: number[][] = [];
    for (const [slot, { node }] of this.nodes.entries()) {
      const value = node.metadata.labels?.[key];
      if (value === undefined) continue;
      let domain = numbers.get(value);
      if (domain === undefined) {
        domain = slotsOf.length;
        numbers.set(value, domain);
        slotsOf.push([]);
      }
      domainOf[slot] = domain;
      slotsOf[domain]?.push(slot);
    }
    return { key, size: slotsOf.length, domainOf, slotsOf, isFine: slotsOf.length > COARSE_LIMIT };
  }
}
