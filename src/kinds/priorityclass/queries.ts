import type { ClusterView } from '../../machinery/cluster-view.ts';
import { PriorityClass } from './types.ts';

/** The class of pods that name none: of several that claim to be it, the one with the lowest value. */
export function defaultPriorityClass(view: ClusterView): PriorityClass | undefined {
  let found: PriorityClass | undefined;
  for (const candidate of view.iterate(PriorityClass)) {
    if (candidate.globalDefault && (!found || found.value > candidate.value)) found = candidate;
  }
  return found;
}
