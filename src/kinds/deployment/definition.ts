import type { KindDefinition } from '../../machinery/definition.ts';
import { applyDefaults, prepareUpdate, validate, validateUpdate } from './admission.ts';
import {
  pauseDeployment,
  restartDeployment,
  resumeDeployment,
  rollbackDeployment,
  scaleDeployment,
  setImage,
} from './commands.ts';
import { deploymentHealth } from './queries.ts';
import { deploymentController } from './reconcile.ts';
import { columns } from './table.ts';
import { Deployment, deploymentsBySelector } from './types.ts';

export const deployment: KindDefinition<Deployment> = {
  kind: Deployment,
  indexes: [deploymentsBySelector],
  applyDefaults,
  prepareCreate(object) {
    object.status = {};
    return undefined;
  },
  prepareUpdate,
  validate,
  validateUpdate,
  controllers: [deploymentController],
  commands: [scaleDeployment, setImage, restartDeployment, rollbackDeployment, pauseDeployment, resumeDeployment],
  columns,
  health: deploymentHealth,
};
