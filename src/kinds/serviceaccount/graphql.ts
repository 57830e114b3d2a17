import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { ServiceAccount } from './types.ts';

defineKubeType(ServiceAccount, {
  description: 'Who the processes of a pod are to the API server.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    automountToken: t.boolean({ resolve: ({ object }) => object.automountServiceAccountToken ?? true }),
  }),
});
