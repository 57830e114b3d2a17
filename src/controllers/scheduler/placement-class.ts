import type { LogEntry } from './change-log.ts';
import type { KeyedCounts } from './domain-counts.ts';
import type { Cycle } from './framework.ts';
import { matchesRequiredNodeAffinity } from '../../kinds/node/selection.ts';
import type { NodeTable } from './node-table.ts';
import { PlacementCounts } from './placement-counts.ts';
import { PlacementGroup, type GroupTraits } from './placement-group.ts';
import { imagesOf, scoreImages } from './plugins/image-locality.ts';
import { preferredTerms, preferredWeight } from './plugins/node-affinity.ts';
import { fits } from './plugins/node-resources-fit.ts';
import { isCordonedFor } from './plugins/node-unschedulable.ts';
import { WEIGHTS } from './plugins/registry.ts';
import { countUntoleratedSoftTaints, isTolerated, softTolerations } from './plugins/taint-toleration.ts';
import { podShares, scoreAllocation, scoreBalance, type PodShare } from './resource-scoring.ts';
import { hasAllTopologies, type SoftConstraints, type SpreadConstraint } from './topology-constraints.ts';

const FIT_WEIGHT = WEIGHTS['NodeResourcesFit'] ?? 1;
const BALANCE_WEIGHT = WEIGHTS['NodeResourcesBalancedAllocation'] ?? 1;
const IMAGE_WEIGHT = WEIGHTS['ImageLocality'] ?? 1;

/** What a node is to a class, apart from how full it is. */
interface Static {
  readonly traits: GroupTraits;
  readonly key: string;
}

/**
 * All nodes, filtered and scored for pods that are the same to the scheduler, and kept so: a change of the cluster
 * touches the nodes it is about and no others. What many nodes have in common (topology domains) is left to the
 * selection, which looks at groups of nodes.
 */
export class PlacementClass {
  readonly cycle: Cycle;
  readonly table: NodeTable;
  readonly counts: PlacementCounts;
  readonly soft: SoftConstraints;
  /** The topologies whose domains tell groups apart. */
  readonly coarseKeys: readonly string[];
  readonly groups = new Map<string, PlacementGroup>();
  /** How far it has followed the log. */
  position: number;
  private readonly hard: readonly SpreadConstraint[];
  /** The topologies whose numbers do so, as they have too many domains. */
  private readonly fineKeys: readonly string[];
  /** Undefined for nodes that no pod of the class can ever run on as they are. */
  /** Whether `fine` ends with a sum of preferences. */
  private readonly hasFineSum: boolean;
  private readonly statics: (Static | undefined)[] = [];
  private readonly groupOf: (PlacementGroup | undefined)[] = [];
  private readonly scoreOf: Int32Array;
  private readonly images: readonly string[];
  private readonly shares: readonly PodShare[];

  constructor(
    cycle: Cycle,
    table: NodeTable,
    hard: readonly SpreadConstraint[],
    soft: SoftConstraints,
    position: number,
  ) {
    this.cycle = cycle;
    this.table = table;
    this.hard = hard;
    this.soft = soft;
    this.position = position;
    this.counts = new PlacementCounts(cycle, table, hard, soft);
    const keys = this.topologyKeys();
    const domainsAreScored = new Set(this.counts.soft.filter(({ isHost }) => !isHost).map(keyOf));
    const isFine = (key: string) => table.topology(key).isFine && !domainsAreScored.has(key);
    this.fineKeys = keys.filter(isFine);
    this.coarseKeys = keys.filter((key) => !isFine(key));
    this.hasFineSum = this.fineKeys.length > 0 && this.counts.sums.keys.size > 0;
    this.images = imagesOf(cycle.pod.pod.spec);
    this.shares = podShares(cycle.pod, cycle.settings.schedulerScoringStrategy);
    this.scoreOf = new Int32Array(table.size);
    for (let slot = 0; slot < table.size; slot++) {
      this.readStatic(slot);
      this.place(slot);
    }
  }

  isFine(key: string): boolean {
    return this.fineKeys.includes(key);
  }

  /** Whether a node alone, with the pods on it, decides whether a pod of the class may run there. */
  get isIndependent(): boolean {
    const { requiredAffinity, requiredAntiAffinity } = this.cycle.pod;
    const isFree = requiredAffinity.length === 0 && requiredAntiAffinity.length === 0;
    return isFree && this.hard.length === 0 && this.counts.existingAntiAffinity.isEmpty;
  }

