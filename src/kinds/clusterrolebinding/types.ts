import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { RBAC_GROUP } from '../role/types.ts';
import { subjectKey, type RoleRef, type Subject } from '../rolebinding/types.ts';

export interface ClusterRoleBinding extends KubeObject {
  subjects?: readonly Subject[];
  roleRef: RoleRef;
}

export const ClusterRoleBinding = defineKind<ClusterRoleBinding>({
  apiVersion: `${RBAC_GROUP}/v1`,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
});

/** Bindings by those they give a role to. */
export const clusterRoleBindingsBySubject: Index<ClusterRoleBinding> = {
  name: 'cluster role bindings by subject',
  kind: ClusterRoleBinding,
  keys: ({ subjects = [] }) => subjects.map((subject) => subjectKey(subject)),
};

/** Bindings by the name of their role. */
export const clusterRoleBindingsByRole: Index<ClusterRoleBinding> = {
  name: 'cluster role bindings by role',
  kind: ClusterRoleBinding,
  keys: ({ roleRef }) => roleRef.name,
};
