import type { ClusterView } from '../../machinery/cluster-view.ts';
import { withCondition } from '../../machinery/conditions.ts';
import { watch, watchSelf, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { isBeingDeleted, keyOf, splitKey } from '../../machinery/object.ts';
import { fromTimestamp, SECOND_MS } from '../../machinery/time.ts';
import { GatewayClass, type GatewayCondition } from '../gatewayclass/types.ts';
import { listenersOf, servedGateway } from '../httproute/queries.ts';
import { HttpRoute, routesByGateway } from '../httproute/types.ts';
import { Namespace } from '../namespace/types.ts';
import { Secret } from '../secret/types.ts';
import {
  Gateway,
  GATEWAY_GROUP,
  gatewaysByAddress,
  gatewaysByClass,
  type Listener,
  type ListenerStatus,
} from './types.ts';

/** How long it takes until a Gateway answers at an address. */
const PROGRAMMING_MS = 5 * SECOND_MS;

/** Programs the Gateways of classes that are simulated: an address, and for each listener how many routes it has. */
export const gatewayController: Controller = {
  name: 'gateway-controller',
  watches: [
    watchSelf(Gateway),
    watch(GatewayClass, ({ old, new: current }, view) =>
      view.by(gatewaysByClass, (current ?? old)?.metadata.name ?? '').map(keyOf),
    ),
    watch(HttpRoute, ({ old, new: current }) =>
      old?.spec === current?.spec ? undefined : [...parentKeys(old), ...parentKeys(current)],
    ),
    watch(Namespace, ({ old, new: current }, view) => {
      if (old?.metadata.labels === current?.metadata.labels) return undefined;
      return view.list(HttpRoute, (current ?? old)?.metadata.name).flatMap(parentKeys);
    }),
    watch(Secret, ({ old, new: current }, view) =>
      old && current ? undefined : gatewaysWithCertificates(view, (current ?? old)?.metadata.namespace),
    ),
  ],
  reconcile(key, api) {
    const { namespace, name } = splitKey(key);
    const served = servedGateway(api, namespace, name);
    if (!served || isBeingDeleted(served.gateway)) return;
    const { gateway, gatewayClass } = served;
    const seen = [gateway, gatewayClass].map(({ metadata }) => fromTimestamp(metadata.creationTimestamp));
    const programmedAt = Math.max(...seen) + PROGRAMMING_MS;
    const isDue = api.now >= programmedAt;
    if (!isDue) api.requeueAt(programmedAt);
    api.updateStatus({ ...gateway, status: statusOf(api, gateway, isDue) });
  },
};

function parentKeys(route: HttpRoute | undefined): readonly string[] {
  return (route && (routesByGateway.keys(route) as readonly string[] | undefined)) ?? [];
}

function gatewaysWithCertificates(view: ClusterView, namespace: string | undefined): string[] | undefined {
  if (view.count(Gateway) === 0) return undefined;
  return view
    .list(Gateway, namespace)
    .filter(({ spec }) => spec.listeners.some(({ tls }) => tls?.certificateRefs?.length))
    .map(keyOf);
}

function statusOf(api: ControllerApi, gateway: Gateway, isDue: boolean): Gateway['status'] {
  const { status, metadata } = gateway;
  const observedGeneration = metadata.generation ?? 1;
  const set = (list: GatewayCondition[] | undefined, condition: GatewayCondition) =>
    withCondition(list, { ...condition, observedGeneration }, api.now);
  let conditions = set(status.conditions, {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: 'The Gateway has been scheduled',
  });
  const address = status.addresses?.[0]?.value ?? (isDue ? freeAddress(api, gateway) : undefined);
  if (address !== undefined) {
    const message = 'Address assigned to the Gateway';
    conditions = set(conditions, { type: 'Programmed', status: 'True', reason: 'Programmed', message });
  }
  return {
    ...(address === undefined ? {} : { addresses: [{ type: 'IPAddress', value: address }] }),
    conditions,
    listeners: gateway.spec.listeners.map((listener) => listenerStatus(api, gateway, listener, set)),
  };
}

type SetCondition = (list: GatewayCondition[] | undefined, condition: GatewayCondition) => GatewayCondition[];

function listenerStatus(view: ClusterView, gateway: Gateway, listener: Listener, set: SetCondition): ListenerStatus {
  const known = gateway.status.listeners?.find(({ name }) => name === listener.name);
  const isHttp = listener.protocol === 'HTTP' || listener.protocol === 'HTTPS';
  const routes = view.by(routesByGateway, keyOf(gateway));
  const attached = routes.filter((route) => listenersOf(view, route, gateway).includes(listener)).length;
  const missing = missingCertificate(view, gateway, listener);
  const fine = isHttp && missing === undefined;
  let conditions = set(known?.conditions, {
    type: 'Accepted',
    status: isHttp ? 'True' : 'False',
    reason: isHttp ? 'Accepted' : 'UnsupportedProtocol',
    message: isHttp ? 'Listener has been successfully translated' : `Protocol ${listener.protocol} is not supported`,
  });
  conditions = set(conditions, {
    type: 'Programmed',
    status: fine ? 'True' : 'False',
    reason: fine ? 'Programmed' : 'Invalid',
    message: fine ? 'Sending translated listener configuration to the data plane' : 'Listener is invalid',
  });
  conditions = set(conditions, {
    type: 'ResolvedRefs',
    status: missing === undefined ? 'True' : 'False',
    reason: missing === undefined ? 'ResolvedRefs' : 'InvalidCertificateRef',
    message: missing === undefined ? 'Listener references have been resolved' : `Secret ${missing} does not exist`,
  });
  const supportedKinds = isHttp ? [{ group: GATEWAY_GROUP, kind: 'HTTPRoute' }] : [];
  return { name: listener.name, supportedKinds, attachedRoutes: attached, conditions };
}

function missingCertificate(view: ClusterView, { metadata }: Gateway, { tls }: Listener): string | undefined {
  for (const { name, namespace = metadata.namespace } of tls?.certificateRefs ?? []) {
    if (!view.get(Secret, namespace, name)) return `${namespace}/${name}`;
  }
  return undefined;
}

const NETWORK = '198.19';
const ADDRESSES = 65_534;

/** The address it asks for, or the first free one of the upper half of the benchmarks' network (RFC 2544). */
function freeAddress(api: ControllerApi, { metadata, spec }: Gateway): string | undefined {
  const isFree = (address: string) => api.countBy(gatewaysByAddress, address) === 0;
  const asked = spec.addresses?.find(({ type = 'IPAddress', value }) => type === 'IPAddress' && value)?.value;
  if (asked !== undefined && isFree(asked)) return asked;
  const start = Math.floor(api.random('gateway', metadata.uid) * ADDRESSES);
  for (let step = 0; step < ADDRESSES; step++) {
    const place = ((start + step) % ADDRESSES) + 1;
    const address = `${NETWORK}.${place >> 8}.${place & 255}`;
    if (isFree(address)) return address;
  }
  return undefined;
}
