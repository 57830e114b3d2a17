import type { ReplicaOwner, ReplicaSpec, ReplicaStatus } from '../../controllers/replicas/types.ts';
import { defineKind } from '../../machinery/kind.ts';
import { indexBySelector, indexOrphans } from '../../machinery/selector-index.ts';
import { fromLabelSelector, type LabelSelector, type Selector } from '../../machinery/selector.ts';

export interface ReplicaSetSpec extends ReplicaSpec {
  selector: LabelSelector;
}

export type ReplicaSetStatus = ReplicaStatus;

export interface ReplicaSet extends ReplicaOwner {
  spec: ReplicaSetSpec;
}

export const ReplicaSet = defineKind<ReplicaSet>({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  namespaced: true,
});

export function replicaSetSelector(replicaSet: ReplicaSet): Selector {
  return fromLabelSelector(replicaSet.spec.selector);
}

/** ReplicaSets by what they select, to find those that might adopt a pod. */
export const replicaSetsBySelector = indexBySelector('replica sets by selector', ReplicaSet, replicaSetSelector);

/** ReplicaSets that no Deployment owns, for adoption. */
export const orphanReplicaSets = indexOrphans('replica sets without controller', ReplicaSet);
