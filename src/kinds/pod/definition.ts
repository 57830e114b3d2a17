import type { KindDefinition } from '../../machinery/definition.ts';
import { Pod, podsByClaim, podsByLabel, podsByNode } from './types.ts';

export const pod: KindDefinition<Pod> = {
  kind: Pod,
  indexes: [podsByNode, podsByLabel, podsByClaim],
  prepareCreate(object) {
    object.status = { phase: 'Pending' };
    return undefined;
  },
};
