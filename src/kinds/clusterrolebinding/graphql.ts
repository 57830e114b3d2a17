import { defineKubeType } from '../../api/kube-object.ts';
import { RoleRefType, RULES_LIST_SIZE, subjectsOf, SubjectType } from '../../api/rbac-types.ts';
import { kubeRef } from '../../api/refs.ts';
import { ClusterRole } from '../clusterrole/types.ts';
import { ClusterRoleBinding } from './types.ts';

defineKubeType(ClusterRoleBinding, {
  description: 'Gives a ClusterRole to subjects, in the whole cluster.',
  fields: (t) => ({
    roleRef: t.field({ type: RoleRefType, resolve: ({ object }) => object.roleRef }),
    role: t.field({
      type: kubeRef(ClusterRole),
      nullable: true,
      description: 'The ClusterRole it names, if it is there.',
      resolve: (handle) => handle.find(ClusterRole, undefined, handle.object.roleRef.name),
    }),
    subjects: t.field({
      type: [SubjectType],
      extensions: { listSize: RULES_LIST_SIZE },
      resolve: (handle) => subjectsOf(handle, handle.object.subjects),
    }),
  }),
});
