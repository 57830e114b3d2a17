import type { ObjectApi } from '../../machinery/controller.ts';
import { memoryStepsAhead } from '../../kinds/imageprofile/queries.ts';
import type { Node } from '../../kinds/node/types.ts';
import { podsByNode } from '../../kinds/pod/types.ts';
import { capacityOf, memoryInUse } from './signals.ts';
import { levelOf, thresholdsOf } from './thresholds.ts';

/**
 * When the memory that the pods of a node use will cross one of the eviction thresholds by itself, in milliseconds;
 * undefined never. Usage is constant between the steps of the profiles, so nothing has to be looked at in between.
 */
export function nextMemoryCrossing(api: ObjectApi, node: Node): number | undefined {
  const steps = api.by(podsByNode, node.metadata.name).flatMap((pod) => memoryStepsAhead(api, pod));
  if (steps.length === 0) return undefined;
  steps.sort((left, right) => left.atMs - right.atMs);
  const thresholds = thresholdsOf(api.settings, node).filter(({ resource }) => resource === 'memory');
  const [first] = thresholds;
  if (!first) return undefined;
  const capacity = capacityOf(node, first);
  const levels = thresholds.map((threshold) => levelOf(threshold, node.runtime?.thresholds));
  const countMet = (used: number) => levels.filter((level) => capacity - used < level).length;
  let used = memoryInUse(api, node.metadata.name);
  const before = countMet(used);
  for (const [index, { atMs, deltaBytes }] of steps.entries()) {
    used += deltaBytes;
    if (steps[index + 1]?.atMs === atMs) continue;
    if (countMet(used) !== before) return atMs;
  }
  return undefined;
}
