import { EndpointType, endpointsOf } from '../../api/endpoint.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { Service } from '../service/types.ts';
import { EndpointSlice, serviceKeyOf } from './types.ts';

defineKubeType(EndpointSlice, {
  description: 'Some of the endpoints of a Service.',
  fields: (t) => ({
    service: t.field({
      type: kubeRef(Service),
      nullable: true,
      description: 'Whose endpoints they are.',
      resolve: (handle) => handle.toMaybe(handle.view.getByKey(Service, serviceKeyOf(handle.object) ?? '')),
    }),
    addressType: t.string({ description: 'IPv4, IPv6 or FQDN.', resolve: ({ object }) => object.addressType }),
    endpoints: t.field({
      type: [EndpointType],
      description: 'A hundred at most where the control plane keeps the slice.',
      extensions: { listSize: 1000 },
      resolve: (handle) => endpointsOf(handle),
    }),
  }),
});
