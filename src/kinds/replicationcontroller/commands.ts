import { scaleCommand } from '../../controllers/replicas/scale.ts';
import { ReplicationController } from './types.ts';

/** kubectl scale replicationcontroller */
export const scaleReplicationController = scaleCommand('scaleReplicationController', ReplicationController);
