import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { KubeObjectConnection, kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { secretUsers } from './queries.ts';
import { Secret } from './types.ts';

defineKubeType(Secret, {
  description: 'Configuration that is kept from view: its values never leave the server.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    type: t.string({ resolve: ({ object }) => object.type ?? 'Opaque' }),
    keys: t.stringList({ resolve: ({ object }) => Object.keys(object.data ?? {}).sort() }),
    immutable: t.boolean({ resolve: ({ object }) => object.immutable ?? false }),
    usedBy: t.field({
      type: KubeObjectConnection,
      description: 'The pods that name it: for variables, for volumes, or to pull their images.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, secretUsers(view, object), args),
    }),
  }),
});
