import type { Rejection } from './framework.ts';

/**
 * Why a pod fits no node, in the scheduler's words. Source: pkg/scheduler/framework/types.go (FitError).
 */
export interface Diagnosis {
  /** How many nodes there are. */
  readonly nodeCount: number;
  /** What each node that was looked at answered, by name. */
  readonly rejections: ReadonlyMap<string, Rejection>;
  /** What holds for the nodes that were not looked at. */
  readonly absent: Rejection | undefined;
  /** Set when a plugin refused the pod before any node was looked at. */
  readonly preFilter: Rejection | undefined;
}

/** "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu." */
export function fitErrorMessage(diagnosis: Diagnosis, postFilterMessage: string): string {
  const { nodeCount, preFilter } = diagnosis;
  let message = `0/${nodeCount} nodes are available:`;
  if (preFilter) message += ` ${preFilter.reasons.join(', ')}.`;
  else {
    const reasons = countReasons(diagnosis);
    if (reasons.length > 0) message += ` ${reasons.join(', ')}.`;
  }
  return postFilterMessage ? `${message} ${postFilterMessage}` : message;
}

function countReasons({ nodeCount, rejections, absent }: Diagnosis): string[] {
  const counts = new Map<string, number>();
  const add = (reason: string, count: number) => counts.set(reason, (counts.get(reason) ?? 0) + count);
  for (const { reasons } of rejections.values()) for (const reason of reasons) add(reason, 1);
  if (rejections.size < nodeCount) {
    for (const reason of absent?.reasons ?? []) add(reason, nodeCount - rejections.size);
  }
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort(byBytes);
}

function byBytes(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** What one node answered, looked at or not. */
export function rejectionOf(diagnosis: Diagnosis, node: string): Rejection | undefined {
  return diagnosis.preFilter ?? diagnosis.rejections.get(node) ?? diagnosis.absent;
}

/** The plugins that refused the pod anywhere: whose hints are asked before it is tried again. */
export function rejectingPlugins({ rejections, absent, preFilter }: Diagnosis): string[] {
  const plugins = new Set<string>();
  if (preFilter) plugins.add(preFilter.plugin);
  for (const { plugin } of rejections.values()) plugins.add(plugin);
  if (absent) for (const plugin of absent.plugin.split(' ')) plugins.add(plugin);
  return [...plugins].sort();
}
