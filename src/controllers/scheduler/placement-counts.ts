import { HOSTNAME_LABEL } from '../../kinds/node/types.ts';
import { selectPods } from '../../kinds/pod/queries.ts';
import type { Selector } from '../../machinery/selector.ts';
import { matches } from '../../machinery/selector.ts';
import { termMatches, type AffinityTerm } from './affinity-terms.ts';
import { DomainTally, KeyedCounts } from './domain-counts.ts';
import type { Cycle } from './framework.ts';
import type { NodeTable } from './node-table.ts';
import type { PodInfo } from './pod-info.ts';
import { matchesAll } from './plugins/inter-pod-affinity.ts';
import {
  hasAllTopologies,
  isCounted,
  isIncluded,
  type SoftConstraints,
  type SpreadConstraint,
} from './topology-constraints.ts';

/** A hard spread constraint with the matching pods in each domain. */
export interface HardCount {
  readonly constraint: SpreadConstraint;
  readonly tally: DomainTally;
  /** The slots whose pods count. */
  readonly included: Uint8Array;
  /** 1 when the pod itself will count. */
  readonly self: number;
}

/** A soft spread constraint: pods by domain, or by node where the topology is the host name. */
export interface SoftCount {
  readonly constraint: SpreadConstraint;
  readonly isHost: boolean;
  readonly tally: DomainTally;
  readonly onNode: Int32Array;
  readonly included: Uint8Array;
}

/**
 * Everything about other pods that a class of pods is filtered and scored by, kept as numbers that each pod that comes
 * or goes changes a little: the states of PodTopologySpread and InterPodAffinity.
 */
export class PlacementCounts {
  readonly hard: readonly HardCount[];
  readonly soft: readonly SoftCount[];
  readonly existingAntiAffinity: KeyedCounts;
  readonly affinity: KeyedCounts;
  readonly antiAffinity: KeyedCounts;
  /** Sums of preferred terms, and of the others' affinity to the pod. */
  readonly sums: KeyedCounts;
  private readonly cycle: Cycle;
  private readonly table: NodeTable;

  constructor(cycle: Cycle, table: NodeTable, hard: readonly SpreadConstraint[], soft: SoftConstraints) {
    this.cycle = cycle;
    this.table = table;
    this.hard = hard.map((constraint) => this.hardCount(constraint, hard));
    this.soft = soft.constraints.map((constraint) => this.softCount(constraint, soft));
    this.existingAntiAffinity = new KeyedCounts(table);
    this.affinity = new KeyedCounts(table);
    this.antiAffinity = new KeyedCounts(table);
    this.sums = new KeyedCounts(table);
    this.countAll();
  }

  /** A pod came to or went from a node; returns whether any number changed. */
  count(pod: PodInfo, slot: number, sign: 1 | -1): boolean {
    const isSpread = this.countSpread(pod, slot, sign);
    return this.countAffinity(pod, slot, sign) || isSpread;
  }

  /** Whether the pod would be near itself, were it there. */
  get isOwnFriend(): boolean {
    const { pod, namespaceLabels } = this.cycle;
    return matchesAll(pod.requiredAffinity, pod.pod, namespaceLabels);
  }

  private hardCount(constraint: SpreadConstraint, all: readonly SpreadConstraint[]): HardCount {
    const { pod } = this.cycle;
    const tally = new DomainTally(this.table.topology(constraint.topologyKey));
    const included = this.slotsWhere(
      (slot) => hasAllTopologies(this.nodeAt(slot), all) && isIncluded(constraint, pod, this.nodeAt(slot)),
    );
    for (let slot = 0; slot < this.table.size; slot++) if (included[slot]) tally.include(slot);
    return { constraint, tally, included, self: matches(constraint.selector, pod.pod.metadata.labels) ? 1 : 0 };
  }

  private softCount(constraint: SpreadConstraint, { constraints, requiresAllTopologies }: SoftConstraints): SoftCount {
    const isHost = constraint.topologyKey === HOSTNAME_LABEL;
    const included = this.slotsWhere((slot) => {
      const node = this.nodeAt(slot);
      if (requiresAllTopologies && !hasAllTopologies(node, constraints)) return false;
      return isIncluded(constraint, this.cycle.pod, node);
    });
    const tally = new DomainTally(this.table.topology(constraint.topologyKey));
    return { constraint, isHost, tally, included, onNode: new Int32Array(isHost ? this.table.size : 0) };
  }

