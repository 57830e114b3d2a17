import type { HealthWord } from '../../machinery/definition.ts';
import { REPLICA_FAILURE, type ReplicaOwner } from './types.ts';

/** All replicas available and the spec observed: healthy; refused creations: degraded; else on the way. */
export function replicaHealth({ metadata, spec, status }: ReplicaOwner): HealthWord {
  if (status.conditions?.some(({ type, status: word }) => type === REPLICA_FAILURE && word === 'True'))
    return 'DEGRADED';
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return 'PROGRESSING';
  const desired = spec.replicas ?? 1;
  return status.replicas === desired && (status.availableReplicas ?? 0) === desired ? 'HEALTHY' : 'PROGRESSING';
}
