import type { ClusterView } from '../../machinery/cluster-view.ts';
import { Claim, type OwnedClaim, type StatefulSet } from './types.ts';

/** The claims of the places that a set has now, in the order of their ordinals. */
export function volumeClaimsOf(view: ClusterView, set: StatefulSet): OwnedClaim[] {
  const { metadata, spec } = set;
  const start = spec.ordinals?.start ?? 0;
  const claims: OwnedClaim[] = [];
  for (let ordinal = start; ordinal < start + (spec.replicas ?? 1); ordinal++) {
    for (const template of spec.volumeClaimTemplates ?? []) {
      const name = `${template.metadata.name}-${metadata.name}-${ordinal}`;
      const claim = view.get(Claim, metadata.namespace, name);
      if (claim) claims.push(claim);
    }
  }
  return claims;
}
