import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { PolicyRuleType, RULES_LIST_SIZE } from '../../api/rbac-types.ts';
import { connectionOf, kubeRef } from '../../api/refs.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { ClusterRoleBinding, clusterRoleBindingsByRole } from '../clusterrolebinding/types.ts';
import { RoleBinding, roleBindingsByRole } from '../rolebinding/types.ts';
import { aggregatedFrom } from './queries.ts';
import { ClusterRole } from './types.ts';

defineKubeType(ClusterRole, {
  description: 'What may be done, in the whole cluster or in the namespaces of RoleBindings.',
  fields: (t) => ({
    rules: t.field({
      type: [PolicyRuleType],
      description: 'Each allows something; together they allow what any of them allows.',
      extensions: { listSize: RULES_LIST_SIZE },
      resolve: ({ object }) => [...(object.rules ?? [])],
    }),
    aggregationSelectors: t.stringList({
      description: 'Whose rules it takes over: the label selectors of its aggregationRule.',
      extensions: { listSize: 20 },
      resolve: ({ object }) => (object.aggregationRule?.clusterRoleSelectors ?? []).map(formatLabelSelector),
    }),
    aggregatedFrom: t.field({
      type: [kubeRef(ClusterRole)],
      description: 'The roles its rules come from, where it has an aggregationRule.',
      extensions: { listSize: RULES_LIST_SIZE },
      resolve: (handle) => handle.toAll(aggregatedFrom(handle.view, handle.object)),
    }),
    clusterRoleBindings: t.field({
      type: connectionOf(ClusterRoleBinding),
      description: 'The bindings that give it to somebody in the whole cluster.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.by(clusterRoleBindingsByRole, object.metadata.name), args),
    }),
    roleBindings: t.field({
      type: connectionOf(RoleBinding),
      description: 'The bindings that give it to somebody in one namespace.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.by(roleBindingsByRole, `ClusterRole/${object.metadata.name}`), args),
    }),
  }),
});