  /** Catches up with what happened; false when the class has to be built again. */
  follow(entries: readonly LogEntry[]): boolean {
    const dirty = new Set<number>();
    for (const entry of entries) if (!this.apply(entry, dirty)) return false;
    for (const slot of dirty) this.place(slot);
    this.position += entries.length;
    return true;
  }

  /** Puts a node where it belongs, or takes it out when no pod of the class fits it now. */
  place(slot: number): void {
    const info = this.table.nodes[slot];
    const fixed = this.statics[slot];
    if (!info || !fixed || !this.fitsNow(slot)) {
      this.takeOut(slot);
      return;
    }
    const score = this.scoreNode(slot);
    const { group, key, fine } = this.groupFor(slot, fixed);
    if (group && group === this.groupOf[slot] && score === this.scoreOf[slot]) return;
    this.takeOut(slot);
    const target = group && group.size > 0 ? group : this.newGroup(key, fixed.traits, fine);
    target.add(score, this.table.rankOf[slot] ?? 0);
    this.groupOf[slot] = target;
    this.scoreOf[slot] = score;
  }

  /** Leaves a node out until it is placed again. */
  takeOut(slot: number): void {
    const group = this.groupOf[slot];
    if (!group) return;
    group.remove(this.scoreOf[slot] ?? 0, this.table.rankOf[slot] ?? 0);
    if (group.size === 0) this.groups.delete(group.key);
    this.groupOf[slot] = undefined;
  }

  isPlaced(slot: number): boolean {
    return this.groupOf[slot] !== undefined;
  }

  private newGroup(key: string, traits: GroupTraits, fine: readonly number[]): PlacementGroup {
    const group = new PlacementGroup(key, traits, fine);
    this.groups.set(key, group);
    return group;
  }

  private apply(entry: LogEntry, dirty: Set<number>): boolean {
    if (entry.kind === 'nomination') return true;
    const slot = this.table.slot(entry.node.name);
    if (slot === undefined) return false;
    switch (entry.kind) {
      case 'pod':
        dirty.add(slot);
        if (!this.counts.count(entry.pod, slot, entry.sign)) return true;
        for (const key of this.fineKeys) this.markDomain(key, slot, dirty);
        return !this.hasNewTopology();
      case 'node':
        // Taints may decide whose pods count.
        if ([...this.hard, ...this.soft.constraints].some(({ honorsTaints }) => honorsTaints)) return false;
        this.readStatic(slot);
        dirty.add(slot);
        return true;
      case 'images':
        this.markImages(entry.images, slot, dirty);
        return true;
    }
  }

  private markDomain(key: string, slot: number, dirty: Set<number>): void {
    const { domainOf, slotsOf } = this.table.topology(key);
    for (const other of slotsOf[domainOf[slot] ?? -1] ?? []) dirty.add(other);
  }

  private markImages(images: ReadonlySet<string>, slot: number, dirty: Set<number>): void {
    const concerned = this.images.filter((image) => images.has(image));
    if (concerned.length > 0) dirty.add(slot);
    for (const image of concerned) {
      for (const name of this.cycle.snapshot.images.holders(image)) dirty.add(this.table.slot(name) ?? -1);
    }
  }

  /** Whether another pod's terms brought something in that the groups do not know of. */
  private hasNewTopology(): boolean {
    if (this.fineKeys.length > 0 && this.counts.sums.keys.size > 0 && !this.hasFineSum) return true;
    const isKnown = (key: string) => this.coarseKeys.includes(key) || this.fineKeys.includes(key);
    return [this.counts.existingAntiAffinity, this.counts.sums].some(({ keys }) => !keys.keys().every(isKnown));
  }

  /** What does not change until the node itself does. */
  private readStatic(slot: number): void {
    const { pod } = this.cycle;
    const node = this.table.nodes[slot]?.node;
    this.statics[slot] = undefined;
    if (!node || isCordonedFor(pod, node) || !isTolerated(pod, node)) return;
    if (!matchesRequiredNodeAffinity(pod.pod, node) || !hasAllTopologies(node, this.hard)) return;
    if (pod.requiredAffinity.some(({ topologyKey }) => node.metadata.labels?.[topologyKey] === undefined)) return;
    const traits: GroupTraits = {
      taints: countUntoleratedSoftTaints(node, softTolerations(pod)),
      affinity: preferredWeight(preferredTerms(pod) ?? [], node),
      isIgnored: this.soft.requiresAllTopologies && !hasAllTopologies(node, this.soft.constraints),
      domains: this.coarseKeys.map((key) => this.table.topology(key).domainOf[slot] ?? -1),
    };
    const key = `${traits.taints},${traits.affinity},${traits.isIgnored ? 1 : 0},${traits.domains.join()}`;
    this.statics[slot] = { traits, key };
  }

