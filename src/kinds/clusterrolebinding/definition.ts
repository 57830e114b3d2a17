import type { KindDefinition } from '../../machinery/definition.ts';
import {
  applyBindingDefaults,
  bindingColumns,
  bindingProblems,
  roleRefChangeProblems,
} from '../rolebinding/queries.ts';
import { ClusterRoleBinding, clusterRoleBindingsByRole, clusterRoleBindingsBySubject } from './types.ts';

export const clusterRoleBinding: KindDefinition<ClusterRoleBinding> = {
  kind: ClusterRoleBinding,
  statusSubresource: false,
  hasGeneration: false,
  indexes: [clusterRoleBindingsBySubject, clusterRoleBindingsByRole],
  columns: bindingColumns,
  applyDefaults: applyBindingDefaults,
  validate: (binding) => bindingProblems(binding, ['ClusterRole']),
  validateUpdate: roleRefChangeProblems,
  health: () => 'HEALTHY',
};
