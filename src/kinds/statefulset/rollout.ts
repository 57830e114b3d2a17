import type { StatefulSet } from './types.ts';

/** The sentence of `kubectl rollout status` and whether it is the last one. Source: kubectl pkg/polymorphichelpers/rollout_status.go. */
export function rolloutStatus({ metadata, spec, status }: StatefulSet): { message: string; done: boolean } {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (type !== 'RollingUpdate') {
    return { message: 'rollout status is only available for RollingUpdate strategy type', done: true };
  }
  const observed = status.observedGeneration ?? 0;
  if (observed === 0 || (metadata.generation ?? 0) > observed) {
    return { message: 'Waiting for statefulset spec update to be observed...', done: false };
  }
  const replicas = spec.replicas ?? 1;
  const ready = status.readyReplicas ?? 0;
  if (ready < replicas) return { message: `Waiting for ${replicas - ready} pods to be ready...`, done: false };
  const updated = status.updatedReplicas ?? 0;
  const partition = rollingUpdate?.partition ?? 0;
  if (rollingUpdate) {
    if (updated < replicas - partition) {
      const message = `Waiting for partitioned roll out to finish: ${updated} out of ${replicas - partition} new pods have been updated...`;
      return { message, done: false };
    }
    return { message: `partitioned roll out complete: ${updated} new pods have been updated...`, done: true };
  }
  if (status.updateRevision !== status.currentRevision) {
    const message = `waiting for statefulset rolling update to complete ${updated} pods at revision ${status.updateRevision}...`;
    return { message, done: false };
  }
  const message = `statefulset rolling update complete ${status.currentReplicas ?? 0} pods at revision ${status.currentRevision}...`;
  return { message, done: true };
}
