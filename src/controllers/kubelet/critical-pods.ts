import type { ControllerApi } from '../../machinery/controller.ts';
import type { Node } from '../../kinds/node/types.ts';
import { amountOf } from '../../kinds/pod/amounts.ts';
import { podRequests } from '../../kinds/pod/requests.ts';
import { isCriticalPod } from '../../kinds/pod/queries.ts';
import { Pod } from '../../kinds/pod/types.ts';
import type { Shortage } from './admission-check.ts';
import { KUBELET } from './pod-sync.ts';

/**
 * How a kubelet makes room for a critical pod that was put on its node: it ends other pods, as few and as small as it
 * can, BestEffort before Burstable before Guaranteed. Source: pkg/kubelet/preemption/preemption.go.
 */

const MESSAGE = 'Preempted in order to admit critical pod';
export const PREEMPTING = 'Preempting';

/** An amount that is missing, by the name of its resource. */
type Missing = ReadonlyMap<string, number>;

/** Ends pods so that nothing is short any more; returns the sentence of the failure where that cannot be. */
export function makeRoom(
  api: ControllerApi,
  { pod, node, others }: { pod: Pod; node: Node; others: readonly Pod[] },
  shortages: readonly Shortage[],
): string | undefined {
  const missing = new Map(
    shortages.map(({ resource, requested, used, capacity }) => [resource, requested + used - capacity]),
  );
  const victims = podsToPreempt(
    others.filter((other) => isPreemptable(pod, other)),
    missing,
  );
  if ('error' in victims) return `preemption: error finding a set of pods to preempt: ${victims.error}`;
  for (const victim of victims.pods) {
    api.event(victim, 'Warning', PREEMPTING, MESSAGE, { source: KUBELET, host: node.metadata.name });
    const graceSeconds = victim.spec.terminationGracePeriodSeconds ?? 30;
    const terminate = { reason: PREEMPTING, message: MESSAGE, graceSeconds } as const;
    api.updateStatus<Pod>({ ...victim, runtime: { ...victim.runtime, terminate } });
  }
  return undefined;
}

/** kubetypes.Preemptable */
function isPreemptable(preemptor: Pod, other: Pod): boolean {
  return !isCriticalPod(other) || (preemptor.spec.priority ?? 0) > (other.spec.priority ?? 0);
}

type Victims = { pods: Pod[] } | { error: string };

function podsToPreempt(candidates: readonly Pod[], missing: Missing): Victims {
  const of = (qosClass: string) => candidates.filter((pod) => pod.status.qosClass === qosClass);
  const [bestEffort, burstable, guaranteed] = [of('BestEffort'), of('Burstable'), of('Guaranteed')];
  const unmet = lessBy(missing, candidates);
  if (unmet.size > 0) return { error: `no set of running pods found to reclaim resources: ${describe(unmet)}` };
  const ofGuaranteed = nearest(guaranteed, lessBy(missing, [...bestEffort, ...burstable]));
  const ofBurstable = nearest(burstable, lessBy(missing, [...bestEffort, ...ofGuaranteed]));
  const ofBestEffort = nearest(bestEffort, lessBy(missing, [...ofBurstable, ...ofGuaranteed]));
  return { pods: [...ofBestEffort, ...ofBurstable, ...ofGuaranteed] };
}

/** getPodsToPreemptByDistance: one pod after the other that comes nearest to what is still missing. */
function nearest(candidates: readonly Pod[], missing: Missing): Pod[] {
  const chosen: Pod[] = [];
  const left = [...candidates];
  let rest = missing;
  while (rest.size > 0 && left.length > 0) {
    let best = 0;
    let bestDistance = rest.size + 1;
    for (const [index, pod] of left.entries()) {
      const distance = distanceTo(rest, pod);
      const isBetter = distance < bestDistance || (distance === bestDistance && isSmaller(pod, left[best] as Pod));
      if (isBetter) [best, bestDistance] = [index, distance];
    }
    const pod = left[best] as Pod;
    rest = lessBy(rest, [pod]);
    chosen.push(pod);
    // The last takes the place of the one that is taken out, which decides between equals later on.
    left[best] = left.at(-1) as Pod;
    left.pop();
  }
  return chosen;
}

function requestOf(pod: Pod, resource: string): number {
  return resource === 'pods' ? 1 : amountOf(podRequests(pod).requests, resource);
}

function lessBy(missing: Missing, pods: readonly Pod[]): Missing {
  const rest = new Map<string, number>();
  for (const [resource, amount] of missing) {
    const left = pods.reduce((sum, pod) => sum - requestOf(pod, resource), amount);
    if (left > 0) rest.set(resource, left);
  }
  return rest;
}

function distanceTo(missing: Missing, pod: Pod): number {
  let distance = 0;
  for (const [resource, amount] of missing) {
    const left = amount - requestOf(pod, resource);
    if (left > 0) distance += (left / amount) ** 2;
  }
  return distance;
}

/** smallerResourceRequest: by memory, then by cpu; of equals the later one. */
function isSmaller(left: Pod, right: Pod): boolean {
  for (const resource of ['memory', 'cpu']) {
    const difference = requestOf(left, resource) - requestOf(right, resource);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

function describe(missing: Missing): string {
  return `[${[...missing].map(([resource, amount]) => `(res: ${resource}, q: ${amount}), `).join('')}]`;
}
