import type { HealthWord, TableColumn } from '../../machinery/definition.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { DISRUPTION_ALLOWED, SYNC_FAILED, type PodDisruptionBudget } from './types.ts';

/** Source: pkg/printers/internalversion (printPodDisruptionBudget). */
export const budgetColumns: readonly TableColumn<PodDisruptionBudget>[] = [
  { name: 'MIN AVAILABLE', cell: ({ spec }) => String(spec.minAvailable ?? 'N/A') },
  { name: 'MAX UNAVAILABLE', cell: ({ spec }) => String(spec.maxUnavailable ?? 'N/A') },
  { name: 'ALLOWED DISRUPTIONS', cell: ({ status }) => String(status.disruptionsAllowed) },
  { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
];

/** Degraded when it cannot be calculated or has fewer healthy pods than it asks for. */
export function budgetHealth({ status }: PodDisruptionBudget): HealthWord {
  const condition = status.conditions?.find((entry) => entry.type === DISRUPTION_ALLOWED);
  if (!condition) return 'PROGRESSING';
  if (condition.reason === SYNC_FAILED) return 'DEGRADED';
  return status.currentHealthy < status.desiredHealthy ? 'DEGRADED' : 'HEALTHY';
}
