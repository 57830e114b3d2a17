import { deepEqual } from '../../machinery/equality.ts';
import { endpointKey } from './desired.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from './types.ts';

/** kube-controller-manager --max-endpoints-per-slice */
export const MAX_ENDPOINTS_PER_SLICE = 100;

/** What a group of slices should become: contents of new ones, changed ones, and those that go. */
export interface SlicePlan {
  create: { ports: EndpointPort[]; endpoints: Endpoint[] }[];
  update: { slice: EndpointSlice; endpoints: Endpoint[] }[];
  remove: EndpointSlice[];
}

/**
 * Fits the wanted endpoints of one set of ports into its slices with the fewest writes: what is listed stays where it
 * is; what is new goes first into slices that change anyway, then into the one slice that it fills best, then into new
 * ones. `wanted` is by `endpointKey` and in order; `isStale` tells slices that must be written for another reason.
 * Source: staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping).
 */
export function planSlices(
  existing: readonly EndpointSlice[],
  wanted: ReadonlyMap<string, Endpoint>,
  ports: EndpointPort[],
  isStale: (slice: EndpointSlice) => boolean,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const left = new Map(wanted);
  const unchanged: EndpointSlice[] = [];
  for (const slice of existing) {
    const kept = takeListed(slice, left);
    if (!kept.changed && !isStale(slice)) unchanged.push(slice);
    else if (kept.changed && kept.endpoints.length === 0) plan.remove.push(slice);
    else plan.update.push({ slice, endpoints: kept.endpoints });
  }
  const rest = [...left.values()];
  const fullestFirst = [...plan.update].sort((one, other) => other.endpoints.length - one.endpoints.length);
  for (const { endpoints } of fullestFirst) fill(endpoints, rest);
  while (rest.length > 0) {
    const target = rest.length < MAX_ENDPOINTS_PER_SLICE ? bestFit(unchanged, rest.length) : undefined;
    const endpoints = target ? [...target.endpoints] : [];
    fill(endpoints, rest);
    if (target) plan.update.push({ slice: target, endpoints });
    else plan.create.push({ ports, endpoints });
  }
  return plan;
}

/** The slice's endpoints as they are wanted now, in their places; those it lists are taken out of `left`. */
function takeListed(slice: EndpointSlice, left: Map<string, Endpoint>): { endpoints: Endpoint[]; changed: boolean } {
  const endpoints: Endpoint[] = [];
  let changed = false;
  for (const endpoint of slice.endpoints) {
    const key = endpointKey(endpoint);
    const wanted = left.get(key);
    if (!wanted) {
      changed = true;
      continue;
    }
    left.delete(key);
    if (deepEqual(endpoint, wanted)) endpoints.push(endpoint);
    else {
      endpoints.push(wanted);
      changed = true;
    }
  }
  return { endpoints, changed };
}

function fill(endpoints: Endpoint[], rest: Endpoint[]): void {
  endpoints.push(...rest.splice(0, MAX_ENDPOINTS_PER_SLICE - endpoints.length));
}

/** getSliceToFill: the slice that is closest to full once `count` endpoints are added; undefined when none has room. */
export function bestFit(slices: readonly EndpointSlice[], count: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  let least = MAX_ENDPOINTS_PER_SLICE;
  for (const slice of slices) {
    const room = MAX_ENDPOINTS_PER_SLICE - slice.endpoints.length - count;
    if (room < 0 || room >= least) continue;
    least = room;
    best = slice;
  }
  return best;
}
