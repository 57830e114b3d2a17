import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { Namespace } from '../namespace/types.ts';
import { Service } from '../service/types.ts';
import { Endpoints } from './types.ts';

defineKubeType(Endpoints, {
  description: 'The older form of what EndpointSlices say: everything about a Service in one object.',
  fields: (t) => ({
    namespace: t.field({
      type: kubeRef(Namespace),
      nullable: true,
      description: 'The namespace that they are in.',
      resolve: (handle) => handle.find(Namespace, undefined, handle.object.metadata.namespace),
    }),
    service: t.field({
      type: kubeRef(Service),
      nullable: true,
      description: 'The Service of the same name.',
      resolve: (handle) => handle.find(Service, handle.object.metadata.namespace, handle.object.metadata.name),
    }),
    addresses: t.stringList({
      description: 'Those that are ready, over all its ports.',
      extensions: { listSize: 1000 },
      resolve: ({ object }) => (object.subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)),
    }),
    notReadyAddresses: t.stringList({
      description: 'Those that are not ready, over all its ports.',
      extensions: { listSize: 1000 },
      resolve: ({ object }) =>
        (object.subsets ?? []).flatMap(({ notReadyAddresses = [] }) => notReadyAddresses.map(({ ip }) => ip)),
    }),
  }),
});
