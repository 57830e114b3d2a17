import { watch, watchSelf, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { parseIp } from '../../machinery/ip-address.ts';
import { isBeingDeleted, keyOf, splitKey, type StringMap } from '../../machinery/object.ts';
import { selectorsMatching } from '../../machinery/selector-index.ts';
import { MINUTE_MS, SECOND_MS } from '../../machinery/time.ts';
import type { Result } from '../../machinery/api-error.ts';
import { Namespace } from '../namespace/types.ts';
import { isPodReady, isPodTerminal, selectPods } from '../pod/queries.ts';
import { Pod } from '../pod/types.ts';
import { findPodPort, hasClusterIp, isHeadless } from '../service/queries.ts';
import { Memo } from '../../machinery/memo.ts';
import { Service, selectorOf, servicesBySelector } from '../service/types.ts';
import { repackSubsets, truncate, type AddressEntry } from './subsets.ts';
import { Endpoints, type EndpointAddress } from './types.ts';

/**
 * Keeps the older Endpoints object of every Service with a selector. Source:
 * pkg/controller/endpoint/endpoints_controller.go. Unlike there, an object of many addresses is written once a second at
 * most, since each write repeats all of them.
 */
export const endpointsController: Controller = {
  name: 'endpoint-controller',
  watches: [
    watchSelf(Service),
    watch(Pod, keysOfPod),
    watch(Endpoints, ({ old, new: current }) => (old && !current ? keyOf(old) : undefined)),
  ],
  reconcile(key, api) {
    const service = api.getByKey(Service, key);
    if (!service) removeLeftover(key, api);
    else if (!selectorOf(service).matchesNothing) reconcileEndpoints(service, api);
  },
};

export const OVER_CAPACITY_ANNOTATION = 'endpoints.kubernetes.io/over-capacity';
const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const CONTROLLER_NAME = 'endpoint-controller';

/** ShouldPodBeInEndpoints: terminating pods only where the Service publishes those that are not ready. */
function belongs(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod) || (!pod.status.podIP && !pod.status.podIPs?.length)) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

function keysOfPod({ old, new: pod }: Change<Pod>, view: ClusterView): string[] | undefined {
  const was = old !== undefined && belongs(old, true);
  const is = pod !== undefined && belongs(pod, true);
  if (!was && !is) return undefined;
  if (was && is && old && pod && !changed(old, pod)) return undefined;
  const keys = new Set<string>();
  for (const version of [pod, old]) {
    if (!version || (version === old && pod?.metadata.labels === old.metadata.labels)) continue;
    for (const service of selectorsMatching(view, servicesBySelector, selectorOf, version)) keys.add(keyOf(service));
  }
  return [...keys];
}

function changed(old: Pod, pod: Pod): boolean {
  return (
    old.metadata.labels !== pod.metadata.labels ||
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    old.metadata.uid !== pod.metadata.uid ||
    old.spec !== pod.spec ||
    old.status.podIPs !== pod.status.podIPs ||
    isPodReady(old) !== isPodReady(pod)
  );
}

function removeLeftover(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const left = api.get(Endpoints, namespace, name);
  if (left && left.metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER_NAME) api.delete(left);
}

function reconcileEndpoints(service: Service, api: ControllerApi): void {
  const { namespace = '', name } = service.metadata;
  const stored = api.get(Endpoints, namespace, name);
  const waitUntil = stored ? nextWriteAt(stored) : 0;
  if (api.now < waitUntil) {
    api.requeueAt(waitUntil);
    return;
  }
  const publishesAll = service.spec.publishNotReadyAddresses ?? false;
  const pods = selectPods(api, namespace, selectorOf(service)).filter((pod) => belongs(pod, publishesAll));
  const entries: AddressEntry[] = [];
  for (const known of entriesByPod.look(service, pods, (pod) => entriesOf(service, pod, publishesAll))) {
    for (const entry of known) entries.push(entry);
  }
  const { subsets, truncated } = truncate(repackSubsets(entries));
  const labels = labelsFor(service);
  const annotations = annotationsFor(stored, truncated);
  const runtime = { writtenAt: api.now };
  const content = { runtime, ...(subsets.length > 0 ? { subsets } : {}) };
  if (!stored) {
    const metadata = { name, namespace, labels, ...(annotations ? { annotations } : {}) };
    const created = api.create<Endpoints>({ apiVersion: 'v1', kind: 'Endpoints', metadata, ...content });
    if (created.ok) settle(created, api);
    else reportRefusal(service, created.error.message, api);
    return;
  }
  const { subsets: old, ...rest } = stored;
  const same = deepEqual(old ?? [], subsets) && deepEqual(stored.metadata.labels, labels);
  if (same && deepEqual(stored.metadata.annotations, annotations)) return;
  const { annotations: _old, ...metadata } = stored.metadata;
  const changes = { labels, ...(annotations ? { annotations } : {}) };
  settle(api.update<Endpoints>({ ...rest, metadata: { ...metadata, ...changes }, ...content }), api);
}

