import { pageArgs, paginate } from '../../api/connections.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { connectionOf } from '../../api/refs.ts';
import { Gateway, gatewaysByClass } from '../gateway/types.ts';
import { isServedGatewayClass } from './queries.ts';
import { GatewayClass } from './types.ts';

defineKubeType(GatewayClass, {
  description: 'Which controller serves the Gateways that name the class.',
  fields: (t) => ({
    controllerName: t.string({
      description: '"gateway.envoyproxy.io/gatewayclass-controller"',
      resolve: ({ object }) => object.spec.controllerName,
    }),
    served: t.boolean({
      description: 'Its controller is one that is simulated.',
      resolve: ({ object }) => isServedGatewayClass(object),
    }),
    gateways: t.field({
      type: connectionOf(Gateway),
      description: 'The Gateways that name it.',
      args: pageArgs(),
      resolve: ({ scope, view, object }, args) => paginate(scope, view.by(gatewaysByClass, object.metadata.name), args),
    }),
  }),
});
