import { conditionOf, newCondition, PROGRESSING, REASON, withCondition } from './conditions.ts';
import { hasProgressDeadline } from './progress.ts';
import { writeStatus, type Sync } from './sync.ts';

/**
 * Says in the Progressing condition that a Deployment is paused or goes on, so that the time it stood still does not
 * count towards its deadline. Source: pkg/controller/deployment/sync.go (checkPausedConditions).
 */
export function syncPaused(sync: Sync): void {
  const { spec, status } = sync.deployment;
  if (!hasProgressDeadline(sync.deployment)) return;
  const current = conditionOf(status, PROGRESSING);
  if (current?.reason === REASON.progressDeadlineExceeded) return;
  const saysPaused = current?.reason === REASON.paused;
  if (Boolean(spec.paused) === saysPaused) return;
  const condition = spec.paused
    ? newCondition(PROGRESSING, 'Unknown', REASON.paused, 'Deployment is paused', sync.api.now)
    : newCondition(PROGRESSING, 'Unknown', REASON.resumed, 'Deployment is resumed', sync.api.now);
  writeStatus(sync, { ...status, conditions: [...withCondition(status.conditions ?? [], condition)] });
}
