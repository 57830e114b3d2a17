import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, toTimestamp } from '../../machinery/time.ts';
import { validate } from './admission.ts';
import { bootstrapPolicy } from './commands.ts';
import { clusterRoleAggregation } from './reconcile.ts';
import { aggregatedRoles, ClusterRole } from './types.ts';

export const clusterRole: KindDefinition<ClusterRole> = {
  kind: ClusterRole,
  statusSubresource: false,
  hasGeneration: false,
  indexes: [aggregatedRoles],
  controllers: [clusterRoleAggregation],
  commands: [bootstrapPolicy],
  columns: [{ name: 'CREATED AT', cell: ({ metadata }) => toTimestamp(fromTimestamp(metadata.creationTimestamp)) }],
  validate,
  health: () => 'HEALTHY',
};
