import type { ControllerApi } from '../../machinery/controller.ts';
import { isBeingDeleted, newControllerRef } from '../../machinery/object.ts';
import type { Service } from '../service/types.ts';
import { sliceLabels } from './labels.ts';
import type { SlicePlan } from './plan.ts';
import { HEADLESS_LABEL, type AddressType, type Endpoint, type EndpointPort, type EndpointSlice } from './types.ts';

/** Endpoints and labels this controller wrote: seeing them come back is no reason to look again. */
const ownWrites = new WeakSet<object>();

/** Whether a slice is as this controller wrote it. Only saves work: a restart forgets it and looks at everything. */
export function isOwnWrite({ endpoints, metadata }: EndpointSlice): boolean {
  return ownWrites.has(endpoints) && metadata.labels !== undefined && ownWrites.has(metadata.labels);
}

/** Whether a slice belongs to this Service, not to an older one of the same name. */
export function ownedBy({ metadata }: EndpointSlice, service: Service): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ uid, kind, apiVersion }) => uid === service.metadata.uid && kind === 'Service' && apiVersion === 'v1',
  );
}

/** placeholderSliceCompare: an empty slice of the Service with its labels. */
export function placeholderFits(slice: EndpointSlice, service: Service): boolean {
  if (slice.endpoints.length > 0 || (slice.ports ?? []).length > 0 || !ownedBy(slice, service)) return false;
  const own = slice.metadata.labels ?? {};
  const wanted = sliceLabels(service);
  const keys = new Set([...Object.keys(own), ...Object.keys(wanted)]);
  return [...keys].every((key) => (key === HEADLESS_LABEL ? key in own === key in wanted : own[key] === wanted[key]));
}

/**
 * Carries out a plan. A slice that would go is used again for one that would be made. A Service that is being deleted
 * gets no new slices. Source: reconciler.go (finalize).
 */
export function applyPlan(service: Service, addressType: AddressType, plan: SlicePlan, api: ControllerApi): void {
  const create = [...plan.create];
  const remove: EndpointSlice[] = [];
  for (const slice of plan.remove) {
    const replacement = ownedBy(slice, service) ? create.pop() : undefined;
    if (replacement) writeSlice(service, slice, replacement.endpoints, api, replacement.ports);
    else remove.push(slice);
  }
  if (!isBeingDeleted(service)) {
    for (const { ports, endpoints } of create) createSlice(service, addressType, ports, endpoints, api);
  }
  for (const { slice, endpoints } of plan.update) writeSlice(service, slice, endpoints, api);
  for (const slice of remove) api.delete(slice);
}

export function writeSlice(
  service: Service,
  slice: EndpointSlice,
  endpoints: Endpoint[],
  api: ControllerApi,
  ports: EndpointPort[] = slice.ports,
): void {
  const labels = sliceLabels(service);
  ownWrites.add(endpoints);
  ownWrites.add(labels);
  api.update({ ...slice, metadata: { ...slice.metadata, labels }, endpoints, ports });
}

function createSlice(
  service: Service,
  addressType: AddressType,
  ports: EndpointPort[],
  endpoints: Endpoint[],
  api: ControllerApi,
): void {
  const labels = sliceLabels(service);
  ownWrites.add(endpoints);
  ownWrites.add(labels);
  const { namespace, name } = service.metadata;
  api.create<EndpointSlice>({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ownerReferences: [newControllerRef(service)],
    },
    addressType,
    endpoints,
    ports,
  });
}