  private nodeAt(slot: number) {
    return this.table.nodes[slot]!.node;
  }

  private slotsWhere(holds: (slot: number) => boolean): Uint8Array {
    const slots = new Uint8Array(this.table.size);
    for (let slot = 0; slot < slots.length; slot++) if (holds(slot)) slots[slot] = 1;
    return slots;
  }

  private countAll(): void {
    for (const selector of this.spreadSelectors()) this.countSelected(selector);
    const { snapshot, pod } = this.cycle;
    const hasTerms =
      pod.requiredAffinity.length + pod.requiredAntiAffinity.length > 0 ||
      pod.preferredAffinity.length + pod.preferredAntiAffinity.length > 0;
    for (const info of hasTerms ? this.table.nodes : snapshot.withAffinity) {
      const slot = this.table.slot(info.name) ?? -1;
      const pods = hasTerms ? info.pods : info.podsWithAffinity;
      for (const other of pods.values()) this.countAffinity(other, slot, 1);
    }
  }

  private spreadSelectors(): Set<Selector> {
    return new Set([...this.hard, ...this.soft].map(({ constraint }) => constraint.selector));
  }

  /** Counts the pods on nodes that one selector of a constraint matches, found by their labels. */
  private countSelected(selector: Selector): void {
    const { view, snapshot, pod } = this.cycle;
    if (selector.matchesNothing) return;
    for (const { metadata, spec } of selectPods(view, pod.namespace, selector)) {
      const info = snapshot.nodes.get(spec.nodeName ?? '')?.pods.get(metadata.uid);
      const slot = this.table.slot(spec.nodeName ?? '');
      if (info && slot !== undefined) this.countSpread(info, slot, 1, selector);
    }
  }

  private countSpread({ pod }: PodInfo, slot: number, sign: 1 | -1, only?: Selector): boolean {
    const { namespace } = this.cycle.pod;
    let isChanged = false;
    for (const { constraint, tally, included } of this.hard) {
      if (!included[slot] || (only && only !== constraint.selector)) continue;
      if (!isCounted(pod, constraint.selector, namespace)) continue;
      tally.add(slot, sign);
      isChanged = true;
    }
    for (const { constraint, tally, included, isHost, onNode } of this.soft) {
      if (only && only !== constraint.selector) continue;
      if ((!isHost && !included[slot]) || !isCounted(pod, constraint.selector, namespace)) continue;
      if (isHost) onNode[slot] = (onNode[slot] ?? 0) + sign;
      else tally.add(slot, sign);
      isChanged = true;
    }
    return isChanged;
  }

  private countAffinity(other: PodInfo, slot: number, sign: 1 | -1): boolean {
    const { pod, namespaceLabels, settings } = this.cycle;
    let isChanged = false;
    const add = (counts: KeyedCounts, term: AffinityTerm, subject: PodInfo, amount: number) => {
      if (!termMatches(term, subject.pod, namespaceLabels)) return;
      counts.add(term.topologyKey, slot, sign * amount);
      isChanged = true;
    };
    for (const term of other.requiredAntiAffinity) add(this.existingAntiAffinity, term, pod, 1);
    if (matchesAll(pod.requiredAffinity, other.pod, namespaceLabels)) {
      for (const term of pod.requiredAffinity) add(this.affinity, term, other, 1);
    }
    for (const term of pod.requiredAntiAffinity) add(this.antiAffinity, term, other, 1);
    for (const term of pod.preferredAffinity) add(this.sums, term, other, term.weight);
    for (const term of pod.preferredAntiAffinity) add(this.sums, term, other, -term.weight);
    const hardWeight = settings.schedulerHardPodAffinityWeight;
    if (hardWeight > 0) for (const term of other.requiredAffinity) add(this.sums, term, pod, hardWeight);
    for (const term of other.preferredAffinity) add(this.sums, term, pod, term.weight);
    for (const term of other.preferredAntiAffinity) add(this.sums, term, pod, -term.weight);
    return isChanged;
  }
}
