import type { CommandHandler } from '../../machinery/controller.ts';
import type { StringMap } from '../../machinery/object.ts';
import { ClusterRoleBinding } from '../clusterrolebinding/types.ts';
import { RBAC_GROUP, type PolicyRule } from '../role/types.ts';
import {
  ADMIN_RULES,
  BASIC_USER_RULES,
  CLUSTER_ADMIN_RULES,
  DISCOVERY_RULES,
  EDIT_RULES,
  PUBLIC_INFO_RULES,
  VIEW_RULES,
} from './bootstrap-rules.ts';
import { ClusterRole } from './types.ts';

interface BootstrapRole {
  name: string;
  rules: readonly PolicyRule[];
  labels?: StringMap;
  /** The label whose bearers make up its rules. */
  aggregated?: string;
  /** The groups it is bound to, by a binding of its name. */
  groups?: readonly string[];
}

const TO_ADMIN = 'rbac.authorization.k8s.io/aggregate-to-admin';
const TO_EDIT = 'rbac.authorization.k8s.io/aggregate-to-edit';
const TO_VIEW = 'rbac.authorization.k8s.io/aggregate-to-view';
const AUTHENTICATED = 'system:authenticated';

const ROLES: readonly BootstrapRole[] = [
  { name: 'cluster-admin', rules: CLUSTER_ADMIN_RULES, groups: ['system:masters'] },
  { name: 'system:discovery', rules: DISCOVERY_RULES, groups: [AUTHENTICATED] },
  { name: 'system:basic-user', rules: BASIC_USER_RULES, groups: [AUTHENTICATED] },
  { name: 'system:public-info-viewer', rules: PUBLIC_INFO_RULES, groups: [AUTHENTICATED, 'system:unauthenticated'] },
  { name: 'system:aggregate-to-view', rules: VIEW_RULES, labels: { [TO_VIEW]: 'true' } },
  { name: 'system:aggregate-to-edit', rules: EDIT_RULES, labels: { [TO_EDIT]: 'true' } },
  { name: 'system:aggregate-to-admin', rules: ADMIN_RULES, labels: { [TO_ADMIN]: 'true' } },
  { name: 'view', rules: VIEW_RULES, labels: { [TO_EDIT]: 'true' }, aggregated: TO_VIEW },
  { name: 'edit', rules: [...EDIT_RULES, ...VIEW_RULES], labels: { [TO_ADMIN]: 'true' }, aggregated: TO_EDIT },
  { name: 'admin', rules: [...EDIT_RULES, ...VIEW_RULES, ...ADMIN_RULES], aggregated: TO_ADMIN },
];

/**
 * Makes the roles and bindings that a new cluster has, as far as they are missing: those that people use, not those of
 * Kubernetes' own components. It runs once, when a cluster is created; what is deleted later stays away, as it does
 * until an API server starts again. Sources: pkg/registry/rbac/rest/storage_rbac.go, bootstrappolicy/policy.go.
 */
export const bootstrapPolicy: CommandHandler<object> = {
  name: 'bootstrapPolicy',
  handle(_input, api) {
    for (const { name, rules, aggregated, labels, groups = [] } of ROLES) {
      const metadata = {
        name,
        labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
        annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
      };
      const aggregationRule = aggregated && { clusterRoleSelectors: [{ matchLabels: { [aggregated]: 'true' } }] };
      const { apiVersion } = ClusterRole;
      // What is there already is refused as such, and stays as it is.
      api.create<ClusterRole>({
        apiVersion,
        kind: ClusterRole.kind,
        metadata,
        ...(aggregationRule ? { aggregationRule } : {}),
        rules,
      });
      if (groups.length === 0) continue;
      api.create<ClusterRoleBinding>({
        apiVersion,
        kind: ClusterRoleBinding.kind,
        metadata,
        roleRef: { apiGroup: RBAC_GROUP, kind: ClusterRole.kind, name },
        subjects: groups.map((group) => ({ apiGroup: RBAC_GROUP, kind: 'Group', name: group })),
      });
    }
    return {};
  },
};
