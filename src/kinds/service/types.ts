import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject, StringMap } from '../../machinery/object.ts';
import type { IpFamily } from '../../machinery/ip-address.ts';
import type { Balanced } from './balanced.ts';
import { indexBySelector } from '../../machinery/selector-index.ts';
import { NOTHING, type Requirement, type Selector } from '../../machinery/selector.ts';

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
export type IpFamilyPolicy = 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';

export interface ServicePort {
  name?: string;
  protocol: string;
  appProtocol?: string;
  port: number;
  targetPort: number | string;
  nodePort?: number;
}

export interface ServiceSpec {
  type: ServiceType;
  ports?: ServicePort[];
  selector?: StringMap;
  clusterIP?: string;
  clusterIPs?: string[];
  ipFamilies?: IpFamily[];
  ipFamilyPolicy?: IpFamilyPolicy;
  externalIPs?: string[];
  externalName?: string;
  externalTrafficPolicy?: string;
  internalTrafficPolicy?: string;
  healthCheckNodePort?: number;
  loadBalancerIP?: string;
  loadBalancerClass?: string;
  loadBalancerSourceRanges?: string[];
  allocateLoadBalancerNodePorts?: boolean;
  publishNotReadyAddresses?: boolean;
  sessionAffinity: 'None' | 'ClientIP';
  sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } };
  trafficDistribution?: string;
}

export interface LoadBalancerIngress {
  ip?: string;
  ipMode?: 'VIP' | 'Proxy';
  hostname?: string;
}

export interface Service extends KubeObject {
  spec: ServiceSpec;
  status: { loadBalancer: { ingress?: LoadBalancerIngress[] } };
  runtime?: {
    /** When the load balancer's address was asked for, in milliseconds: the address comes some time later. */
    loadBalancerAskedAt?: number;
    /** What its load balancer was set up for. */
    balanced?: Balanced;
    /** By address type: why its endpoints have no hints by zone; '' where they have. */
    hints?: Readonly<Record<string, string>>;
  };
}

export const Service = defineKind<Service>({
  apiVersion: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  namespaced: true,
});

/** The value of clusterIP that makes a Service headless. */
export const HEADLESS = 'None';

/** Services by each of their cluster IPs. */
export const servicesByClusterIp: Index<Service> = {
  name: 'services by cluster IP',
  kind: Service,
  keys: ({ spec }) => (spec.clusterIPs?.[0] === HEADLESS ? undefined : spec.clusterIPs),
};

/** Services by each port they hold on every node, the port of health checks included. */
export const servicesByNodePort: Index<Service> = {
  name: 'services by node port',
  kind: Service,
  keys: ({ spec }) => {
    const ports = nodePortsOf(spec);
    return ports.length > 0 ? [...new Set(ports)].map(String) : undefined;
  },
};

/** Every node port of a Service, in the order of its ports; the health check's port last. */
export function nodePortsOf(spec: ServiceSpec): number[] {
  const ports: number[] = [];
  for (const { nodePort } of spec.ports ?? []) if (nodePort) ports.push(nodePort);
  if (spec.healthCheckNodePort) ports.push(spec.healthCheckNodePort);
  return ports;
}

/** Services by the address their load balancer gave them. */
export const servicesByLoadBalancerIp: Index<Service> = {
  name: 'services by load balancer address',
  kind: Service,
  keys: ({ status }) => status?.loadBalancer.ingress?.flatMap(({ ip }) => ip ?? []),
};

/** Keys that usually tell one application from another: the best one to find a Service by. */
const IDENTIFYING_KEYS = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name'];

const selectors = new WeakMap<object, Selector>();

/**
 * What a Service selects; one without selector, or of type ExternalName, selects nothing. The pair that tells most comes
 * first, so that the index by selector finds few candidates.
 */
export function selectorOf({ spec }: Service): Selector {
  if (!spec.selector || spec.type === 'ExternalName' || Object.keys(spec.selector).length === 0) return NOTHING;
  const known = selectors.get(spec.selector);
  if (known) return known;
  const requirements: Requirement[] = Object.keys(spec.selector)
    .sort((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1))
    .map((key) => ({ key, operator: 'In', values: [spec.selector?.[key] ?? ''] }));
  const selector = { requirements };
  selectors.set(spec.selector, selector);
  return selector;
}

function rank(key: string): number {
  const place = IDENTIFYING_KEYS.indexOf(key);
  return place < 0 ? IDENTIFYING_KEYS.length : place;
}

const byAnchor = indexBySelector('services by selector', Service, selectorOf);

/** Services that select anything, by one pair of their selector, for `selectorsMatching`. */
export const servicesBySelector: Index<Service> = {
  ...byAnchor,
  keys: (service) => (selectorOf(service).matchesNothing ? undefined : byAnchor.keys(service)),
};

const HINTS_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
const MODE_ANNOTATION = 'service.kubernetes.io/topology-mode';

/** hintsEnabled: the Service's endpoints are to have hints by zone. */
export function isTopologyAuto({ metadata: { annotations } }: Service): boolean {
  const mode = annotations?.[HINTS_ANNOTATION] ?? annotations?.[MODE_ANNOTATION];
  return mode === 'Auto' || mode === 'auto';
}

export const TOPOLOGY_AUTO = 'Auto';

/** Services whose endpoints are to have hints by zone, all under `TOPOLOGY_AUTO`. */
export const servicesByTopologyMode: Index<Service> = {
  name: 'services by topology mode',
  kind: Service,
  keys: (service) => (isTopologyAuto(service) ? TOPOLOGY_AUTO : undefined),
};
