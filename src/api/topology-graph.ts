import { Gateway } from '../kinds/gateway/types.ts';
import { HttpRoute, routesByGateway, routesByService } from '../kinds/httproute/types.ts';
import { addressesOf, backendsOf, Ingress, ingressesByService } from '../kinds/ingress/types.ts';
import { NetworkPolicy, selectorOf as selectorOfPolicy } from '../kinds/networkpolicy/types.ts';
import { EndpointSlice, serviceKeyOf, slicesByTarget } from '../kinds/endpointslice/types.ts';
import { Node } from '../kinds/node/types.ts';
import { PersistentVolumeClaim } from '../kinds/persistentvolumeclaim/types.ts';
import { selectPods } from '../kinds/pod/queries.ts';
import { Pod, podsByClaim, podsByNode, podsByReference, referenceKey } from '../kinds/pod/types.ts';
import { servicesOf } from '../kinds/service/queries.ts';
import { selectorOf, Service } from '../kinds/service/types.ts';
import { sourcesOf } from '../kinds/trafficsource/queries.ts';
import { isSending, serviceKeyOf as targetServiceKey, TrafficSource } from '../kinds/trafficsource/types.ts';
import type { ClusterView } from '../machinery/cluster-view.ts';
import { kindKey } from '../machinery/kind.ts';
import { controllerRef, keyOf, type KubeObject } from '../machinery/object.ts';

export const RELATIONS = ['OWNS', 'SELECTS', 'ROUTES_TO', 'RUNS_ON', 'MOUNTS', 'BINDS'] as const;
export type Relation = (typeof RELATIONS)[number];

/** An object, or the pods of one controller taken together. */
export interface Vertex {
  /** The object's uid, or that of the controller of a group. */
  key: string;
  object: KubeObject | undefined;
  pods: Pod[];
}

export interface Edge {
  from: string;
  to: string;
  relation: Relation;
  active: boolean;
}

export interface GraphOptions {
  view: ClusterView;
  /** Pods of one controller become one vertex. */
  collapse: boolean;
  maxVertices: number;
  /** Which related objects are shown. */
  shows: (object: KubeObject) => boolean;
}

/** The pods that have to do with an object, oldest first where the cluster knows. */
export function podsAround(view: ClusterView, root: KubeObject): readonly Pod[] {
  const { uid, name, namespace = '' } = root.metadata;
  const key = kindKey(root.apiVersion, root.kind);
  if (key === Pod.key) return [root as Pod];
  if (key === Node.key) return view.by(podsByNode, name);
  if (key === Service.key) return selectPods(view, namespace, selectorOf(root as Service));
  if (key === TrafficSource.key) {
    const service = view.getByKey(Service, targetServiceKey(root as TrafficSource));
    return service ? podsAround(view, service) : [];
  }
  if (key === PersistentVolumeClaim.key) return view.by(podsByClaim, keyOf(root));
  if (key === 'ConfigMap' || key === 'Secret') return view.by(podsByReference, referenceKey(key, namespace, name));
  if (key === NetworkPolicy.key) return selectPods(view, namespace, selectorOfPolicy(root as NetworkPolicy));
  const services = servicesBehind(view, root);
  if (services) return [...new Set(services.flatMap((service) => podsAround(view, service)))];
  const found: Pod[] = [];
  for (const dependent of view.dependents(uid)) {
    if (kindKey(dependent.apiVersion, dependent.kind) === Pod.key) found.push(dependent as Pod);
    else found.push(...podsAround(view, dependent));
  }
  return found;
}

/** The Services that an Ingress, an HTTPRoute or a Gateway brings requests to; undefined for any other kind. */
function servicesBehind(view: ClusterView, root: KubeObject): Service[] | undefined {
  const { namespace } = root.metadata;
  switch (kindKey(root.apiVersion, root.kind)) {
    case Ingress.key:
      return backendsOf(root as Ingress).flatMap(
        ({ service }) => (service && view.get(Service, namespace, service.name)) ?? [],
      );
    case HttpRoute.key: {
      const keys = routesByService.keys(root as HttpRoute);
      return listOf(keys).flatMap((key) => view.getByKey(Service, key) ?? []);
    }
    case Gateway.key:
      return view.by(routesByGateway, keyOf(root)).flatMap((route) => servicesBehind(view, route) ?? []);
    default:
      return undefined;
  }
}

/** Gathers what hangs together with pods: their owners upwards, nodes, Services, configuration and volumes. */
export class TopologyGraph {
  readonly vertices = new Map<string, Vertex>();
  private readonly edgesByKey = new Map<string, Edge>();
  private readonly hidden = new Set<string>();
  private readonly options: GraphOptions;

  constructor(options: GraphOptions) {
    this.options = options;
  }

  get hiddenCount(): number {
    return this.hidden.size;
  }

  get edges(): Edge[] {
    return [...this.edgesByKey.values()].filter(({ from, to }) => this.vertices.has(from) && this.vertices.has(to));
  }

  addObject(object: KubeObject): string | undefined {
    if (!this.options.shows(object)) return undefined;
    const { uid } = object.metadata;
    const isNew = !this.vertices.has(uid);
    this.place(uid, object);
    if (isNew && kindKey(object.apiVersion, object.kind) === Service.key) {
      this.addSources(object as Service);
      this.addEntries(object as Service, uid);
    }
    return uid;
  }

  /** Who sends requests to a Service; active while it does. */
  private addSources(service: Service): void {
    for (const source of sourcesOf(this.options.view, service)) {
      const key = this.addObject(source);
      if (key !== undefined) this.link(key, service.metadata.uid, 'ROUTES_TO', isSending(source));
    }
  }

