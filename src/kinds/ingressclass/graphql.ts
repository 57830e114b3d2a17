import { builder } from '../../api/builder.ts';
import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf } from '../../api/refs.ts';
import { Ingress, ingressesByClass } from '../ingress/types.ts';
import { isDefaultIngressClass, isServed } from './queries.ts';
import { IngressClass, type IngressClassParameters } from './types.ts';

const ParametersType = builder.objectRef<IngressClassParameters>('IngressClassParameters').implement({
  description: 'An object with more settings of the class, for its controller.',
  fields: (t) => ({
    apiGroup: t.exposeString('apiGroup', { nullable: true, description: 'Null for the core group.' }),
    kind: t.exposeString('kind', { description: 'Its kind.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    scope: t.string({ description: 'Cluster or Namespace.', resolve: ({ scope }) => scope ?? 'Cluster' }),
    namespace: t.exposeString('namespace', { nullable: true, description: 'Null for scope Cluster.' }),
  }),
});

defineKubeType(IngressClass, {
  description: 'Which controller serves the Ingresses that name the class.',
  fields: (t) => ({
    controller: t.string({
      description: '"k8s.io/ingress-nginx"',
      resolve: ({ object }) => object.spec.controller ?? '',
    }),
    isDefault: t.boolean({
      description: 'Ingresses that name no class get it.',
      resolve: ({ object }) => isDefaultIngressClass(object),
    }),
    served: t.boolean({
      description: 'Its controller is one that is simulated: its Ingresses get an address.',
      resolve: ({ object }) => isServed(object),
    }),
    address: t.string({
      nullable: true,
      description: 'Where its controller answers; null where nobody serves it.',
      resolve: ({ object }) => (isServed(object) ? object.runtime?.address : null),
    }),
    parameters: t.field({
      type: ParametersType,
      nullable: true,
      description: 'More settings.',
      resolve: ({ object }) => object.spec.parameters,
    }),
    ingresses: t.field({
      type: connectionOf(Ingress),
      description: 'The Ingresses that name it.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) =>
        paginate(scope, view.by(ingressesByClass, object.metadata.name), args),
    }),
  }),
});
