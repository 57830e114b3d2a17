import type { DaemonSet } from './types.ts';

/** The sentence of `kubectl rollout status` and whether it is the last one. Source: kubectl pkg/polymorphichelpers/rollout_status.go. */
export function rolloutStatus({ metadata, spec, status }: DaemonSet): { message: string; done: boolean } {
  if (spec.updateStrategy?.type !== 'RollingUpdate') {
    return { message: 'rollout status is only available for RollingUpdate strategy type', done: true };
  }
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return { message: 'Waiting for daemon set spec update to be observed...', done: false };
  }
  const name = JSON.stringify(metadata.name);
  const { updatedNumberScheduled = 0, desiredNumberScheduled, numberAvailable = 0 } = status;
  if (updatedNumberScheduled < desiredNumberScheduled) {
    const message = `Waiting for daemon set ${name} rollout to finish: ${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated...`;
    return { message, done: false };
  }
  if (numberAvailable < desiredNumberScheduled) {
    const message = `Waiting for daemon set ${name} rollout to finish: ${numberAvailable} of ${desiredNumberScheduled} updated pods are available...`;
    return { message, done: false };
  }
  return { message: `daemon set ${name} successfully rolled out`, done: true };
}
