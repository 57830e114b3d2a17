import { defineKubeType } from '../../api/kube-object.ts';
import { RoleRefType, RULES_LIST_SIZE, subjectsOf, SubjectType } from '../../api/rbac-types.ts';
import { KubeObjectInterface, kubeRef } from '../../api/refs.ts';
import { ClusterRole } from '../clusterrole/types.ts';
import { Namespace } from '../namespace/types.ts';
import { Role } from '../role/types.ts';
import { RoleBinding } from './types.ts';

defineKubeType(RoleBinding, {
  description: 'Gives a role to subjects, in its own namespace.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    roleRef: t.field({ type: RoleRefType, resolve: ({ object }) => object.roleRef }),
    role: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'The Role or ClusterRole it names, if it is there.',
      resolve: (handle) => {
        const { roleRef, metadata } = handle.object;
        return roleRef.kind === 'Role'
          ? handle.find(Role, metadata.namespace, roleRef.name)
          : handle.find(ClusterRole, undefined, roleRef.name);
      },
    }),
    subjects: t.field({
      type: [SubjectType],
      extensions: { listSize: RULES_LIST_SIZE },
      resolve: (handle) => subjectsOf(handle, handle.object.subjects),
    }),
  }),
});
