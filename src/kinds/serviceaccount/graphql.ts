import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { PodFilter, podPredicate } from '../../api/pod-filter.ts';
import { connectionOf, KubeObjectInterface, kubeRef } from '../../api/refs.ts';
import { clusterRoleBindingsBySubject, ClusterRoleBinding } from '../clusterrolebinding/types.ts';
import { bindingsOf, roleOf, userOfServiceAccount } from '../clusterrolebinding/queries.ts';
import { Namespace } from '../namespace/types.ts';
import { Pod } from '../pod/types.ts';
import { allRoleBindingsBySubject, RoleBinding, subjectKey } from '../rolebinding/types.ts';
import { Secret } from '../secret/types.ts';
import { podsOfAccount } from './queries.ts';
import { ServiceAccount, tokensByAccount } from './types.ts';

/** The key of an account in the indexes of bindings. */
function keyOfSubject({ metadata }: ServiceAccount): string {
  return subjectKey({ kind: 'ServiceAccount', name: metadata.name, namespace: metadata.namespace ?? '' });
}

defineKubeType(ServiceAccount, {
  description: 'Who the processes of a pod are to the API server.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    automountToken: t.boolean({ resolve: ({ object }) => object.automountServiceAccountToken ?? true }),
    user: t.string({
      description: 'Its name as a user: what Impersonate-User takes.',
      resolve: ({ object: { metadata } }) => userOfServiceAccount(metadata.namespace ?? '', metadata.name).user,
    }),
    pods: t.field({
      type: connectionOf(Pod),
      description: 'The pods that run under it.',
      args: { filter: t.arg({ type: PodFilter }), ...pageArgs() },
      resolve: ({ scope, view, object }, args, { catalog }) =>
        paginate(scope, podsOfAccount(view, object), args, { matches: podPredicate(args.filter, scope, catalog) }),
    }),
    tokens: t.field({
      type: connectionOf(Secret),
      description: 'The Secrets of type kubernetes.io/service-account-token that are its.',
      args: pageArgs(),
      resolve: ({ scope, view, object: { metadata } }, args) =>
        paginate(scope, view.by(tokensByAccount, `${metadata.namespace}/${metadata.name}`), args),
    }),
    imagePullSecrets: t.field({
      type: [kubeRef(Secret)],
      description: 'What pods get that name no imagePullSecrets of their own, as far as it exists.',
      extensions: { listSize: 20 },
      resolve: (handle) =>
        (handle.object.imagePullSecrets ?? []).flatMap(
          ({ name }) => handle.find(Secret, handle.object.metadata.namespace, name) ?? [],
        ),
    }),
    roleBindings: t.field({
      type: connectionOf(RoleBinding),
      description: 'The bindings that name it, in any namespace; those of its groups aside.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.by(allRoleBindingsBySubject, keyOfSubject(object)), args),
    }),
    clusterRoleBindings: t.field({
      type: connectionOf(ClusterRoleBinding),
      description: 'The bindings that name it in the whole cluster; those of its groups aside.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.by(clusterRoleBindingsBySubject, keyOfSubject(object)), args),
    }),
    roles: t.field({
      type: [KubeObjectInterface],
      description: 'The Roles and ClusterRoles it has in its own namespace, by itself and by its groups.',
      extensions: { listSize: 100 },
      resolve: (handle) => {
        const { namespace = '', name } = handle.object.metadata;
        const bindings = bindingsOf(handle.view, userOfServiceAccount(namespace, name), namespace);
        const roles = bindings.map(({ roleRef, metadata }) => roleOf(handle.view, roleRef, metadata.namespace));
        return handle.toAll(new Set(roles.filter((role) => typeof role !== 'string')));
      },
    }),
  }),
});
