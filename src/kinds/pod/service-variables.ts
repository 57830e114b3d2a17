import type { ClusterView } from '../../machinery/cluster-view.ts';
import { fromTimestamp } from '../../machinery/time.ts';
import { Namespace, type ServiceLinks } from '../namespace/types.ts';
import { hasClusterIp } from '../service/queries.ts';
import { Service, type ServicePort } from '../service/types.ts';

/**
 * The variables that tell a container where the Services of its namespace are.
 * Source: pkg/kubelet/envvars/envvars.go, pkg/kubelet/kubelet_pods.go (getServiceEnvVarMap).
 */

/** The Service that every container is told of, from whatever namespace. */
const MASTER_SERVICE = { namespace: 'default', name: 'kubernetes' };

export interface ServiceVariable {
  name: string;
  value: string;
  /** The Service it is about, which may be gone. */
  service: { namespace: string; name: string };
}

const knownLinks = new WeakMap<Service, ServiceLinks | null>();

/** What the variables of a Service are made of; undefined for one without a cluster IP. */
export function linksOf(service: Service): ServiceLinks | undefined {
  const known = knownLinks.get(service);
  if (known !== undefined) return known ?? undefined;
  const { clusterIP = '', ports = [] } = service.spec;
  const links = hasClusterIp(service.spec) ? { clusterIP, ports: ports.map(portOf) } : undefined;
  knownLinks.set(service, links ?? null);
  return links;
}

function portOf({ name, protocol, port }: ServicePort): ServiceLinks['ports'][number] {
  return name ? { name, protocol, port } : { protocol, port };
}

/**
 * The variables of the Services that a container of a namespace, started at `startMs`, was told of, by the Services'
 * names. Creation times are whole seconds: a Service made in the second of the start counts as there.
 */
export function serviceVariables(
  view: ClusterView,
  namespace: string,
  serviceLinks: boolean,
  startMs: number,
): ServiceVariable[] {
  const told = new Map<string, { namespace: string; links: ServiceLinks }>();
  const { namespace: masterNamespace, name: master } = MASTER_SERVICE;
  const links = linksAt(view, masterNamespace, startMs, master).get(master);
  if (links) told.set(master, { namespace: masterNamespace, links });
  if (serviceLinks) {
    for (const [name, own] of linksAt(view, namespace, startMs)) told.set(name, { namespace, links: own });
  }
  const variables: ServiceVariable[] = [];
  for (const name of [...told.keys()].sort()) {
    const about = told.get(name);
    if (!about) continue;
    const service = { namespace: about.namespace, name };
    for (const [variable, value] of variablesOf(name, about.links)) variables.push({ name: variable, value, service });
  }
  return variables;
}

/** The Services of a namespace as they were at a time, by name: all of them, or one. */
function linksAt(view: ClusterView, namespace: string, timeMs: number, only?: string): Map<string, ServiceLinks> {
  const found = new Map<string, ServiceLinks>();
  const services = only === undefined ? view.iterate(Service, namespace) : [view.get(Service, namespace, only)];
  for (const service of services) {
    const links = service && linksOf(service);
    if (links && fromTimestamp(service.metadata.creationTimestamp) <= timeMs) found.set(service.metadata.name, links);
  }
  // The oldest entry that was still so at that time tells; it comes last here.
  for (const past of (view.get(Namespace, undefined, namespace)?.runtime?.pastServices ?? []).toReversed()) {
    const counts = past.createdMs <= timeMs && past.untilMs > timeMs && (only === undefined || past.name === only);
    if (counts) found.set(past.name, past);
  }
  return found;
}

type NamedValue = readonly [name: string, value: string];

/** Of each description of a Service there is only one Service. */
const knownVariables = new WeakMap<ServiceLinks, readonly NamedValue[]>();

/** The variables of one Service, in the order in which the kubelet makes them. */
export function variablesOf(service: string, links: ServiceLinks): readonly NamedValue[] {
  let variables = knownVariables.get(links);
  if (!variables) {
    variables = makeVariables(service, links);
    knownVariables.set(links, variables);
  }
  return variables;
}

function makeVariables(service: string, { clusterIP, ports }: ServiceLinks): NamedValue[] {
  const prefix = variableName(service);
  const variables: NamedValue[] = [];
  const add = (name: string, value: string | number) => variables.push([name, String(value)]);
  const [first] = ports;
  if (!first) return [];
  add(`${prefix}_SERVICE_HOST`, clusterIP);
  add(`${prefix}_SERVICE_PORT`, first.port);
  for (const { name, port } of ports) if (name) add(`${prefix}_SERVICE_PORT_${variableName(name)}`, port);
  for (const entry of ports) {
    const { protocol, port } = entry;
    const word = protocol.toLowerCase();
    const url = `${word}://${clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP}:${port}`;
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    if (entry === first) add(`${prefix}_PORT`, url);
    add(link, url);
    add(`${link}_PROTO`, word);
    add(`${link}_PORT`, port);
    add(`${link}_ADDR`, clusterIP);
  }
  return variables;
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
