import type { ClusterView } from '../../machinery/cluster-view.ts';
import { isBeingDeleted, keyOf } from '../../machinery/object.ts';
import type { Pod } from '../pod/types.ts';
import type { Service } from '../service/types.ts';
import { slicesByService, slicesByTarget, type Endpoint, type EndpointSlice } from './types.ts';

/** Questions about endpoints, answered from the stored slices. */

/** The slices of a Service, oldest first. */
export function slicesOfService(view: ClusterView, service: Service): readonly EndpointSlice[] {
  return view.by(slicesByService, keyOf(service));
}

/** The slices that list a pod, oldest first. */
export function slicesOfPod(view: ClusterView, pod: Pod): readonly EndpointSlice[] {
  const { uid } = pod.metadata;
  return view
    .by(slicesByTarget, keyOf(pod))
    .filter(({ endpoints }) => endpoints.some(({ targetRef }) => targetRef?.uid === uid));
}

/** An endpoint and the slice that lists it. */
export interface ListedEndpoint {
  endpoint: Endpoint;
  slice: EndpointSlice;
}

/**
 * The endpoints of a Service over all its slices, each address once (a pod whose named ports differ stands in several
 * slices); with `ready` only those that are, or are not.
 */
export function endpointsOf(view: ClusterView, service: Service, ready?: boolean): ListedEndpoint[] {
  const listed: ListedEndpoint[] = [];
  const seen = new Set<string>();
  for (const slice of slicesOfService(view, service)) {
    if (isBeingDeleted(slice)) continue;
    for (const endpoint of slice.endpoints) {
      if (ready !== undefined && isEndpointReady(endpoint) !== ready) continue;
      const key = `${slice.addressType} ${endpoint.addresses.join(',')} ${endpoint.targetRef?.uid ?? ''}`;
      if (seen.has(key)) continue;
      seen.add(key);
      listed.push({ endpoint, slice });
    }
  }
  return listed;
}

/** A condition that nobody set counts as ready (discovery/v1 EndpointConditions). */
export function isEndpointReady({ conditions }: Endpoint): boolean {
  return conditions?.ready ?? true;
}
