import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { KubeObjectConnection, kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { dataBytes } from './admission.ts';
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
    data: t.field({
      type: 'StringMap',
      description: 'Its values that are text.',
      resolve: ({ object }) => object.data ?? {},
    }),
    binaryData: t.field({
      type: 'StringMap',
      description: 'Its other values, in base64: they become files, and no variables.',
      resolve: ({ object }) => object.binaryData ?? {},
    }),
    keys: t.stringList({
      description: 'The keys of all its values, in order.',
      resolve: ({ object }) => [...Object.keys(object.data ?? {}), ...Object.keys(object.binaryData ?? {})].sort(),
    }),
    sizeBytes: t.int({
      description: 'How much its values take of the 1 MiB that they may.',
      resolve: ({ object }) => dataBytes(object),
    }),
    immutable: t.boolean({
      description: 'Its values can never be changed, and neither can this.',
      resolve: ({ object }) => object.immutable ?? false,
    }),
    usedBy: t.field({
      type: KubeObjectConnection,
      description: 'The pods that name it, for variables or for volumes.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, configMapUsers(view, object), args),
    }),
  }),
});
