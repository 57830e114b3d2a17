import { watch, watchSelf, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { parseIp } from '../../machinery/ip-address.ts';
import { isBeingDeleted, objectKey, splitKey, type StringMap } from '../../machinery/object.ts';
import {
  EndpointSlice,
  HEADLESS_LABEL,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  slicesByService,
  type AddressType,
  type Endpoint,
  type EndpointPort,
} from '../endpointslice/types.ts';
import { Service, selectorOf } from '../service/types.ts';
import { Endpoints, type EndpointAddress, type EndpointSubset } from './types.ts';

/**
 * Shows Endpoints that people keep themselves, for Services without selector, as slices. Source:
 * pkg/controller/endpointslicemirroring/endpointslicemirroring_controller.go and reconciler.go.
 */
export const endpointSliceMirroring: Controller = {
  name: 'endpoint-slice-mirroring-controller',
  watches: [
    watchSelf(Endpoints),
    watchSelf(Service),
    watch(EndpointSlice, ({ old, new: slice }) => {
      const changed = slice ?? old;
      const name = changed?.metadata.labels?.[SERVICE_NAME_LABEL];
      if (!name || !isMirror(changed) || (slice && !old)) return undefined;
      return objectKey(changed?.metadata.namespace, name);
    }),
  ],
  reconcile(key, api) {
    const { namespace, name } = splitKey(key);
    const mirrors = api.by(slicesByService, key).filter((slice) => isMirror(slice) && !isBeingDeleted(slice));
    const endpoints = api.get(Endpoints, namespace, name);
    const service = api.get(Service, namespace, name);
    const mirrored = endpoints && shouldMirror(endpoints) && service && selectorOf(service).matchesNothing;
    if (!mirrored || service.spec.selector) for (const slice of mirrors) api.delete(slice);
    else mirror(endpoints, mirrors, api);
  },
};

const CONTROLLER_NAME = 'endpointslicemirroring-controller.k8s.io';
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const TRIGGER_ANNOTATION = 'endpoints.kubernetes.io/last-change-trigger-time';
/** --mirroring-max-endpoints-per-subset: the rest is left out, with an event. */
const MAX_PER_SUBSET = 1000;

function isMirror(slice: EndpointSlice | undefined): boolean {
  return slice?.metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER_NAME;
}

/** skipMirror: those that say so, and those that elect leaders. */
function shouldMirror({ metadata }: Endpoints): boolean {
  return metadata.labels?.[SKIP_LABEL] !== 'true' && metadata.annotations?.[LEADER_ANNOTATION] === undefined;
}

interface Mirror {
  addressType: AddressType;
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

function mirror(endpoints: Endpoints, existing: readonly EndpointSlice[], api: ControllerApi): void {
  const wanted = (endpoints.subsets ?? []).flatMap(mirrorsOf).filter((part) => part.endpoints.length > 0);
  const labels = mirrorLabels(endpoints);
  const annotations = mirrorAnnotations(endpoints);
  const left = [...existing];
  let written = 0;
  for (const part of wanted) {
    const place = left.findIndex(
      ({ addressType, ports }) => addressType === part.addressType && deepEqual(ports, part.ports),
    );
    const [slice] = place < 0 ? [] : left.splice(place, 1);
    if (slice) {
      const { annotations: _old, ...metadata } = slice.metadata;
      const updated = api.update({
        ...slice,
        metadata: { ...metadata, labels, ...(annotations ? { annotations } : {}) },
        endpoints: part.endpoints,
      });
      if (updated.ok && updated.value.metadata.resourceVersion !== slice.metadata.resourceVersion) written++;
    } else if (!isBeingDeleted(endpoints)) {
      api.create<EndpointSlice>({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: mirrorMetadata(endpoints, labels, annotations),
        ...part,
      });
      written++;
    }
  }
  for (const slice of left) api.delete(slice);
  if (written > 0) reportSkipped(endpoints, api);
}

/** Tells of addresses that are too many, each time that the mirrors are written. */
function reportSkipped(endpoints: Endpoints, api: ControllerApi): void {
  const skipped = (endpoints.subsets ?? []).reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) =>
      sum + Math.max(0, addresses.length + notReadyAddresses.length - MAX_PER_SUBSET),
    0,
  );
  if (skipped === 0) return;
  const limit = `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset.`;
  api.event(endpoints, 'Warning', 'TooManyAddressesToMirror', `${limit} ${skipped} addresses were skipped`);
}

function mirrorMetadata(endpoints: Endpoints, labels: StringMap, annotations: StringMap | undefined) {
  const { name, namespace, uid } = endpoints.metadata;
  return {
    generateName: `${name}-`,
    ...(namespace === undefined ? {} : { namespace }),
    labels,
    ...(annotations ? { annotations } : {}),
    ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name, uid, controller: true, blockOwnerDeletion: true }],
  };
}

/** One mirror for the IPv4 and one for the IPv6 addresses of a subset. */
function mirrorsOf({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset): Mirror[] {
  const all = [
    ...addresses.map((address) => ({ address, ready: true })),
    ...notReadyAddresses.map((address) => ({ address, ready: false })),
  ].slice(0, MAX_PER_SUBSET);
  const slicePorts = ports.map(({ name = '', port, protocol, appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
  return (['IPv4', 'IPv6'] as const).map((addressType) => ({
    addressType,
    ports: slicePorts,
    endpoints: all
      .filter(({ address }) => parseIp(address.ip)?.family === addressType)
      .map(({ address, ready }) => endpointFor(address, ready)),
  }));
}

function endpointFor({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}

function mirrorLabels({ metadata }: Endpoints): StringMap {
  const { [HEADLESS_LABEL]: headless, ...labels } = metadata.labels ?? {};
  const kept = headless === undefined ? labels : { ...labels, [HEADLESS_LABEL]: headless };
  return { ...kept, [SERVICE_NAME_LABEL]: metadata.name, [MANAGED_BY_LABEL]: CONTROLLER_NAME };
}

function mirrorAnnotations({ metadata }: Endpoints): StringMap | undefined {
  const { [LAST_APPLIED_ANNOTATION]: _applied, [TRIGGER_ANNOTATION]: _trigger, ...rest } = metadata.annotations ?? {};
  return Object.keys(rest).length > 0 ? rest : undefined;
}
