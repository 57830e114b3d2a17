import type { KindDefinition } from '../../machinery/definition.ts';
import { validatePodDisruptionBudget } from './admission.ts';
import { cancelDrain, drainNode, evictPod } from './commands.ts';
import { drainController } from './drain.ts';
import { disruptionController } from './reconcile.ts';
import { budgetColumns, budgetHealth } from './table.ts';
import { budgetsBySelector, PodDisruptionBudget } from './types.ts';

/** How many pods of a set must stay when machines are emptied; evictions and drains, which ask them. */
export const podDisruptionBudget: KindDefinition<PodDisruptionBudget> = {
  kind: PodDisruptionBudget,
  indexes: [budgetsBySelector],
  prepareCreate(object) {
    object.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
    return undefined;
  },
  validate: validatePodDisruptionBudget,
  controllers: [disruptionController, drainController],
  commands: [evictPod, drainNode, cancelDrain],
  columns: budgetColumns,
  health: budgetHealth,
};
