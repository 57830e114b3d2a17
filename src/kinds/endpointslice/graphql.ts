import { builder } from '../../api/builder.ts';
import { EndpointType, endpointsOf } from '../../api/endpoint.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { Service } from '../service/types.ts';
import { EndpointSlice, MANAGED_BY_LABEL, serviceKeyOf, type EndpointPort } from './types.ts';

const EndpointPortType = builder.objectRef<EndpointPort>('EndpointPort').implement({
  description: 'A port of the endpoints of a slice.',
  fields: (t) => ({
    name: t.string({ description: "The name of the Service's port.", resolve: ({ name = '' }) => name }),
    port: t.int({ nullable: true, description: 'The number; null for every port.', resolve: ({ port }) => port }),
    protocol: t.exposeString('protocol', { description: 'TCP, UDP or SCTP.' }),
    appProtocol: t.exposeString('appProtocol', { nullable: true, description: 'What is spoken there.' }),
  }),
});

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
    ports: t.field({
      type: [EndpointPortType],
      description: 'The ports that each of its endpoints has.',
      extensions: { listSize: 100 },
      resolve: ({ object }) => object.ports ?? [],
    }),
    managedBy: t.string({
      nullable: true,
      description: 'Who keeps it: "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io" …',
      resolve: ({ object }) => object.metadata.labels?.[MANAGED_BY_LABEL],
    }),
    endpoints: t.field({
      type: [EndpointType],
      description: 'A hundred at most where the control plane keeps the slice.',
      extensions: { listSize: 1000 },
      resolve: (handle) => endpointsOf(handle),
    }),
  }),
});
