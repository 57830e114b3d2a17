import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** The API group of roles and bindings. */
export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** What may be done: verbs on resources, or on paths that are no resources. */
export interface PolicyRule {
  verbs?: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}

export interface Role extends KubeObject {
  rules?: readonly PolicyRule[];
}

export const Role = defineKind<Role>({
  apiVersion: `${RBAC_GROUP}/v1`,
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
});
