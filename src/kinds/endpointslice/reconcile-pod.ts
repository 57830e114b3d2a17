import type { ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { isBeingDeleted, objectKey } from '../../machinery/object.ts';
import { matches } from '../../machinery/selector.ts';
import { Pod } from '../pod/types.ts';
import { selectorOf, type Service } from '../service/types.ts';
import { addressTypesOf, belongsInSlices, endpointKey, endpointOf, endpointPorts, portsKey } from './desired.ts';
import { isManaged } from './labels.ts';
import { mustWait } from './batch.ts';
import { bestFit } from './plan.ts';
import {
  serviceKeyOf,
  slicesByService,
  slicesByTarget,
  type AddressType,
  type Endpoint,
  type EndpointSlice,
} from './types.ts';
import { ownedBy, writeSlice } from './write.ts';

/**
 * Brings what one pod adds to a Service's slices up to date, looking at the slices that list it. Returns false when that
 * is not enough and the whole Service must be looked at: a slice runs empty, or a new one is needed. What happens within
 * one second is written together.
 */
export function reconcilePod(service: Service, podName: string, api: ControllerApi): boolean {
  const { namespace } = service.metadata;
  const pod = api.get(Pod, namespace, podName);
  const selected = pod && matches(selectorOf(service), pod.metadata.labels) && belongsInSlices(pod) ? pod : undefined;
  return addressTypesOf(service).every((type) => reconcileType(service, selected, podName, type, api));
}

function reconcileType(
  service: Service,
  pod: Pod | undefined,
  podName: string,
  type: AddressType,
  api: ControllerApi,
): boolean {
  const { namespace, name } = service.metadata;
  const serviceKey = objectKey(namespace, name);
  const isOurs = (slice: EndpointSlice) =>
    slice.addressType === type && isManaged(slice) && !isBeingDeleted(slice) && ownedBy(slice, service);
  const wanted = pod && endpointOf(api, service, pod, type);
  const wantedPorts = pod && portsKey(endpointPorts(service, pod));
  const holders = api
    .by(slicesByTarget, objectKey(namespace, podName))
    .filter((slice) => serviceKeyOf(slice) === serviceKey && isOurs(slice));
  let placed = false;
  for (const slice of holders) {
    const here = !placed && portsKey(slice.ports) === wantedPorts ? wanted : undefined;
    const { endpoints, found } = replaceTarget(slice, podName, here);
    if (endpoints.length === 0) return false;
    placed ||= found;
    if (endpoints === slice.endpoints) continue;
    if (mustWait(api)) return true;
    writeSlice(service, slice, endpoints, api);
  }
  if (!wanted || placed) return true;
  const candidates = api
    .by(slicesByService, serviceKey)
    .filter((slice) => isOurs(slice) && portsKey(slice.ports) === wantedPorts);
  const target = bestFit(candidates, 1);
  if (!target) return false;
  if (mustWait(api)) return true;
  writeSlice(service, target, [...target.endpoints, wanted], api);
  return true;
}

/** The slice's endpoints with the pod's replaced by `wanted` where it is the same one, and otherwise taken out. */
function replaceTarget(
  slice: EndpointSlice,
  podName: string,
  wanted: Endpoint | undefined,
): { endpoints: Endpoint[]; found: boolean } {
  const key = wanted && endpointKey(wanted);
  const endpoints: Endpoint[] = [];
  let found = false;
  let changed = false;
  for (const endpoint of slice.endpoints) {
    if (endpoint.targetRef?.name !== podName) {
      endpoints.push(endpoint);
    } else if (wanted && !found && endpointKey(endpoint) === key) {
      found = true;
      const same = deepEqual(endpoint, wanted);
      endpoints.push(same ? endpoint : wanted);
      changed ||= !same;
    } else {
      changed = true;
    }
  }
  return { endpoints: changed ? endpoints : slice.endpoints, found };
}
