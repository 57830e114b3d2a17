import type { Plugin } from '../framework.ts';
import { scoreBalance } from '../resource-scoring.ts';

/** Prefers nodes whose cpu and memory the pod brings into balance. A pod that asks for neither gets no score. */
export const balancedAllocation: Plugin<never, true> = {
  name: 'NodeResourcesBalancedAllocation',
  preScore({ pod }) {
    const { milliCpu, memory } = pod.resources.requests;
    return milliCpu === 0 && memory === 0 ? undefined : true;
  },
  score(_state, node, { pod }) {
    return scoreBalance(node, pod);
  },
};
