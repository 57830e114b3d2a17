import { replicaHealth } from '../../controllers/replicas/health.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { applyDefaults, validate } from './admission.ts';
import { scaleReplicationController } from './commands.ts';
import { replicationController as controller } from './reconcile.ts';
import { columns } from './table.ts';
import { ReplicationController, replicationControllersBySelector } from './types.ts';

export const replicationController: KindDefinition<ReplicationController> = {
  kind: ReplicationController,
  indexes: [replicationControllersBySelector],
  applyDefaults,
  prepareCreate(object) {
    object.status = { replicas: 0 };
    return undefined;
  },
  validate,
  controllers: [controller],
  commands: [scaleReplicationController],
  columns,
  health: replicaHealth,
};
