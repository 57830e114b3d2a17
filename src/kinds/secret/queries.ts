import type { ClusterView } from '../../machinery/cluster-view.ts';
import { podsByReference, referenceKey, type Pod } from '../pod/types.ts';
import type { Secret } from './types.ts';

/** The pods that name a Secret, oldest first. */
export function secretUsers(view: ClusterView, { metadata }: Secret): readonly Pod[] {
  return view.by(podsByReference, referenceKey('Secret', metadata.namespace, metadata.name));
}

/** The names of its values, which never leave the server themselves. */
export function secretKeys({ data }: Secret): string[] {
  return Object.keys(data ?? {}).sort();
}
