import type { KindDefinition } from '../../machinery/definition.ts';
import { applyDaemonSetDefaults, numberTemplate, validateDaemonSet, validateDaemonSetUpdate } from './admission.ts';
import { restartDaemonSet, rollbackDaemonSet } from './commands.ts';
import { daemonSetController } from './reconcile.ts';
import { daemonSetColumns, daemonSetHealth } from './table.ts';
import { DaemonSet, daemonPods, daemonSetsBySelector } from './types.ts';

/** One pod on each node that should have one. */
export const daemonSet: KindDefinition<DaemonSet> = {
  kind: DaemonSet,
  indexes: [daemonSetsBySelector, daemonPods],
  applyDefaults: applyDaemonSetDefaults,
  prepareCreate(object) {
    object.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    numberTemplate(object, undefined);
    return undefined;
  },
  prepareUpdate(object, old) {
    numberTemplate(object, old);
    return undefined;
  },
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  controllers: [daemonSetController],
  commands: [restartDaemonSet, rollbackDaemonSet],
  columns: daemonSetColumns,
  health: daemonSetHealth,
};
