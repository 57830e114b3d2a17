import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { RBAC_GROUP } from '../role/types.ts';

/** Who is given a role. */
export interface Subject {
  kind: string;
  name: string;
  /** Of a ServiceAccount. */
  namespace?: string;
  apiGroup?: string;
}

export interface RoleRef {
  apiGroup: string;
  kind: string;
  name: string;
}

export interface RoleBinding extends KubeObject {
  subjects?: readonly Subject[];
  roleRef: RoleRef;
}

export const RoleBinding = defineKind<RoleBinding>({
  apiVersion: `${RBAC_GROUP}/v1`,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
});

/** The key of a subject in the indexes of bindings: "User/alice", "ServiceAccount/shop/web". */
export function subjectKey({ kind, name, namespace }: Subject, bindingNamespace?: string): string {
  return kind === 'ServiceAccount' ? `${kind}/${namespace || (bindingNamespace ?? '')}/${name}` : `${kind}/${name}`;
}

/** Bindings by those they give a role to, within their namespace: "<namespace> <subject>". */
export const roleBindingsBySubject: Index<RoleBinding> = {
  name: 'role bindings by subject',
  kind: RoleBinding,
  keys: ({ metadata, subjects = [] }) =>
    subjects.map((subject) => `${metadata.namespace} ${subjectKey(subject, metadata.namespace)}`),
};

/** Bindings by those they give a role to, in all namespaces. */
export const allRoleBindingsBySubject: Index<RoleBinding> = {
  name: 'role bindings by subject in all namespaces',
  kind: RoleBinding,
  keys: ({ metadata, subjects = [] }) => subjects.map((subject) => subjectKey(subject, metadata.namespace)),
};

/** Bindings by their role: "Role/<namespace>/<name>", "ClusterRole/<name>". */
export const roleBindingsByRole: Index<RoleBinding> = {
  name: 'role bindings by role',
  kind: RoleBinding,
  keys: ({ metadata, roleRef }) =>
    roleRef.kind === 'Role' ? `Role/${metadata.namespace}/${roleRef.name}` : `${roleRef.kind}/${roleRef.name}`,
};
