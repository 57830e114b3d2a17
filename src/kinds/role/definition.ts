import type { KindDefinition } from '../../machinery/definition.ts';
import { fromTimestamp, toTimestamp } from '../../machinery/time.ts';
import { policyRuleProblems } from './queries.ts';
import { Role } from './types.ts';

export const role: KindDefinition<Role> = {
  kind: Role,
  statusSubresource: false,
  hasGeneration: false,
  columns: [{ name: 'CREATED AT', cell: ({ metadata }) => toTimestamp(fromTimestamp(metadata.creationTimestamp)) }],
  validate: ({ rules }) => policyRuleProblems(rules, true),
  health: () => 'HEALTHY',
};
