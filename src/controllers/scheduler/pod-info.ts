import { hostPortsOf, type HostPort } from '../../kinds/pod/host-ports.ts';
import { podRequests, type PodRequests } from '../../kinds/pod/requests.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import { parseTerms, parseWeightedTerms, type AffinityTerm, type WeightedAffinityTerm } from './affinity-terms.ts';

/**
 * A pod with what the scheduler derives from it. Source: pkg/scheduler/framework/types.go (PodInfo).
 * `pod` may be replaced by a newer version that differs in nothing the scheduler looks at.
 */
export class PodInfo {
  pod: Pod;
  readonly uid: string;
  readonly priority: number;
  readonly resources: PodRequests;
  readonly hostPorts: readonly HostPort[];
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedAffinityTerm[];
  readonly preferredAntiAffinity: readonly WeightedAffinityTerm[];

  constructor(pod: Pod) {
    this.pod = pod;
    this.uid = pod.metadata.uid;
    this.priority = pod.spec.priority ?? 0;
    this.resources = podRequests(pod);
    this.hostPorts = hostPortsOf(pod);
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
    this.requiredAffinity = parseTerms(pod, podAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
    this.requiredAntiAffinity = parseTerms(pod, podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
    this.preferredAffinity = parseWeightedTerms(pod, podAffinity?.preferredDuringSchedulingIgnoredDuringExecution);
    this.preferredAntiAffinity = parseWeightedTerms(
      pod,
      podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
    );
  }

  get namespace(): string {
    return this.pod.metadata.namespace ?? '';
  }

  /** Whether it has pod affinity or anti-affinity of any sort. */
  get hasAffinity(): boolean {
    const { podAffinity, podAntiAffinity } = this.pod.spec.affinity ?? {};
    return podAffinity !== undefined || podAntiAffinity !== undefined;
  }
}
