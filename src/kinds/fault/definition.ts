import type { KindDefinition } from '../../machinery/definition.ts';
import { faultLifecycle } from './lifecycle.ts';
import { Fault, faultsByNode } from './types.ts';

/** What is broken in the cluster, from when until when. */
export const fault: KindDefinition<Fault> = {
  kind: Fault,
  indexes: [faultsByNode],
  prepareCreate(object) {
    object.status = {};
    return undefined;
  },
  controllers: [faultLifecycle],
};
