import type { ITopologySpreadConstraint } from 'kubernetes-models/v1/TopologySpreadConstraint';
import { HOSTNAME_LABEL, ZONE_LABEL, type Node } from '../../kinds/node/types.ts';
import type { Pod } from '../../kinds/pod/types.ts';
import { ReplicaSet, replicaSetSelector } from '../../kinds/replicaset/types.ts';
import { selectorOf, Service, servicesBySelector } from '../../kinds/service/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { kindKey } from '../../machinery/kind.ts';
import { controllerRef, type KubeObject, type StringMap } from '../../machinery/object.ts';
import { selectorsMatching } from '../../machinery/selector-index.ts';
import { fromLabelSelector, fromSet, matches, type LabelSelector, type Selector } from '../../machinery/selector.ts';
import { withLabelKeys } from './affinity-terms.ts';
import type { NodeInfo } from './node-info.ts';
import { matchesRequiredNodeAffinity } from '../../kinds/node/selection.ts';
import type { PodInfo } from './pod-info.ts';
import { isTolerated } from './plugins/taint-toleration.ts';

/**
 * A topology spread constraint with its defaults filled in.
 * Source: pkg/scheduler/framework/plugins/podtopologyspread/common.go.
 */
export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly minDomains: number;
  /** Nodes that the pod's node affinity leaves out do not count. */
  readonly honorsAffinity: boolean;
  /** Nodes whose taints the pod does not tolerate do not count. */
  readonly honorsTaints: boolean;
}

const NO_CONSTRAINTS: readonly SpreadConstraint[] = [];

/** How pods that belong to a Service or a workload are spread when they say nothing about it. */
const SYSTEM_DEFAULTS = [
  { topologyKey: HOSTNAME_LABEL, maxSkew: 3 },
  { topologyKey: ZONE_LABEL, maxSkew: 5 },
];

/** The pod's constraints that must hold. The system's defaults have none of these. */
export function hardConstraints({ pod }: PodInfo): readonly SpreadConstraint[] {
  return ownConstraints(pod, 'DoNotSchedule');
}

export interface SoftConstraints {
  readonly constraints: readonly SpreadConstraint[];
  /** Nodes that lack one of the topologies get no score; not so with the system's defaults. */
  readonly requiresAllTopologies: boolean;
}

/** The constraints that nodes are scored by: the pod's own, or the system's defaults. */
export function softConstraints({ pod }: PodInfo, view: ClusterView): SoftConstraints {
  if (pod.spec.topologySpreadConstraints?.length) {
    return { constraints: ownConstraints(pod, 'ScheduleAnyway'), requiresAllTopologies: true };
  }
  return { constraints: defaultConstraints(pod, view), requiresAllTopologies: false };
}

function ownConstraints(pod: Pod, action: string): readonly SpreadConstraint[] {
  const { topologySpreadConstraints } = pod.spec;
  if (!topologySpreadConstraints?.length) return NO_CONSTRAINTS;
  return topologySpreadConstraints
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map((constraint) => withDefaults(constraint, pod.metadata.labels));
}

function withDefaults(constraint: ITopologySpreadConstraint, labels: StringMap | undefined): SpreadConstraint {
  const { maxSkew, topologyKey, labelSelector, matchLabelKeys, minDomains } = constraint;
  const { nodeAffinityPolicy, nodeTaintsPolicy } = constraint;
  return {
    maxSkew,
    topologyKey,
    selector: withLabelKeys(fromLabelSelector(labelSelector), labels, matchLabelKeys),
    minDomains: minDomains ?? 1,
    honorsAffinity: (nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorsTaints: (nodeTaintsPolicy ?? 'Ignore') === 'Honor',
  };
}

function defaultConstraints(pod: Pod, view: ClusterView): readonly SpreadConstraint[] {
  if (!pod.metadata.ownerReferences?.length && view.count(Service, pod.metadata.namespace) === 0) return NO_CONSTRAINTS;
  const selector = defaultSelector(pod, view);
  if (selector.requirements.length === 0) return NO_CONSTRAINTS;
  return SYSTEM_DEFAULTS.map(({ topologyKey, maxSkew }) => ({
    maxSkew,
    topologyKey,
    selector,
    minDomains: 1,
    honorsAffinity: true,
    honorsTaints: false,
  }));
}

/**
 * helper.DefaultSelector: what the Services that select the pod and the workload that owns it select, together. No
 * requirements when there are none.
 */
export function defaultSelector(pod: Pod, view: ClusterView): Selector {
  const labels: StringMap = {};
  for (const { spec } of selectorsMatching(view, servicesBySelector, selectorOf, pod)) {
    Object.assign(labels, spec.selector);
  }
  const owner = controllerRef(pod);
  const requirements = fromSet(labels).requirements;
  if (!owner) return { requirements };
  const namespace = pod.metadata.namespace;
  switch (kindKey(owner.apiVersion, owner.kind)) {
    case 'ReplicaSet': {
      const replicaSet = view.get(ReplicaSet, namespace, owner.name);
      if (!replicaSet) break;
      return { requirements: [...requirements, ...replicaSetSelector(replicaSet).requirements] };
    }
    case 'StatefulSet': {
      const spec = specOf(view, owner.uid);
      return { requirements: [...requirements, ...fromLabelSelector(spec?.selector).requirements] };
    }
    case 'ReplicationController': {
      const spec = specOf(view, owner.uid);
      return fromSet({ ...labels, ...(spec?.selector as StringMap | undefined) });
    }
    default:
  }
  return { requirements };
}

/** The spec of an owner whose kind has a selector of one sort or another. */
function specOf(view: ClusterView, uid: string): { selector?: LabelSelector } | undefined {
  return (view.byUid(uid) as (KubeObject & { spec?: { selector?: LabelSelector } }) | undefined)?.spec;
}

/** Whether a node has every topology that the constraints name. */
export function hasAllTopologies(node: Node, constraints: readonly SpreadConstraint[]): boolean {
  return constraints.every(({ topologyKey }) => node.metadata.labels?.[topologyKey] !== undefined);
}

/** Whether the pods on a node count for a constraint (matchNodeInclusionPolicies). */
export function isIncluded(constraint: SpreadConstraint, pod: PodInfo, node: Node): boolean {
  if (constraint.honorsAffinity && !matchesRequiredNodeAffinity(pod.pod, node)) return false;
  return !constraint.honorsTaints || isTolerated(pod, node);
}

/** How many pods of a namespace on a node a selector matches. One that is being deleted does not count. */
export function countMatching(node: NodeInfo, selector: Selector, namespace: string): number {
  if (selector.matchesNothing || selector.requirements.length === 0) return 0;
  let count = 0;
  for (const { pod } of node.pods.values()) if (isCounted(pod, selector, namespace)) count++;
  return count;
}

/** Whether one pod counts for a constraint with this selector. */
export function isCounted(pod: Pod, selector: Selector, namespace: string): boolean {
  const { metadata } = pod;
  if (selector.requirements.length === 0) return false;
  if (metadata.deletionTimestamp !== undefined || metadata.namespace !== namespace) return false;
  return matches(selector, metadata.labels);
}
