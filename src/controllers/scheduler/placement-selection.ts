import { normalizedByMaximum } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PlacementClass } from './placement-class.ts';
import type { PlacementGroup } from './placement-group.ts';
import { normalizedSum } from './plugins/inter-pod-affinity.ts';
import { isSkewed, normalizedSpread, spreadPart, topologyWeight } from './plugins/pod-topology-spread.ts';
import { WEIGHTS } from './plugins/registry.ts';

const TAINT_WEIGHT = WEIGHTS['TaintToleration'] ?? 1;
const AFFINITY_WEIGHT = WEIGHTS['NodeAffinity'] ?? 1;
const SPREAD_WEIGHT = WEIGHTS['PodTopologySpread'] ?? 1;
const POD_AFFINITY_WEIGHT = WEIGHTS['InterPodAffinity'] ?? 1;

/**
 * The node that the plain evaluation would choose for a pod of the class whose place on the circle is `place`; undefined
 * when no node is feasible.
 */
export function selectFromClass(placements: PlacementClass, place: number): NodeInfo | undefined {
  const groups = feasibleGroups(placements);
  const [first] = groups;
  if (!first) return undefined;
  scoreSpread(placements, groups);
  scorePreferences(placements, groups);
  const extremes = findExtremes(groups);
  const from = placements.table.rankFrom(place);
  const { size } = placements.table;
  let bestTotal = Number.NEGATIVE_INFINITY;
  let bestRank = -1;
  let bestDistance = 0;
  for (const group of groups) {
    const total = totalOf(placements, group, extremes);
    if (total < bestTotal) continue;
    const rank = group.bestFrom(from);
    const distance = (rank - from + size) % size;
    if (total === bestTotal && distance >= bestDistance) continue;
    bestTotal = total;
    bestRank = rank;
    bestDistance = distance;
  }
  return placements.table.nodes[placements.table.slotOf[bestRank] ?? -1];
}

/** The groups that pass what is asked of topology domains; nodes that fail by themselves are in no group. */
function feasibleGroups(placements: PlacementClass): PlacementGroup[] {
  const { counts, coarseKeys, cycle } = placements;
  const minima = counts.hard.map(({ constraint, tally }) => tally.minimum(constraint.minDomains));
  const mayBeFirst = counts.affinity.isEmpty && cycle.pod.requiredAffinity.length > 0 && counts.isOwnFriend;
  const needsNoCheck =
    counts.hard.length === 0 &&
    cycle.pod.requiredAffinity.length === 0 &&
    cycle.pod.requiredAntiAffinity.length === 0 &&
    counts.existingAntiAffinity.isEmpty;
  if (needsNoCheck) return [...placements.groups.values()];
  const groups: PlacementGroup[] = [];
  for (const group of placements.groups.values()) {
    if (!keepsSkew(placements, group, minima)) continue;
    if (!mayBeFirst && !isNear(placements, group)) continue;
    if (coarseKeys.some((key, index) => placements.isRepelled(key, group.traits.domains[index] ?? -1))) continue;
    groups.push(group);
  }
  return groups;
}

function keepsSkew(placements: PlacementClass, group: PlacementGroup, minima: readonly number[]): boolean {
  let fine = 0;
  for (const [index, { constraint, tally, self }] of placements.counts.hard.entries()) {
    const count = placements.isFine(constraint.topologyKey)
      ? (group.fine[fine++] ?? 0)
      : (tally.counts[domainOf(placements, group, constraint.topologyKey)] ?? 0);
    if (isSkewed(constraint, count, self, minima[index] ?? 0)) return false;
  }
  return true;
}

function isNear(placements: PlacementClass, group: PlacementGroup): boolean {
  const { counts, cycle } = placements;
  let fine = fineHardCount(placements) + counts.soft.filter(({ isHost }) => isHost).length;
  for (const { topologyKey } of cycle.pod.requiredAffinity) {
    const count = placements.isFine(topologyKey)
      ? (group.fine[fine++] ?? 0)
      : counts.affinity.inDomain(topologyKey, domainOf(placements, group, topologyKey));
    if (count <= 0) return false;
  }
  return true;
}

