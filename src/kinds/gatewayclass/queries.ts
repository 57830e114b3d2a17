import type { GatewayClass } from './types.ts';

/**
 * The controllers whose classes are simulated: their Gateways get an address and their routes are judged. Objects of any
 * other class keep waiting, as where nobody installed that controller.
 */
export const SERVED_GATEWAY_CONTROLLERS: readonly string[] = [
  'gateway.envoyproxy.io/gatewayclass-controller',
  'gateway.nginx.org/nginx-gateway-controller',
  'istio.io/gateway-controller',
  'io.cilium/gateway-controller',
  'traefik.io/gateway-controller',
  'konghq.com/gateway-operator',
  'konghq.com/kic-gateway-controller',
  'projectcontour.io/gateway-controller',
  'kgateway.dev/kgateway',
];

export function isServedGatewayClass({ spec }: GatewayClass): boolean {
  return SERVED_GATEWAY_CONTROLLERS.includes(spec.controllerName);
}
