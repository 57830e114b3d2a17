import type { Service } from './types.ts';

/** v1.DefaultClientIPServiceAffinitySeconds: three hours. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** SetDefaults_Service (pkg/apis/core/v1/defaults.go), in place. */
export function applyServiceDefaults({ spec }: Service): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: DEFAULT_AFFINITY_SECONDS } };
  }
  spec.type ||= 'ClusterIP';
  if (spec.ports) {
    spec.ports = spec.ports.map((port) => ({
      ...port,
      protocol: port.protocol || 'TCP',
      targetPort: port.targetPort || port.port,
    }));
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.internalTrafficPolicy === undefined && spec.type !== 'ExternalName') spec.internalTrafficPolicy = 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/** apiservice.ExternallyAccessible */
export function isExternallyAccessible(spec: Service['spec']): boolean {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') return true;
  return spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0;
}

/** apiservice.NeedsHealthCheck: whether nodes answer a load balancer's question for local endpoints. */
export function needsHealthCheck(spec: Service['spec']): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}
