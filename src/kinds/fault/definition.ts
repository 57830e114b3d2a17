import type { KindDefinition, TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { prepareFault, prepareFaultUpdate, validateFault, validateFaultUpdate } from './admission.ts';
import { clearFault, injectFault } from './commands.ts';
import { faultLifecycle } from './lifecycle.ts';
import { describeTarget, faultEnd } from './queries.ts';
import { faultSchema } from './schema.ts';
import { Fault, FAULT_KINDS, faultsByNamespace, faultsByNode, pressureFaultsByNode, storageFaults } from './types.ts';

const columns: readonly TableColumn<Fault>[] = [
  { name: 'KIND', cell: ({ spec }) => FAULT_KINDS.find((kind) => spec[kind] !== undefined) ?? '<none>' },
  { name: 'TARGET', cell: describeTarget },
  { name: 'ACTIVE', cell: ({ status }) => (status.active ? 'True' : 'False') },
  {
    name: 'ENDS',
    cell: (fault, { now }) => {
      const end = faultEnd(fault);
      if (end === Number.POSITIVE_INFINITY) return '<never>';
      return end <= now ? 'ended' : `in ${humanDuration(end - now)}`;
    },
  },
  {
    name: 'AGE',
    cell: ({ metadata }, { now }) => humanDuration(now - fromTimestamp(metadata.creationTimestamp)),
  },
];

/** What is broken in the cluster, from when until when. */
export const fault: KindDefinition<Fault> = {
  kind: Fault,
  schema: faultSchema,
  indexes: [faultsByNode, faultsByNamespace, pressureFaultsByNode, storageFaults],
  prepareCreate(object, context) {
    prepareFault(object, context);
    return undefined;
  },
  prepareUpdate(object, old, context) {
    prepareFaultUpdate(object, old, context);
    return undefined;
  },
  validate: validateFault,
  validateUpdate: validateFaultUpdate,
  controllers: [faultLifecycle],
  commands: [injectFault, clearFault],
  columns,
  health: ({ status }) => (status.active ? 'DEGRADED' : 'HEALTHY'),
};
