import { replicaHealth } from '../../controllers/replicas/health.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { applyDefaults, validate, validateUpdate } from './admission.ts';
import { scaleReplicaSet } from './commands.ts';
import { replicaSetController } from './reconcile.ts';
import { columns } from './table.ts';
import { ReplicaSet, orphanReplicaSets, replicaSetsBySelector } from './types.ts';

export const replicaSet: KindDefinition<ReplicaSet> = {
  kind: ReplicaSet,
  indexes: [replicaSetsBySelector, orphanReplicaSets],
  applyDefaults,
  prepareCreate(object) {
    object.status = { replicas: 0 };
    return undefined;
  },
  validate,
  validateUpdate,
  controllers: [replicaSetController],
  commands: [scaleReplicaSet],
  columns,
  health: replicaHealth,
};
