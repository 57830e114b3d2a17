import type { ClusterView } from '../../machinery/cluster-view.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { IngressClass } from './types.ts';

/**
 * The controllers whose classes are served: each answers under one address of its own. A class of any other controller
 * is kept, and its Ingresses stay without an address, as where nobody installed that controller.
 */
export const SERVED_CONTROLLERS: readonly string[] = [
  'k8s.io/ingress-nginx',
  'nginx.org/ingress-controller',
  'traefik.io/ingress-controller',
  'haproxy.org/ingress-controller/haproxy',
  'haproxy-ingress.github.io/controller',
  'ingress-controllers.konghq.com/kong',
  'projectcontour.io/ingress-controller',
  'cilium.io/ingress-controller',
  'istio.io/ingress-controller',
];

export function isServed({ spec }: IngressClass): boolean {
  return SERVED_CONTROLLERS.includes(spec.controller ?? '');
}

const DEFAULT_CLASS_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

export function isDefaultIngressClass({ metadata }: IngressClass): boolean {
  return metadata.annotations?.[DEFAULT_CLASS_ANNOTATION] === 'true';
}

/**
 * The class that an Ingress without one gets: of several defaults the newest, and of those the first by name. Source:
 * plugin/pkg/admission/network/defaultingressclass/admission.go (getDefaultClass).
 */
export function defaultIngressClass(view: ClusterView): IngressClass | undefined {
  return view
    .list(IngressClass)
    .filter(isDefaultIngressClass)
    .sort((left, right) => {
      const age = fromTimestamp(right.metadata.creationTimestamp) - fromTimestamp(left.metadata.creationTimestamp);
      return age || (left.metadata.name < right.metadata.name ? -1 : 1);
    })[0];
}
