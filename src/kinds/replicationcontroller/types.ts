import type { ReplicaOwner, ReplicaSpec, ReplicaStatus } from '../../controllers/replicas/types.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { StringMap } from '../../machinery/object.ts';
import { indexBySelector } from '../../machinery/selector-index.ts';
import { fromSet, type Selector } from '../../machinery/selector.ts';

export interface ReplicationControllerSpec extends ReplicaSpec {
  selector?: StringMap;
}

export interface ReplicationController extends ReplicaOwner {
  spec: ReplicationControllerSpec;
  status: ReplicaStatus;
}

export const ReplicationController = defineKind<ReplicationController>({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  namespaced: true,
});

const NO_LABELS: StringMap = {};
const selectors = new WeakMap<StringMap, Selector>();

export function replicationControllerSelector({ spec }: ReplicationController): Selector {
  const labels = spec.selector ?? NO_LABELS;
  let selector = selectors.get(labels);
  if (!selector) {
    selector = fromSet(labels);
    selectors.set(labels, selector);
  }
  return selector;
}

/** ReplicationControllers by what they select, to find those that might adopt a pod. */
export const replicationControllersBySelector = indexBySelector(
  'replication controllers by selector',
  ReplicationController,
  replicationControllerSelector,
);
