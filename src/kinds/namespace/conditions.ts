import { toTimestamp } from '../../machinery/time.ts';
import type { NamespaceCondition } from './types.ts';

/**
 * The conditions of a namespace that is going away. Source:
 * pkg/controller/namespace/deletion/status_condition_utils.go.
 */

/** What one pass found left, by `plural.group` and by finalizer, and what went wrong. */
export interface PassReport {
  remaining: ReadonlyMap<string, number>;
  finalizers: ReadonlyMap<string, number>;
  errors: readonly string[];
}

interface Words {
  reason: string;
  message: string;
}

const FINE: Record<string, Words> = {
  NamespaceDeletionDiscoveryFailure: {
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  NamespaceDeletionGroupVersionParsingFailure: {
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
  NamespaceDeletionContentFailure: {
    reason: 'ContentDeleted',
    message: 'All content successfully deleted, may be waiting on finalization',
  },
  NamespaceContentRemaining: { reason: 'ContentRemoved', message: 'All content successfully removed' },
  NamespaceFinalizersRemaining: {
    reason: 'ContentHasNoFinalizers',
    message: 'All content-preserving finalizers finished',
  },
};

/** The conditions after a pass: one of each type, in this order, with its last change of status. */
export function calculateConditions(
  old: readonly NamespaceCondition[],
  report: PassReport,
  now: number,
): NamespaceCondition[] {
  const troubles = troublesOf(report);
  return Object.keys(FINE).map((type) => {
    const trouble = troubles[type];
    const status = trouble ? 'True' : 'False';
    const known = old.find((condition) => condition.type === type);
    const since = known?.status === status ? known.lastTransitionTime : undefined;
    const words = trouble ?? FINE[type] ?? { reason: '', message: '' };
    return { type, status, lastTransitionTime: since ?? toTimestamp(now), ...words };
  });
}

function troublesOf({ remaining, finalizers, errors }: PassReport): Record<string, Words | undefined> {
  const troubles: Record<string, Words | undefined> = {};
  if (errors.length > 0) {
    troubles['NamespaceDeletionContentFailure'] = {
      reason: 'ContentDeletionFailed',
      message: `Failed to delete all resource types, ${errors.length} remaining: ${[...errors].sort().join(', ')}`,
    };
  }
  if (remaining.size > 0) {
    const parts = [...remaining].map(([resource, count]) => `${resource} has ${count} resource instances`);
    troubles['NamespaceContentRemaining'] = {
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${parts.sort().join(', ')}`,
    };
  }
  if (finalizers.size > 0) {
    const parts = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
    troubles['NamespaceFinalizersRemaining'] = {
      reason: 'SomeFinalizersRemain',
      message: `Some content in the namespace has finalizers remaining: ${parts.sort().join(', ')}`,
    };
  }
  return troubles;
}
