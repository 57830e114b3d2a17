import type { ClusterView } from '../../machinery/cluster-view.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import type { StatefulSet } from './types.ts';

/** The claims of the places that a set has now, in the order of their ordinals. */
export function volumeClaimsOf(view: ClusterView, set: StatefulSet): PersistentVolumeClaim[] {
  const { metadata, spec } = set;
  const start = spec.ordinals?.start ?? 0;
  const claims: PersistentVolumeClaim[] = [];
  for (let ordinal = start; ordinal < start + (spec.replicas ?? 1); ordinal++) {
    for (const template of spec.volumeClaimTemplates ?? []) {
      const name = `${template.metadata.name}-${metadata.name}-${ordinal}`;
      const claim = view.get(PersistentVolumeClaim, metadata.namespace, name);
      if (claim) claims.push(claim);
    }
  }
  return claims;
}