  /** The filters that depend on the pods of the node, and those on the pods of its fine topology domains. */
  private fitsNow(slot: number): boolean {
    const info = this.table.nodes[slot];
    const { pod } = this.cycle;
    if (!info || !fits(pod.resources.requests, info)) return false;
    if (pod.hostPorts.some((port) => info.usedPorts.conflicts(port))) return false;
    return this.fineKeys.every((key) => {
      const domain = this.table.topology(key).domainOf[slot] ?? -1;
      return !this.isRepelled(key, domain);
    });
  }

  /** Whether anti-affinity, of the pod or of another, keeps the class out of a domain. */
  isRepelled(key: string, domain: number): boolean {
    const { existingAntiAffinity, antiAffinity } = this.counts;
    return existingAntiAffinity.inDomain(key, domain) > 0 || antiAffinity.inDomain(key, domain) > 0;
  }

  private scoreNode(slot: number): number {
    const info = this.table.nodes[slot];
    if (!info) return 0;
    const { pod, settings, snapshot } = this.cycle;
    const { milliCpu, memory } = pod.resources.requests;
    let score = FIT_WEIGHT * scoreAllocation(info, this.shares, settings.schedulerScoringStrategy);
    if (milliCpu > 0 || memory > 0) score += BALANCE_WEIGHT * scoreBalance(info, pod);
    return score + IMAGE_WEIGHT * scoreImages(this.images, info, snapshot.images, this.table.size);
  }

  private groupFor(slot: number, { key, traits }: Static): Found {
    const fine = this.fineNumbers(slot);
    const whole = fine.length === 0 ? key : `${key}|${fine.join()}`;
    return { key: whole, fine, group: this.groups.get(whole), traits };
  }

  /**
   * The numbers told apart node by node, in this order: for each hard constraint over a fine topology the pods in the
   * node's domain; for each soft one by host name the pods on the node, -1 without a host name; for each required
   * affinity term over a fine topology whether it is met; the sum of preferences over fine topologies.
   */
  private fineNumbers(slot: number): number[] {
    const { hard, soft, affinity, sums } = this.counts;
    const numbers: number[] = [];
    for (const { constraint, tally } of hard) if (this.isFine(constraint.topologyKey)) numbers.push(tally.at(slot));
    for (const { isHost, tally, onNode } of soft) {
      if (isHost) numbers.push((tally.topology.domainOf[slot] ?? -1) < 0 ? -1 : (onNode[slot] ?? 0));
    }
    for (const { topologyKey } of this.cycle.pod.requiredAffinity) {
      if (this.isFine(topologyKey)) numbers.push(this.countAt(affinity, topologyKey, slot) > 0 ? 1 : 0);
    }
    if (this.hasFineSum) {
      numbers.push(this.fineKeys.reduce((sum, key) => sum + this.countAt(sums, key, slot), 0));
    }
    return numbers;
  }

  private countAt(counts: KeyedCounts, key: string, slot: number): number {
    return counts.inDomain(key, this.table.topology(key).domainOf[slot] ?? -1);
  }

  private topologyKeys(): string[] {
    const { hard, soft, existingAntiAffinity, affinity, antiAffinity, sums } = this.counts;
    const { requiredAffinity, requiredAntiAffinity } = this.cycle.pod;
    return [
      ...new Set([
        ...hard.map(keyOf),
        ...soft.filter(({ isHost }) => !isHost).map(keyOf),
        ...[...requiredAffinity, ...requiredAntiAffinity].map(({ topologyKey }) => topologyKey),
        ...[existingAntiAffinity, affinity, antiAffinity, sums].flatMap(({ keys }) => [...keys.keys()]),
      ]),
    ];
  }
}

interface Found {
  readonly key: string;
  readonly fine: readonly number[];
  readonly group: PlacementGroup | undefined;
  readonly traits: GroupTraits;
}

function keyOf({ constraint }: { readonly constraint: SpreadConstraint }): string {
  return constraint.topologyKey;
}
