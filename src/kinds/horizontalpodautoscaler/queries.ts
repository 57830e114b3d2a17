import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { autoscalersByTarget, targetKey, type HorizontalPodAutoscaler } from './types.ts';

/** The autoscalers that scale an object. */
export function autoscalersOf(view: ClusterView, object: KubeObject): readonly HorizontalPodAutoscaler[] {
  return view.by(autoscalersByTarget, targetKey(object.metadata.namespace, object.kind, object.metadata.name));
}
