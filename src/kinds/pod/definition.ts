import type { KindDefinition } from '../../machinery/definition.ts';
import { Pod, finishedPods, orphanPods, podsByClaim, podsByLabel, podsByNode } from './types.ts';

export const pod: KindDefinition<Pod> = {
  kind: Pod,
  indexes: [podsByNode, podsByLabel, podsByClaim, orphanPods, finishedPods],
  prepareCreate(object) {
    object.status = { phase: 'Pending' };
    return undefined;
  },
};
