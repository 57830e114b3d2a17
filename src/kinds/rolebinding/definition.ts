import type { KindDefinition } from '../../machinery/definition.ts';
import { applyBindingDefaults, bindingColumns, bindingProblems, roleRefChangeProblems } from './queries.ts';
import { allRoleBindingsBySubject, RoleBinding, roleBindingsByRole, roleBindingsBySubject } from './types.ts';

export const roleBinding: KindDefinition<RoleBinding> = {
  kind: RoleBinding,
  statusSubresource: false,
  hasGeneration: false,
  indexes: [roleBindingsBySubject, allRoleBindingsBySubject, roleBindingsByRole],
  columns: bindingColumns,
  applyDefaults: applyBindingDefaults,
  validate: (binding) => bindingProblems(binding, ['Role', 'ClusterRole']),
  validateUpdate: roleRefChangeProblems,
  health: () => 'HEALTHY',
};
