import { watch, watchSelf, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { isBeingDeleted, keyOf, objectKey } from '../../machinery/object.ts';
import { selectorsMatching } from '../../machinery/selector-index.ts';
import { Node } from '../node/types.ts';
import { isPodReady, selectPods } from '../pod/queries.ts';
import { Pod, podsByNode } from '../pod/types.ts';
import {
  isTopologyAuto,
  Service,
  selectorOf,
  servicesBySelector,
  servicesByTopologyMode,
  TOPOLOGY_AUTO,
} from '../service/types.ts';
import { mustWait } from './batch.ts';
import { addressTypesOf, belongsInSlices, endpointKey, endpointsOfPods, portsKey } from './desired.ts';
import { reportHints } from './hint-events.ts';
import { hintByZone, withoutHints } from './hints.ts';
import { hasServiceLabels, isManaged } from './labels.ts';
import { planSlices, type SlicePlan } from './plan.ts';
import { reconcilePod } from './reconcile-pod.ts';
import {
  EndpointSlice,
  serviceKeyOf,
  slicesByService,
  slicesByTarget,
  type AddressType,
  type Endpoint,
} from './types.ts';
import { applyPlan, isOwnWrite, ownedBy, placeholderFits } from './write.ts';

/**
 * Keeps the slices of every Service with a selector. Source: pkg/controller/endpointslice/endpointslice_controller.go and
 * staging/src/k8s.io/endpointslice/reconciler.go.
 *
 * A key is a Service, or a Service and one pod (`namespace/name\npod`): Services with many slices look at the one pod
 * that changed, so that a change costs the same whatever the Service's size, and what changes within a second is written together.
 */
export const endpointSliceController: Controller = {
  name: 'endpoint-slice-controller',
  watches: [
    watchSelf(Service),
    watch(Pod, keysOfPod),
    watch(Node, ({ old, new: node }, view) => (node && !old ? keysOfNode(node, view) : undefined)),
    watch(Node, keysWithHints),
    watch(EndpointSlice, ({ old, new: slice }) => {
      if (!isManaged(old) && !isManaged(slice)) return undefined;
      return slice && isOwnWrite(slice) ? undefined : (slice && serviceKeyOf(slice)) || (old && serviceKeyOf(old));
    }),
  ],
  reconcile(key, api) {
    const [serviceKey = '', podName] = key.split('\n');
    const service = api.getByKey(Service, serviceKey);
    if (!service || selectorOf(service).matchesNothing) return;
    const alone = podName !== undefined && !isTopologyAuto(service);
    if (!alone || !reconcilePod(service, podName, api)) reconcileService(service, api);
  },
};

/** A Service with more slices than this looks at single pods. */
const WHOLE_SERVICE_SLICES = 2;

function keysOfPod(change: Change<Pod>, view: ClusterView): string[] | undefined {
  const { old, new: pod } = change;
  if (!affectsEndpoints(old, pod)) return undefined;
  const services = new Set<string>();
  for (const version of [pod, old]) {
    if (!version) continue;
    if (version === old && pod && old.metadata.labels === pod.metadata.labels) continue;
    for (const service of selectorsMatching(view, servicesBySelector, selectorOf, version))
      services.add(keyOf(service));
  }
  const name = (pod ?? old)?.metadata.name ?? '';
  return [...services].map((key) =>
    view.countBy(slicesByService, key) > WHOLE_SERVICE_SLICES ? `${key}\n${name}` : key,
  );
}

/** podEndpointsChanged, and whether the pod is or was in any endpoints at all. */
function affectsEndpoints(old: Pod | undefined, pod: Pod | undefined): boolean {
  const was = old !== undefined && belongsInSlices(old);
  const is = pod !== undefined && belongsInSlices(pod);
  if (was !== is) return true;
  if (!was || !old || !pod) return false;
  return (
    old.metadata.labels !== pod.metadata.labels ||
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    old.metadata.uid !== pod.metadata.uid ||
    old.spec !== pod.spec ||
    old.status.podIPs !== pod.status.podIPs ||
    old.status.podIP !== pod.status.podIP ||
    isPodReady(old) !== isPodReady(pod)
  );
}

/** A node that appears lets the pods on it into the endpoints. */
function keysOfNode(node: Node, view: ClusterView): string[] {
  const keys = new Set<string>();
  for (const pod of view.by(podsByNode, node.metadata.name)) {
    if (!belongsInSlices(pod) || view.countBy(slicesByTarget, keyOf(pod)) > 0) continue;
    for (const service of selectorsMatching(view, servicesBySelector, selectorOf, pod)) keys.add(keyOf(service));
  }
  return [...keys];
}

/** Hints depend on the CPU of the zones' ready nodes. */
function keysWithHints({ old, new: node }: Change<Node>, view: ClusterView): string[] | undefined {
  if (view.countBy(servicesByTopologyMode, TOPOLOGY_AUTO) === 0) return undefined;
  if (old && node && !changesHints(old, node)) return undefined;
  return view.by(servicesByTopologyMode, TOPOLOGY_AUTO).map(keyOf);
}

function changesHints(old: Node, node: Node): boolean {
  const isReady = ({ status }: Node) => status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  return (
    isReady(old) !== isReady(node) ||
    old.metadata.labels !== node.metadata.labels ||
    old.status.allocatable?.['cpu'] !== node.status.allocatable?.['cpu']
  );
}

function reconcileService(service: Service, api: ControllerApi): void {
  const { namespace = '', name } = service.metadata;
  const pods = selectPods(api, namespace, selectorOf(service)).filter(belongsInSlices);
  const slices = api.by(slicesByService, objectKey(namespace, name)).filter((slice) => isManaged(slice));
  const types = addressTypesOf(service);
  const plans = types.map((type) => {
    const existing = slices.filter((slice) => slice.addressType === type && !isBeingDeleted(slice));
    return { type, ...planType(service, pods, existing, type, api) };
  });
  const hasWork = plans.some(({ plan }) => plan.create.length + plan.update.length + plan.remove.length > 0);
  if (hasWork && slices.length > WHOLE_SERVICE_SLICES && mustWait(api)) return;
  for (const { type, plan } of plans) applyPlan(service, type, plan, api);
  for (const slice of slices) if (!types.includes(slice.addressType)) api.delete(slice);
  reportHints(service, plans, api);
}

/**
 * The plan for the slices of one address type: one group of slices for each set of ports that pods have. `problem` tells
 * why endpoints that should have hints by zone have none.
 */
function planType(
  service: Service,
  pods: readonly Pod[],
  existing: readonly EndpointSlice[],
  type: AddressType,
  api: ControllerApi,
): { plan: SlicePlan; problem?: string | undefined } {
  const groups = groupByPorts(service, pods, type, api);
  const problem = isTopologyAuto(service) ? addHints(api, groups, existing) : undefined;
  const slicesByPorts = new Map<string, EndpointSlice[]>();
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  for (const slice of existing) {
    if (!ownedBy(slice, service)) {
      plan.remove.push(slice);
      continue;
    }
    const key = portsKey(slice.ports ?? []);
    const known = slicesByPorts.get(key);
    if (known) known.push(slice);
    else slicesByPorts.set(key, [slice]);
  }
  for (const [key, { ports, endpoints }] of groups) {
    const isStale = (slice: EndpointSlice) => !hasServiceLabels(slice, service);
    const part = planSlices(slicesByPorts.get(key) ?? [], endpoints, ports, isStale);
    plan.create.push(...part.create);
    plan.update.push(...part.update);
    plan.remove.push(...part.remove);
  }
  for (const [key, slices] of slicesByPorts) if (!groups.has(key)) plan.remove.push(...slices);
  if (existing.length === plan.remove.length && plan.create.length === 0) keepPlaceholder(service, plan);
  return { plan, problem };
}

type Group = { ports: EndpointSlice['ports']; endpoints: Map<string, Endpoint> };

/** Puts hints by zone on the endpoints of all groups, in place; returns why there are none. */
function addHints(
  view: ClusterView,
  groups: ReadonlyMap<string, Group>,
  existing: readonly EndpointSlice[],
): string | undefined {
  const listed = new Map<string, Endpoint>();
  for (const { endpoints } of existing) for (const endpoint of endpoints) listed.set(endpointKey(endpoint), endpoint);
  const wanted = [...groups.values()].flatMap(({ endpoints }) => [...endpoints.values()]);
  const known = wanted.map((endpoint) => {
    const found = listed.get(endpointKey(endpoint));
    return found && deepEqual(withoutHints(found), endpoint) ? found : undefined;
  });
  const isUnchanged = known.length === listed.size && !known.includes(undefined);
  const current = isUnchanged ? known.flatMap((endpoint) => endpoint ?? []) : wanted;
  const { endpoints, problem } = hintByZone(view, current, isUnchanged);
  const hinted = new Map(endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  for (const group of groups.values()) {
    for (const [key, endpoint] of group.endpoints) group.endpoints.set(key, hinted.get(key) ?? endpoint);
  }
  return problem;
}

/** A Service without endpoints has one empty slice. */
function keepPlaceholder(service: Service, plan: SlicePlan): void {
  const [only] = plan.remove;
  if (plan.remove.length === 1 && only && placeholderFits(only, service)) plan.remove = [];
  else plan.create.push({ ports: [], endpoints: [] });
}

function groupByPorts(service: Service, pods: readonly Pod[], type: AddressType, api: ControllerApi) {
  const groups = new Map<string, Group>();
  for (const { ports, portsKey: key, endpoint } of endpointsOfPods(api, service, pods, type)) {
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { ports, endpoints: new Map() }));
    if (endpoint) group.endpoints.set(endpointKey(endpoint), endpoint);
  }
  return groups;
}