/** Endpoints that may not be made (for a quota): said, and tried again later. A namespace that goes needs none. */
function reportRefusal(service: Service, why: string, api: ControllerApi): void {
  const { namespace, name } = service.metadata;
  const home = api.get(Namespace, undefined, namespace ?? '');
  if (!home || isBeingDeleted(home)) return;
  const message = `Failed to create endpoint for service ${namespace}/${name}: ${why}`;
  api.event({ ...service, kind: 'Endpoints' }, 'Warning', 'FailedToCreateEndpoint', message);
  api.requeueAt(api.now + RETRY_MS, { background: true });
}

const RETRY_MS = MINUTE_MS;

/** Large Endpoints are written at most this often: each write says everything again. */
const LARGE_ENDPOINTS = 100;
const WRITE_INTERVAL_MS = SECOND_MS;

/** When an Endpoints object may be written again; 0 when at any time. */
function nextWriteAt({ subsets = [], runtime }: Endpoints): number {
  const count = subsets.reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length,
    0,
  );
  return count > LARGE_ENDPOINTS && runtime ? runtime.writtenAt + WRITE_INTERVAL_MS : 0;
}

/** After a write: changes that come too early for the next one are looked at when it may be made. */
function settle(written: Result<Endpoints>, api: ControllerApi): void {
  const waitUntil = written.ok ? nextWriteAt(written.value) : 0;
  if (waitUntil > api.now) api.requeueAt(waitUntil);
}

const entriesByPod = new Memo<Service, Pod, AddressEntry[]>();

function entriesOf(service: Service, pod: Pod, publishesAll: boolean): AddressEntry[] {
  const address = addressOf(service, pod);
  if (!address) return [];
  const ready = publishesAll || isPodReady(pod);
  const ports = service.spec.ports ?? [];
  if (ports.length === 0) return isHeadless(service.spec) ? [{ address, ready, port: undefined }] : [];
  return ports.flatMap((servicePort) => {
    const port = findPodPort(pod, servicePort);
    if (port === undefined) return [];
    const { name, protocol, appProtocol } = servicePort;
    const found = { ...(name ? { name } : {}), port, protocol, ...(appProtocol ? { appProtocol } : {}) };
    return [{ address, ready, port: found }];
  });
}

/** podToEndpointAddressForService: the pod's address of the Service's family. */
function addressOf({ metadata, spec }: Service, pod: Pod): EndpointAddress | undefined {
  const family = spec.ipFamilies?.[0] ?? 'IPv4';
  const ips = pod.status.podIPs ?? [{ ip: pod.status.podIP }];
  const ip = ips.map((entry) => entry.ip).find((text) => text !== undefined && parseIp(text)?.family === family);
  if (ip === undefined) return undefined;
  const { namespace, name, uid } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec;
  return {
    ip,
    ...(hostname && subdomain === metadata.name ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
  };
}

function labelsFor({ metadata, spec }: Service): StringMap {
  const labels: StringMap = { ...metadata.labels, [MANAGED_BY_LABEL]: CONTROLLER_NAME };
  if (hasClusterIp(spec)) delete labels[HEADLESS_LABEL];
  else labels[HEADLESS_LABEL] = '';
  return labels;
}

function annotationsFor(stored: Endpoints | undefined, truncated: boolean): StringMap | undefined {
  const { [OVER_CAPACITY_ANNOTATION]: _old, ...annotations } = stored?.metadata.annotations ?? {};
  if (truncated) annotations[OVER_CAPACITY_ANNOTATION] = 'truncated';
  return Object.keys(annotations).length > 0 ? annotations : undefined;
}
