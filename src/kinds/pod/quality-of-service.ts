import { parseQuantity } from '../../machinery/quantity.ts';
import type { PodSpec, PodStatus } from './types.ts';

const COMPUTE_RESOURCES = ['cpu', 'memory'] as const;

/**
 * The quality of service class of a pod: Guaranteed when every container has limits for cpu and memory and requests equal
 * to them, BestEffort when none has either, else Burstable. Resources of the pod as a whole count instead of those of its
 * containers. Source: pkg/apis/core/helper/qos/qos.go (ComputePodQOS).
 */
export function qualityOfService(spec: PodSpec): NonNullable<PodStatus['qosClass']> {
  const ofPod = spec.resources && (spec.resources.limits ?? spec.resources.requests) ? [spec.resources] : undefined;
  const all = ofPod ?? [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources);
  const requests = new Map<string, number>();
  const limits = new Map<string, number>();
  let guaranteed = true;
  for (const resources of all) {
    for (const name of COMPUTE_RESOURCES) {
      const request = parseQuantity(resources?.requests?.[name]) ?? 0;
      const limit = parseQuantity(resources?.limits?.[name]) ?? 0;
      if (request > 0) requests.set(name, (requests.get(name) ?? 0) + request);
      if (limit > 0) limits.set(name, (limits.get(name) ?? 0) + limit);
      else guaranteed = false;
    }
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const equal = requests.size === limits.size && [...requests].every(([name, amount]) => limits.get(name) === amount);
  return guaranteed && equal ? 'Guaranteed' : 'Burstable';
}
