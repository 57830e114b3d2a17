import { isIntOrPercent, scaledValue, type IntOrPercent } from '../../machinery/int-or-percent.ts';
import type { Deployment } from './types.ts';

/**
 * How far a rolling update may go above and below the desired number: surge rounds up, unavailable rounds down, and where
 * both come to zero one may be unavailable. Source: deployment_util.go (ResolveFenceposts, MaxSurge, MaxUnavailable).
 */
export function resolveFenceposts(
  maxSurge: IntOrPercent | undefined,
  maxUnavailable: IntOrPercent | undefined,
  desired: number,
): { surge: number; unavailable: number } {
  if (!isIntOrPercent(maxSurge) || !isIntOrPercent(maxUnavailable)) return { surge: 0, unavailable: 0 };
  const surge = scaledValue(maxSurge, desired, 'up');
  const unavailable = scaledValue(maxUnavailable, desired, 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type !== 'Recreate';
}

export function desiredReplicas(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

export function maxSurge(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0;
  const { rollingUpdate } = deployment.spec.strategy ?? {};
  return resolveFenceposts(rollingUpdate?.maxSurge, rollingUpdate?.maxUnavailable, desiredReplicas(deployment)).surge;
}

export function maxUnavailable(deployment: Deployment): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment) || desired === 0) return 0;
  const { rollingUpdate } = deployment.spec.strategy ?? {};
  return Math.min(
    resolveFenceposts(rollingUpdate?.maxSurge, rollingUpdate?.maxUnavailable, desired).unavailable,
    desired,
  );
}

export function minAvailable(deployment: Deployment): number {
  return desiredReplicas(deployment) - maxUnavailable(deployment);
}
