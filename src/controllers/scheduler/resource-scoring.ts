import type { ScoringStrategy, UtilizationPoint } from '../../machinery/settings.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { amountOf, isScalarResource } from '../../kinds/pod/amounts.ts';

/**
 * How full a node would be with the pod on it, as a score.
 * Source: pkg/scheduler/framework/plugins/noderesources (resource_allocation.go, least_allocated.go, most_allocated.go,
 * requested_to_capacity_ratio.go).
 */

/** What the pod would add to one resource of the strategy. */
export interface PodShare {
  readonly name: string;
  readonly weight: number;
  readonly amount: number;
}

export function podShares(pod: PodInfo, strategy: ScoringStrategy): readonly PodShare[] {
  return strategy.resources.map(({ name, weight }) => ({ name, weight, amount: podAmount(pod, name) }));
}

function podAmount({ resources }: PodInfo, name: string): number {
  if (name === 'cpu') return resources.nonZeroMilliCpu;
  if (name === 'memory') return resources.nonZeroMemory;
  return amountOf(resources.requests, name);
}

function nodeAmount(node: NodeInfo, name: string): number {
  if (name === 'cpu') return node.nonZeroMilliCpu;
  if (name === 'memory') return node.nonZeroMemory;
  return amountOf(node.requested, name);
}

/** 0 … 100. */
export function scoreAllocation(node: NodeInfo, shares: readonly PodShare[], strategy: ScoringStrategy): number {
  let sum = 0;
  let weights = 0;
  for (const { name, weight, amount } of shares) {
    // An extended resource counts only for pods that ask for it.
    if (amount === 0 && isScalarResource(name)) continue;
    const capacity = amountOf(node.allocatable, name);
    if (capacity === 0) continue;
    const score = scoreResource(nodeAmount(node, name) + amount, capacity, strategy);
    if (score === 0 && strategy.type === 'RequestedToCapacityRatio') continue;
    sum += score * weight;
    weights += weight;
  }
  if (weights === 0) return 0;
  return strategy.type === 'RequestedToCapacityRatio' ? Math.round(sum / weights) : Math.trunc(sum / weights);
}

function scoreResource(requested: number, capacity: number, strategy: ScoringStrategy): number {
  switch (strategy.type) {
    case 'LeastAllocated':
      return requested > capacity ? 0 : Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity);
    case 'MostAllocated':
      return Math.trunc((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity);
    case 'RequestedToCapacityRatio':
      return scoreUtilization(
        requested > capacity ? 100 : Math.trunc((requested * 100) / capacity),
        strategy.shape ?? [],
      );
  }
}

/** helper.BuildBrokenLinearFunction over a shape whose scores go from 0 to 10. */
function scoreUtilization(utilization: number, shape: readonly UtilizationPoint[]): number {
  const scale = MAX_NODE_SCORE / 10;
  for (const [index, point] of shape.entries()) {
    if (utilization > point.utilization) continue;
    const before = shape[index - 1];
    if (!before) return point.score * scale;
    const rise = (point.score - before.score) * scale * (utilization - before.utilization);
    return before.score * scale + Math.trunc(rise / (point.utilization - before.utilization));
  }
  return (shape.at(-1)?.score ?? 0) * scale;
}

/**
 * NodeResourcesBalancedAllocation: 50 … 100, above 75 when the pod brings the use of the node's resources closer to
 * each other, below when it drives them apart. Source: balanced_allocation.go as of v1.36.
 */
export function scoreBalance(node: NodeInfo, pod: PodInfo): number {
  const { requests } = pod.resources;
  const { allocatable, requested } = node;
  const withPod = balance(
    fraction(requested.milliCpu + requests.milliCpu, allocatable.milliCpu),
    fraction(requested.memory + requests.memory, allocatable.memory),
  );
  const withoutPod = balance(
    fraction(requested.milliCpu, allocatable.milliCpu),
    fraction(requested.memory, allocatable.memory),
  );
  return MAX_NODE_SCORE / 2 + Math.trunc((MAX_NODE_SCORE / 2 + withPod - withoutPod) / 2);
}

/** How much of a capacity is asked for, at most 1; undefined where there is none of it. */
function fraction(requested: number, capacity: number): number | undefined {
  return capacity === 0 ? undefined : Math.min(requested / capacity, 1);
}

function balance(cpu: number | undefined, memory: number | undefined): number {
  const deviation = cpu === undefined || memory === undefined ? 0 : Math.abs((cpu - memory) / 2);
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}
