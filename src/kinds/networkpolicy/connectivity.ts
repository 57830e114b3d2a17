import type { ClusterView } from '../../machinery/cluster-view.ts';
import { formatIp } from '../../machinery/ip-address.ts';
import { endpointsOf, isEndpointReady, type ListedEndpoint } from '../endpointslice/queries.ts';
import { Pod } from '../pod/types.ts';
import { isHeadless } from '../service/queries.ts';
import type { Service, ServicePort } from '../service/types.ts';
import { judgeSide, type SideVerdict, type TargetPort } from './isolation.ts';
import { addressParty, podParty, type Party } from './party.ts';
import { containerPort } from './ports.ts';

/**
 * Whether network policies let a new connection through: out of its source and into its target. Whether anything listens
 * there is another question. Answers to what was allowed pass by themselves.
 */

export type Target = Party | { service: Service };

export interface ConnectivityQuestion {
  from: Party;
  to: Target;
  /** A number or a name; undefined asks about all ports, for a Service about its first one. */
  port: string | undefined;
  protocol: string;
}

/** A Service of more endpoints is judged by all of them, and shows this many. */
export const PATHS_LIMIT = 100;

/** One way that a connection can take: a Service has one for each of its endpoints. */
export interface ConnectivityPath {
  from: Party;
  to: Party;
  port: number | undefined;
  protocol: string;
  allowed: boolean;
  egress: SideVerdict;
  ingress: SideVerdict;
}

export interface Connectivity {
  /** Whether every path is allowed, and there is one. */
  allowed: boolean;
  paths: readonly ConnectivityPath[];
  /** Why there is no path to judge. */
  problem: string | undefined;
}

export function judgeConnectivity(view: ClusterView, question: ConnectivityQuestion): Connectivity {
  const targets = 'service' in question.to ? serviceTargets(view, question.to.service, question) : ownTarget(question);
  if (typeof targets === 'string') return { allowed: false, paths: [], problem: targets };
  const paths = targets.map(({ party, port }): ConnectivityPath => {
    const egress = judgeSide(view, 'Egress', question.from, party, port);
    const ingress = judgeSide(view, 'Ingress', party, question.from, port);
    const allowed = egress.allowed && ingress.allowed;
    return { from: question.from, to: party, port: port.number, protocol: port.protocol, allowed, egress, ingress };
  });
  return { allowed: paths.every(({ allowed }) => allowed), paths: paths.slice(0, PATHS_LIMIT), problem: undefined };
}

interface ResolvedTarget {
  party: Party;
  port: TargetPort;
}

/** The target itself, or why its port is none. */
function ownTarget({ to, port, protocol }: ConnectivityQuestion): ResolvedTarget[] | string {
  const party = to as Party;
  if (port === undefined) return [{ party, port: { number: undefined, protocol } }];
  const number = /^\d+$/.test(port) ? Number(port) : party.pod && containerPort(party.pod, port, protocol);
  if (number !== undefined) return [{ party, port: { number, protocol } }];
  return `${party.text} has no ${protocol} port named ${JSON.stringify(port)}`;
}

/**
 * The endpoints that kube-proxy would choose from, each with its own port: policies see connections after a Service's
 * address was translated.
 */
function serviceTargets(
  view: ClusterView,
  service: Service,
  { port, protocol }: ConnectivityQuestion,
): ResolvedTarget[] | string {
  const name = `service/${service.metadata.namespace}/${service.metadata.name}`;
  if (service.spec.type === 'ExternalName') return `${name} is a name outside of the cluster`;
  const servicePort = findServicePort(service, port, protocol);
  if (!servicePort) return `${name} has no ${protocol} port${port === undefined ? '' : ` ${JSON.stringify(port)}`}`;
  const listed = endpointsOf(view, service).flatMap((entry) => {
    const number = entry.slice.ports.find((each) => (each.name ?? '') === (servicePort.name ?? ''))?.port;
    return number === undefined ? [] : { entry, number };
  });
  const ready = listed.filter(({ entry: { endpoint } }) => isEndpointReady(endpoint));
  const usable = ready.length > 0 ? ready : listed.filter(({ entry }) => stillServes(entry));
  if (usable.length === 0) return `${name} has no ready endpoints`;
  return usable.flatMap(({ entry, number }) => {
    const party = endpointParty(view, entry);
    return party ? { party, port: { number: directPort(service, port) ?? number, protocol } } : [];
  });
}

/** A client of a headless Service connects to its endpoints itself, on whatever port it likes. */
function directPort({ spec }: Service, port: string | undefined): number | undefined {
  return isHeadless(spec) && port !== undefined && /^\d+$/.test(port) ? Number(port) : undefined;
}

function findServicePort({ spec }: Service, port: string | undefined, protocol: string): ServicePort | undefined {
  const ports = (spec.ports ?? []).filter((each) => each.protocol === protocol);
  const found = ports.find((each) => port === undefined || each.name === port || String(each.port) === port);
  return found ?? (isHeadless(spec) ? ports[0] : undefined);
}

function stillServes({ endpoint: { conditions } }: ListedEndpoint): boolean {
  return (conditions.serving ?? false) && (conditions.terminating ?? false);
}

function endpointParty(view: ClusterView, { endpoint }: ListedEndpoint): Party | undefined {
  const { targetRef, addresses } = endpoint;
  const pod = targetRef?.kind === 'Pod' ? view.get(Pod, targetRef.namespace, targetRef.name) : undefined;
  return pod ? podParty(view, pod) : addressParty(addresses[0] ?? '');
}

/** In one sentence why a path is allowed or denied. */
export function explainPath({ allowed, egress, ingress, from, to }: ConnectivityPath): string {
  const sides = [sentence(egress, from, 'out of'), sentence(ingress, to, 'into')];
  if (allowed) return `allowed: ${sides.join('; ')}`;
  const denied = [egress, ingress].flatMap((side, index) => (side.allowed ? [] : (sides[index] ?? [])));
  return `denied: ${denied.join('; ')}`;
}

function sentence(side: SideVerdict, { text }: Party, way: string): string {
  if (side.exemption !== undefined) return `${way} ${text}: ${side.exemption}`;
  if (side.policies.length === 0) return `${way} ${text}: no policy isolates it`;
  const names = side.policies.map(({ metadata }) => metadata.name).join(', ');
  if (!side.allowedBy) return `${way} ${text}: no rule of ${names} allows it`;
  const { policy, rule } = side.allowedBy;
  const field = side.type === 'Ingress' ? 'ingress' : 'egress';
  return `${way} ${text}: ${policy.metadata.name} allows it in ${field}[${rule}]`;
}

/** The address that a party is shown with: a pod's first one. */
export function addressText({ addresses, text, pod }: Party): string | undefined {
  const [first] = addresses;
  if (first) return formatIp(first);
  return pod ? undefined : text;
}
