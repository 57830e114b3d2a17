import type { KindDefinition } from '../../machinery/definition.ts';
import { Node } from './types.ts';

export const node: KindDefinition<Node> = {
  kind: Node,
  hasGeneration: false,
  prepareCreate(object) {
    object.status ??= {};
    return undefined;
  },
};
