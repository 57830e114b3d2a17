import type { KindDefinition } from '../../machinery/definition.ts';
import { canonicalResources } from '../../machinery/quantity-text.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { quotaEnforcement } from './enforcement.ts';
import { resourceQuotaController } from './reconcile.ts';
import { ResourceQuota } from './types.ts';
import { validateResourceQuota, validateResourceQuotaUpdate } from './validation.ts';

/** `name: used/hard` of the resources of one column (pkg/printers/internalversion/printers.go, printResourceQuota). */
function amounts({ status }: ResourceQuota, limits: boolean): string {
  return Object.keys(status.hard ?? {})
    .filter((name) => name.startsWith('limits') === limits)
    .sort()
    .map((name) => `${name}: ${status.used?.[name] ?? 0}/${status.hard?.[name]}`)
    .join(', ');
}

export const resourceQuota: KindDefinition<ResourceQuota> = {
  kind: ResourceQuota,
  hasGeneration: false,
  plugins: [quotaEnforcement],
  controllers: [resourceQuotaController],
  columns: [
    { name: 'REQUEST', cell: (quota) => amounts(quota, false) },
    { name: 'LIMIT', cell: (quota) => amounts(quota, true) },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
  applyDefaults(quota) {
    const hard = canonicalResources(quota.spec?.hard);
    if (hard && hard !== quota.spec.hard) quota.spec = { ...quota.spec, hard };
  },
  prepareCreate(quota) {
    quota.spec ??= {};
    quota.status = {};
    return undefined;
  },
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  health: () => 'HEALTHY',
};
