import type { KindDefinition } from '../../machinery/definition.ts';
import { applyStatefulSetDefaults, validateStatefulSet, validateStatefulSetUpdate } from './admission.ts';
import { restartStatefulSet, rollbackStatefulSet, scaleStatefulSet } from './commands.ts';
import { statefulSetController } from './reconcile.ts';
import { statefulSetColumns, statefulSetHealth } from './table.ts';
import { StatefulSet, statefulSetsBySelector } from './types.ts';

/** Pods with names, places and volumes of their own. */
export const statefulSet: KindDefinition<StatefulSet> = {
  kind: StatefulSet,
  indexes: [statefulSetsBySelector],
  applyDefaults: applyStatefulSetDefaults,
  prepareCreate(object) {
    object.status = { availableReplicas: 0, replicas: 0 };
    return undefined;
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  controllers: [statefulSetController],
  commands: [scaleStatefulSet, restartStatefulSet, rollbackStatefulSet],
  columns: statefulSetColumns,
  health: statefulSetHealth,
};
