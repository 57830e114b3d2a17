import type { ClusterView } from '../../machinery/cluster-view.ts';
import { podsByReference, referenceKey, type Pod } from '../pod/types.ts';
import type { ConfigMap } from './types.ts';

/** The pods that name a ConfigMap, oldest first. */
export function configMapUsers(view: ClusterView, { metadata }: ConfigMap): readonly Pod[] {
  return view.by(podsByReference, referenceKey('ConfigMap', metadata.namespace, metadata.name));
}
