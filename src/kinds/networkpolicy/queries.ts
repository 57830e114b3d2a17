import type { ClusterView } from '../../machinery/cluster-view.ts';
import { selectorsMatching } from '../../machinery/selector-index.ts';
import type { Pod } from '../pod/types.ts';
import { NetworkPolicy, policiesBySelector, selectorOf, type PolicyType } from './types.ts';

/** How many policies of one pod the API shows; all of them count. */
export const SHOWN_POLICIES_LIMIT = 100;

/** The policies whose selector matches a pod, by name; none for a pod on its node's network (see isolation.ts). */
export function policiesOf(view: ClusterView, pod: Pod): NetworkPolicy[] {
  if (pod.spec.hostNetwork || view.count(NetworkPolicy, pod.metadata.namespace) === 0) return [];
  const policies = selectorsMatching(view, policiesBySelector, selectorOf, pod);
  return policies.sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
}

/** Whether a policy isolates the pods that it selects in one direction: for ingress, unless it says otherwise. */
export function isolates({ spec }: NetworkPolicy, type: PolicyType): boolean {
  if (spec.policyTypes?.length) return spec.policyTypes.includes(type);
  return type === 'Ingress' || (spec.egress?.length ?? 0) > 0;
}
