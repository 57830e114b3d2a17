import { replicaController } from '../../controllers/replicas/controller.ts';
import { familyOf } from './queries.ts';
import { ReplicaSet, replicaSetSelector, replicaSetsBySelector } from './types.ts';

export const replicaSetController = replicaController<ReplicaSet>({
  name: 'replicaset-controller',
  kind: ReplicaSet,
  bySelector: replicaSetsBySelector,
  selectorOf: replicaSetSelector,
  familyOf,
  countsTerminating: true,
});
