import { initialCounts } from '../../kinds/pod/probes.ts';
import type { Running } from '../../kinds/pod/runtime.ts';
import type { Container } from '../../kinds/pod/types.ts';

/** Whether running containers count as started and ready. Source: prober/prober_manager.go (UpdatePodStatus). */

/** A container has started when its postStart hook is done and its startup probe (if any) has passed. */
export function isStarted(container: Container, run: Running, now: number): boolean {
  if ((run.hookUntil ?? 0) > now) return false;
  return container.startupProbe === undefined || run.startedAt !== undefined;
}

/** A started container without readiness probe is ready; one with is what the probe says. */
export function isReady(container: Container, run: Running, now: number): boolean {
  if (!isStarted(container, run, now)) return false;
  if (!container.readinessProbe) return true;
  return (run.probes?.readiness ?? initialCounts('readiness')).passing === true;
}
