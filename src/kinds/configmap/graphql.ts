import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { KubeObjectConnection, kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { configMapUsers } from './queries.ts';
import { ConfigMap } from './types.ts';

defineKubeType(ConfigMap, {
  description: 'Configuration that pods read as variables or files.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    data: t.field({ type: 'StringMap', resolve: ({ object }) => object.data ?? {} }),
    immutable: t.boolean({ resolve: ({ object }) => object.immutable ?? false }),
    usedBy: t.field({
      type: KubeObjectConnection,
      description: 'The pods whose environment or volumes name it.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, configMapUsers(view, object), args),
    }),
  }),
});
