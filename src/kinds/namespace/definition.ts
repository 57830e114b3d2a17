import type { KindDefinition } from '../../machinery/definition.ts';
import { Namespace } from './types.ts';

export const namespace: KindDefinition<Namespace> = {
  kind: Namespace,
  hasGeneration: false,
  prepareCreate(object) {
    object.status = { phase: 'Active' };
    return undefined;
  },
};
