import { Deployment, deploymentSelector } from '../deployment/types.ts';
import { ReplicaSet, replicaSetSelector } from '../replicaset/types.ts';
import { ReplicationController, replicationControllerSelector } from '../replicationcontroller/types.ts';
import { StatefulSet } from '../statefulset/types.ts';
import { fail, notFound, ok, type Result } from '../../machinery/api-error.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { Kind } from '../../machinery/kind.ts';
import { groupOf, objectKey, type KubeObject } from '../../machinery/object.ts';
import { fromLabelSelector, type LabelSelector, type Selector } from '../../machinery/selector.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import type { HorizontalPodAutoscaler } from './types.ts';

/** The scale subresource of what an autoscaler scales. */

interface Scalable extends KubeObject {
  spec: { replicas?: number };
}

export interface ScaleTarget {
  object: Scalable;
  replicas: number;
  selector: Selector;
  /** As `status.selector` of a Scale has it. */
  selectorText: string;
}

interface ScalableKind {
  kind: Kind<any>;
  selectorOf: (object: any) => Selector;
  /** What its scale subresource calls itself where the object is not there. */
  scale: { resource: string; group: string };
}

const SCALABLE: readonly ScalableKind[] = [
  { kind: Deployment, selectorOf: deploymentSelector, scale: { resource: 'deployments/scale', group: 'apps' } },
  { kind: ReplicaSet, selectorOf: replicaSetSelector, scale: { resource: 'replicasets/scale', group: 'apps' } },
  {
    kind: StatefulSet,
    selectorOf: (object: StatefulSet) => fromLabelSelector(object.spec.selector),
    scale: { resource: 'statefulsets', group: 'apps' },
  },
  {
    kind: ReplicationController,
    selectorOf: replicationControllerSelector,
    scale: { resource: 'replicationcontrollers/scale', group: 'autoscaling' },
  },
];

/** The target as it stands, or why it cannot be scaled, in the API server's words. */
export function scaleTargetOf(view: ClusterView, autoscaler: HorizontalPodAutoscaler): Result<ScaleTarget> {
  const { kind, name, apiVersion = '' } = autoscaler.spec.scaleTargetRef;
  const group = groupOf(apiVersion);
  const scalable = SCALABLE.find(({ kind: each }) => each.kind === kind && groupOf(each.apiVersion) === group);
  if (!scalable) return fail('NotFound', `no matches for kind "${kind}" in group "${group}"`);
  const key = objectKey(autoscaler.metadata.namespace, name);
  const object = view.getByKey<Scalable>(scalable.kind as Kind<Scalable>, key);
  if (!object) return { ok: false, error: notFound(scalable.scale.resource, scalable.scale.group, name) };
  const { selector } = object.spec as { selector?: LabelSelector | Record<string, string> };
  const asSelector = scalable.kind.kind === ReplicationController.kind ? { matchLabels: selector } : selector;
  return ok({
    object,
    replicas: object.spec.replicas ?? 1,
    selector: scalable.selectorOf(object),
    selectorText: formatLabelSelector(asSelector as LabelSelector),
  });
}
