import { scaleCommand } from '../../controllers/replicas/scale.ts';
import { ReplicaSet } from './types.ts';

/** kubectl scale replicaset */
export const scaleReplicaSet = scaleCommand('scaleReplicaSet', ReplicaSet);
