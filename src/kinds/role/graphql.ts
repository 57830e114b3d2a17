import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { PolicyRuleType, RULES_LIST_SIZE } from '../../api/rbac-types.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { RoleBinding, roleBindingsByRole } from '../rolebinding/types.ts';
import { Role } from './types.ts';

defineKubeType(Role, {
  description: 'What may be done in one namespace by whom a RoleBinding names.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    rules: t.field({
      type: [PolicyRuleType],
      description: 'Each allows something; together they allow what any of them allows.',
      extensions: { listSize: RULES_LIST_SIZE },
      resolve: ({ object }) => [...(object.rules ?? [])],
    }),
    roleBindings: t.field({
      type: connectionOf(RoleBinding),
      description: 'The bindings that give it to somebody.',
      args: pageArgs(),
      resolve: ({ scope, view, object: { metadata } }, args) =>
        paginate(scope, view.by(roleBindingsByRole, `Role/${metadata.namespace}/${metadata.name}`), args),
    }),
  }),
});