  addPods(pods: readonly Pod[]): void {
    const siblings = new Map<string, number>();
    for (const pod of pods) {
      const owner = controllerRef(pod)?.uid;
      if (owner !== undefined) siblings.set(owner, (siblings.get(owner) ?? 0) + 1);
    }
    for (const pod of pods) {
      const owner = controllerRef(pod)?.uid;
      const isGrouped = this.options.collapse && owner !== undefined && (siblings.get(owner) ?? 0) > 1;
      const key = isGrouped ? `${owner}#pods` : pod.metadata.uid;
      if (!this.options.shows(pod)) continue;
      this.place(key, isGrouped ? undefined : pod);
      this.vertices.get(key)?.pods.push(pod);
      this.addOwners(pod, key);
      this.addNode(pod, key);
      this.addServices(pod, key);
      this.addMounts(pod, key);
    }
  }

  /** Each link of the chain of controllers: ReplicaSet, Deployment. */
  private addOwners(object: KubeObject, key: string): void {
    const owner = this.options.view.byUid(controllerRef(object)?.uid ?? '');
    const ownerKey = owner && this.addObject(owner);
    if (!owner || ownerKey === undefined) return;
    this.link(ownerKey, key, 'OWNS');
    this.addOwners(owner, ownerKey);
  }

  private addNode({ spec }: Pod, key: string): void {
    const node = spec.nodeName ? this.options.view.get(Node, undefined, spec.nodeName) : undefined;
    const nodeKey = node && this.addObject(node);
    if (nodeKey !== undefined) this.link(key, nodeKey, 'RUNS_ON');
  }

  private addServices(pod: Pod, key: string): void {
    const { view } = this.options;
    const routed = new Set<string>();
    for (const slice of view.by(slicesByTarget, keyOf(pod))) {
      const service = view.getByKey(Service, serviceKeyOf(slice) ?? '');
      const serviceKey = service && this.addObject(service);
      if (serviceKey === undefined) continue;
      routed.add(serviceKey);
      this.link(serviceKey, key, 'ROUTES_TO', isRouted(slice, pod));
    }
    for (const service of servicesOf(view, pod)) {
      const serviceKey = this.addObject(service);
      if (serviceKey !== undefined && !routed.has(serviceKey)) this.link(serviceKey, key, 'SELECTS', false);
    }
  }

  /** What brings requests from outside to a Service: Ingresses, and routes with their Gateways. */
  private addEntries(service: Service, serviceKey: string): void {
    const { view } = this.options;
    for (const ingress of view.by(ingressesByService, keyOf(service))) {
      const key = this.addObject(ingress);
      if (key !== undefined) this.link(key, serviceKey, 'ROUTES_TO', addressesOf(ingress).length > 0);
    }
    for (const route of view.by(routesByService, keyOf(service))) {
      const key = this.addObject(route);
      if (key === undefined) continue;
      this.link(key, serviceKey, 'ROUTES_TO', route.status.parents.some(isAccepted));
      for (const gatewayKey of listOf(routesByGateway.keys(route))) {
        const gateway = view.getByKey(Gateway, gatewayKey);
        const vertex = gateway && this.addObject(gateway);
        if (vertex !== undefined) this.link(vertex, key, 'ROUTES_TO', route.status.parents.some(isAccepted));
      }
    }
  }

  private addMounts(pod: Pod, key: string): void {
    const { view } = this.options;
    for (const reference of listOf(podsByReference.keys(pod))) {
      const [kind = '', place = ''] = reference.split('\n');
      const [namespace, name] = place.split('/');
      const object = view.listKey(kind, namespace).find(({ metadata }) => metadata.name === name);
      const objectKey = object && this.addObject(object);
      if (objectKey !== undefined) this.link(key, objectKey, 'MOUNTS');
    }
    for (const claimKey of listOf(podsByClaim.keys(pod))) {
      const claim = view.getByKey(PersistentVolumeClaim, claimKey);
      const vertex = claim && this.addObject(claim);
      if (!claim || vertex === undefined) continue;
      this.link(key, vertex, 'MOUNTS');
      const volume = view.listKey('PersistentVolume').find(({ metadata }) => metadata.name === claim.spec.volumeName);
      const volumeKey = volume && this.addObject(volume);
      if (volumeKey !== undefined) this.link(vertex, volumeKey, 'BINDS');
    }
  }

  private place(key: string, object: KubeObject | undefined): string {
    if (this.vertices.has(key)) return key;
    if (this.vertices.size >= this.options.maxVertices) this.hidden.add(key);
    else this.vertices.set(key, { key, object, pods: [] });
    return key;
  }

  /** An edge to a group is active as soon as one of its pods is. */
  private link(from: string, to: string, relation: Relation, active = true): void {
    const key = `${from} ${relation} ${to}`;
    const known = this.edgesByKey.get(key);
    if (known) known.active ||= active;
    else this.edgesByKey.set(key, { from, to, relation, active });
  }
}

function isAccepted({ conditions }: HttpRoute['status']['parents'][number]): boolean {
  return conditions.some(({ type, status }) => type === 'Accepted' && status === 'True');
}

function isRouted({ endpoints }: EndpointSlice, { metadata }: Pod): boolean {
  return endpoints.some(({ targetRef, conditions }) => targetRef?.uid === metadata.uid && conditions.ready !== false);
}

function listOf(keys: string | readonly string[] | undefined): readonly string[] {
  return keys === undefined ? [] : typeof keys === 'string' ? [keys] : keys;
}
