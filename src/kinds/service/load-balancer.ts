import { watchSelf, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { Node } from '../node/types.ts';
import { balancedOf, changeOf } from './balanced.ts';
import { Service, servicesByLoadBalancerIp } from './types.ts';

/**
 * The part of a cloud that gives Services of type LoadBalancer an address: some seconds after it was asked, from the
 * networks that are reserved for documentation, so that nobody takes it for a real one. Services that name a class of
 * load balancer are left to whoever has that class. Source: cloud-provider/controllers/service/controller.go.
 */
export const loadBalancerController: Controller = {
  name: 'service-controller',
  watches: [watchSelf(Service)],
  reconcile(key, api) {
    const service = api.getByKey(Service, key);
    if (!service) return;
    if (wantsLoadBalancer(service)) ensure(service, api);
    else if (service.metadata.finalizers?.includes(CLEANUP_FINALIZER)) cleanUp(service, api);
  },
};

const CLEANUP_FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const PROVISIONING_MS = 5 * SECOND_MS;

/** TEST-NET-3, TEST-NET-2 and TEST-NET-1 (RFC 5737), without first and last address. */
const POOL_NETWORKS = ['203.0.113', '198.51.100', '192.0.2'] as const;
const ADDRESSES_PER_NETWORK = 254;

function wantsLoadBalancer(service: Service): boolean {
  const { type, loadBalancerClass } = service.spec;
  return type === 'LoadBalancer' && loadBalancerClass === undefined && !isBeingDeleted(service);
}

function ensure(service: Service, api: ControllerApi): void {
  if (service.status.loadBalancer.ingress?.length) {
    ensureAgain(service, api);
    return;
  }
  const asked = service.runtime?.loadBalancerAskedAt;
  if (asked === undefined) {
    ask(service, api);
    return;
  }
  if (api.now < asked + PROVISIONING_MS) {
    api.requeueAt(asked + PROVISIONING_MS);
    return;
  }
  const ip = freeAddress(service, api);
  if (ip === undefined) {
    api.requeueAt(api.now + PROVISIONING_MS, { background: true });
    return;
  }
  const { loadBalancerAskedAt: _asked, ...runtime } = service.runtime ?? {};
  const status = { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' as const }] } };
  api.updateStatus({ ...service, status, runtime: { ...runtime, balanced: balancedOf(service) } });
  tellEnsured(service, api);
}

/** A load balancer that is there takes up what changed of its Service at once. */
function ensureAgain(service: Service, api: ControllerApi): void {
  const known = service.runtime?.balanced;
  const balanced = balancedOf(service);
  const change = known && changeOf(known, balanced);
  if (!change) return;
  if (change.event) api.event(service, 'Normal', change.event.reason, change.event.message);
  api.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
  api.updateStatus({ ...service, runtime: { ...service.runtime, balanced } });
  tellEnsured(service, api);
}

function tellEnsured(service: Service, api: ControllerApi): void {
  if (!hasTarget(api)) {
    api.event(service, 'Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
  }
  api.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
}

/** Whether there is a node that a load balancer may send to. */
function hasTarget(api: ControllerApi): boolean {
  for (const { metadata, status } of api.iterate(Node)) {
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
    if (ready && !(EXCLUDE_LABEL in (metadata.labels ?? {}))) return true;
  }
  return false;
}

const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';

function ask(service: Service, api: ControllerApi): void {
  const { finalizers = [] } = service.metadata;
  let current = service;
  if (!finalizers.includes(CLEANUP_FINALIZER)) {
    const metadata = { ...service.metadata, finalizers: [...finalizers, CLEANUP_FINALIZER] };
    const updated = api.update({ ...service, metadata });
    if (updated.ok) current = updated.value;
  }
  api.updateStatus({ ...current, runtime: { ...current.runtime, loadBalancerAskedAt: api.now } });
  api.event(current, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
  api.requeueAt(api.now + PROVISIONING_MS);
}

/** The address the Service asks for, if nobody has it; otherwise the first free one from a place of its own on. */
function freeAddress(service: Service, api: ControllerApi): string | undefined {
  const isFree = (ip: string) => api.countBy(servicesByLoadBalancerIp, ip) === 0;
  const { loadBalancerIP } = service.spec;
  if (loadBalancerIP && isFree(loadBalancerIP)) return loadBalancerIP;
  const size = POOL_NETWORKS.length * ADDRESSES_PER_NETWORK;
  const start = Math.floor(api.random('load-balancer', service.metadata.uid) * ADDRESSES_PER_NETWORK);
  for (let step = 0; step < size; step++) {
    const place = (start + step) % size;
    const network = POOL_NETWORKS[Math.floor(place / ADDRESSES_PER_NETWORK)];
    const ip = `${network}.${(place % ADDRESSES_PER_NETWORK) + 1}`;
    if (isFree(ip)) return ip;
  }
  return undefined;
}

function cleanUp(service: Service, api: ControllerApi): void {
  const finalizers = service.metadata.finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER) ?? [];
  const { loadBalancerAskedAt: _asked, balanced: _balanced, ...runtime } = service.runtime ?? {};
  if (!isBeingDeleted(service)) api.event(service, 'Normal', 'Type', `LoadBalancer -> ${service.spec.type}`);
  api.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
  api.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
  api.update({ ...service, runtime, metadata: { ...service.metadata, finalizers } });
}
