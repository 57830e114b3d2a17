import { replicaController } from '../../controllers/replicas/controller.ts';
import { ReplicationController, replicationControllerSelector, replicationControllersBySelector } from './types.ts';

/** Upstream runs the ReplicaSet controller on converted objects. Source: pkg/controller/replication. */
export const replicationController = replicaController<ReplicationController>({
  name: 'replication-controller',
  kind: ReplicationController,
  bySelector: replicationControllersBySelector,
  selectorOf: replicationControllerSelector,
  familyOf: () => [],
  countsTerminating: false,
});
