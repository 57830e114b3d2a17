import { deepEqual } from '../../machinery/equality.ts';
import type { Service, ServicePort } from './types.ts';

/** What a load balancer was set up for: a change of it sets it up anew. */
export interface Balanced {
  sourceRanges: readonly string[];
  ports: readonly ServicePort[];
  affinity: unknown;
  ip: string;
  externalIps: readonly string[];
  annotations: Readonly<Record<string, string>>;
  policy: string;
  healthCheckPort: number;
}

export function balancedOf({ metadata, spec }: Service): Balanced {
  return {
    sourceRanges: spec.loadBalancerSourceRanges ?? [],
    ports: (spec.ports ?? []).map(({ name, protocol, port, nodePort, targetPort }) => ({
      ...(name ? { name } : {}),
      protocol,
      port,
      targetPort,
      ...(nodePort ? { nodePort } : {}),
    })),
    affinity: [spec.sessionAffinity, spec.sessionAffinityConfig ?? null],
    ip: spec.loadBalancerIP ?? '',
    externalIps: spec.externalIPs ?? [],
    annotations: metadata.annotations ?? {},
    policy: spec.externalTrafficPolicy ?? '',
    healthCheckPort: spec.healthCheckNodePort ?? 0,
  };
}

/** A change that sets a load balancer up anew; some are told of by an event of their own. */
export interface BalancedChange {
  event?: { reason: string; message: string };
}

/**
 * The first difference that matters, in the order in which upstream looks; undefined when there is none. Source:
 * cloud-provider/controllers/service/controller.go (needsUpdate).
 */
export function changeOf(old: Balanced, next: Balanced): BalancedChange | undefined {
  const tell = (reason: string, message: string): BalancedChange => ({ event: { reason, message } });
  if (!deepEqual(old.sourceRanges, next.sourceRanges)) {
    return tell('LoadBalancerSourceRanges', `[${old.sourceRanges.join(' ')}] -> [${next.sourceRanges.join(' ')}]`);
  }
  if (!deepEqual(old.ports, next.ports) || !deepEqual(old.affinity, next.affinity)) return {};
  if (old.ip !== next.ip) return tell('LoadbalancerIP', `${old.ip} -> ${next.ip}`);
  if (old.externalIps.length !== next.externalIps.length) {
    return tell('ExternalIP', `Count: ${old.externalIps.length} -> ${next.externalIps.length}`);
  }
  const added = next.externalIps.find((ip, index) => ip !== old.externalIps[index]);
  if (added !== undefined) return tell('ExternalIP', `Added: ${added}`);
  if (!deepEqual(old.annotations, next.annotations)) return {};
  if (old.policy !== next.policy) return tell('ExternalTrafficPolicy', `${old.policy} -> ${next.policy}`);
  if (old.healthCheckPort !== next.healthCheckPort) {
    return tell('HealthCheckNodePort', `${old.healthCheckPort} -> ${next.healthCheckPort}`);
  }
  return undefined;
}
