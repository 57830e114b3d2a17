import type { ObjectApi } from '../../machinery/controller.ts';
import { wholeValue } from '../../machinery/quantity.ts';
import { memoryStepsAhead } from '../../kinds/imageprofile/queries.ts';
import type { Node } from '../../kinds/node/types.ts';
import { podsByNode } from '../../kinds/pod/types.ts';
import { memoryInUse, thresholdOf } from './signals.ts';

/**
 * When the memory that the pods of a node use will cross the eviction threshold by itself, in milliseconds; undefined
 * never. Usage is constant between the steps of the profiles, so nothing has to be looked at in between.
 */
export function nextMemoryCrossing(api: ObjectApi, node: Node): number | undefined {
  const steps = api.by(podsByNode, node.metadata.name).flatMap((pod) => memoryStepsAhead(api, pod));
  if (steps.length === 0) return undefined;
  steps.sort((left, right) => left.atMs - right.atMs);
  const capacity = wholeValue(node.status.capacity?.['memory']);
  const threshold = thresholdOf(api, 'memory.available', capacity);
  if (threshold === undefined) return undefined;
  let used = memoryInUse(api, node.metadata.name);
  const wasMet = capacity - used < threshold;
  for (const [index, { atMs, deltaBytes }] of steps.entries()) {
    used += deltaBytes;
    if (steps[index + 1]?.atMs === atMs) continue;
    if (capacity - used < threshold !== wasMet) return atMs;
  }
  return undefined;
}