function fineHardCount(placements: PlacementClass): number {
  return placements.counts.hard.filter(({ constraint }) => placements.isFine(constraint.topologyKey)).length;
}

function domainOf(placements: PlacementClass, group: PlacementGroup, key: string): number {
  return group.traits.domains[placements.coarseKeys.indexOf(key)] ?? -1;
}

/** The raw score of PodTopologySpread for each group. */
function scoreSpread(placements: PlacementClass, groups: readonly PlacementGroup[]): void {
  const { soft } = placements.counts;
  if (soft.length === 0) return;
  const scored = groups.filter(({ traits }) => !traits.isIgnored);
  const parts = soft.map((count) => {
    const { topologyKey } = count.constraint;
    const position = placements.coarseKeys.indexOf(topologyKey);
    const size = count.isHost
      ? scored.reduce((sum, group) => sum + group.size, 0)
      : new Set(scored.map(({ traits }) => traits.domains[position])).size;
    return { ...count, position, weight: topologyWeight(size) };
  });
  const firstFine = fineHardCount(placements);
  for (const group of groups) {
    let fine = firstFine;
    let score = 0;
    for (const { isHost, position, tally, constraint, weight } of parts) {
      const domain = isHost ? -1 : (group.traits.domains[position] ?? -1);
      const count = isHost ? (group.fine[fine++] ?? -1) : domain < 0 ? -1 : (tally.counts[domain] ?? 0);
      if (count >= 0) score += spreadPart(count, constraint.maxSkew, weight);
    }
    group.spread = Math.round(score);
  }
}

/** The raw score of InterPodAffinity for each group. */
function scorePreferences(placements: PlacementClass, groups: readonly PlacementGroup[]): void {
  const { sums } = placements.counts;
  if (sums.keys.size === 0) return;
  const hasFine = [...sums.keys.keys()].some((key) => placements.isFine(key));
  const coarse = [...sums.keys]
    .map(([key, { counts }]) => ({ counts, position: placements.coarseKeys.indexOf(key) }))
    .filter(({ position }) => position >= 0);
  for (const group of groups) {
    let sum = hasFine ? (group.fine.at(-1) ?? 0) : 0;
    for (const { counts, position } of coarse) sum += counts[group.traits.domains[position] ?? -1] ?? 0;
    group.sum = sum;
  }
}

interface Extremes {
  taints: number;
  affinity: number;
  lowestSpread: number;
  highestSpread: number;
  lowestSum: number;
  highestSum: number;
}

function findExtremes(groups: readonly PlacementGroup[]): Extremes {
  const extremes: Extremes = {
    taints: 0,
    affinity: 0,
    lowestSpread: Number.MAX_SAFE_INTEGER,
    highestSpread: 0,
    lowestSum: Number.MAX_SAFE_INTEGER,
    highestSum: Number.MIN_SAFE_INTEGER,
  };
  for (const { traits, spread, sum } of groups) {
    extremes.taints = Math.max(extremes.taints, traits.taints);
    extremes.affinity = Math.max(extremes.affinity, traits.affinity);
    extremes.lowestSum = Math.min(extremes.lowestSum, sum);
    extremes.highestSum = Math.max(extremes.highestSum, sum);
    if (traits.isIgnored) continue;
    extremes.lowestSpread = Math.min(extremes.lowestSpread, spread);
    extremes.highestSpread = Math.max(extremes.highestSpread, spread);
  }
  return extremes;
}

function totalOf({ counts }: PlacementClass, group: PlacementGroup, extremes: Extremes): number {
  const { traits, spread, sum, best } = group;
  let total = best + TAINT_WEIGHT * normalizedByMaximum(traits.taints, extremes.taints, true);
  total += AFFINITY_WEIGHT * normalizedByMaximum(traits.affinity, extremes.affinity, false);
  if (counts.soft.length > 0 && !traits.isIgnored) {
    total += SPREAD_WEIGHT * normalizedSpread(spread, extremes.lowestSpread, extremes.highestSpread);
  }
  if (counts.sums.keys.size > 0) {
    total += POD_AFFINITY_WEIGHT * normalizedSum(sum, extremes.lowestSum, extremes.highestSum);
  }
  return total;
}
