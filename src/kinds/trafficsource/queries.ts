import type { ClusterView } from '../../machinery/cluster-view.ts';
import { keyOf } from '../../machinery/object.ts';
import type { Client, ListedEndpoint } from '../endpointslice/queries.ts';
import { isNodeDown, silentSince } from '../fault/queries.ts';
import { Fault } from '../fault/types.ts';
import { Node } from '../node/types.ts';
import type { ContainerRuntime, Running } from '../pod/runtime.ts';
import type { Container, ContainerStatus, Pod } from '../pod/types.ts';
import type { Service } from '../service/types.ts';
import { addCounts, countBetween, type TrafficCount } from './log.ts';
import { sourcesByService, type TrafficSource, type TrafficTarget } from './types.ts';

/** Questions about requests to Services: how many there were, and what becomes of one at an endpoint. */

/** The sources that send to a Service, oldest first. */
export function sourcesOf(view: ClusterView, service: Service): readonly TrafficSource[] {
  return view.by(sourcesByService, keyOf(service));
}

/** Counts of one stretch of time; times are milliseconds. */
export interface TrafficBucket extends TrafficCount {
  from: number;
  to: number;
}

/** What became of the requests of some sources, in so many equal parts of the time from `from` until `to`. */
export function countTraffic(
  sources: readonly TrafficSource[],
  from: number,
  to: number,
  buckets: number,
): TrafficBucket[] {
  const edge = (index: number) => Math.round(from + ((to - from) * index) / buckets);
  return Array.from({ length: buckets }, (_, index) => {
    const start = edge(index);
    const end = edge(index + 1);
    const counts = sources.map(({ runtime }) => countBetween(runtime?.log ?? [], start, end));
    return { from: start, to: end, ...addCounts(counts) };
  });
}

/** When the first of some sources came to be, in milliseconds; undefined without sources. */
export function firstTrafficAt(sources: readonly TrafficSource[]): number | undefined {
  const times = sources.flatMap(({ runtime }) => runtime?.since ?? []);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** An endpoint as a target of requests to the port of this name. */
export function targetOf({ endpoint, slice }: ListedEndpoint, portName: string): TrafficTarget {
  const { addresses, nodeName, targetRef } = endpoint;
  const number = slice.ports.find(({ name = '' }) => name === portName)?.port;
  return {
    ...(targetRef?.uid ? { pod: targetRef.uid } : {}),
    address: addresses[0] ?? '',
    ...(nodeName ? { node: nodeName } : {}),
    ...(number === undefined ? {} : { port: number }),
  };
}

/** What a request meets at an endpoint, from now until `until` (for ever when undefined) unless something changes. */
export interface Answer {
  /** Why it fails; undefined when it is answered. */
  reason?: string;
  until?: number | undefined;
}

const ANSWERED: Answer = Object.freeze({});

/**
 * Whether an endpoint answers a client. That an address is among the endpoints says that its pod was ready when that was
 * last noticed; whether a process listens there is another matter: one that is still starting does not listen yet, and
 * one that got SIGTERM has closed its port, though kube-proxies may not know that yet.
 */
export function answerOf(view: ClusterView, target: TrafficTarget, client: Client): Answer {
  const unreachable = target.node === undefined ? undefined : whyUnreachable(view, target.node, client);
  if (target.pod === undefined) return unreachable === undefined ? ANSWERED : { reason: unreachable };
  const pod = view.byUid(target.pod) as Pod | undefined;
  if (!pod) return { reason: 'no route to host: the pod is gone' };
  if (unreachable !== undefined) return { reason: unreachable };
  const container = listener(pod, target.port);
  if (!container) return ANSWERED;
  if (pod.runtime?.since === undefined) return reportedAnswer(pod, container);
  if (pod.runtime.done) return { reason: NOT_RUNNING };
  return containerAnswer(pod.runtime.containers?.[container.name], view.now);
}

const NOT_RUNNING = 'connection refused: the container does not run';
const STARTING = 'connection refused: the container is still starting';
const STOPPING = 'connection refused: the container is shutting down';
const SILENT = 'connection timed out: the node does not answer';

/** Why nothing on a node can be reached from where a client is; undefined when it can. */
function whyUnreachable(view: ClusterView, name: string, client: Client): string | undefined {
  const node = view.get(Node, undefined, name);
  if (!node) return 'no route to host: the node is gone';
  if (view.count(Fault) > 0) {
    if (isNodeDown(view, name) || isCutOff(view, name, client)) return SILENT;
    // Merely out of the control plane's reach: its pods go on serving.
    if (silentSince(view, name) !== undefined) return undefined;
  }
  const ready = node.status.conditions?.find(({ type }) => type === 'Ready');
  return ready && ready.status !== 'True' ? SILENT : undefined;
}

/** Whether a partition stands between a client and a node. A client of which no node is known is "everyone else". */
function isCutOff(view: ClusterView, name: string, client: Client): boolean {
  if (client.node === name) return false;
  const isOn = (side: readonly string[], other: readonly string[], node: string | undefined) =>
    side.length === 0 ? node === undefined || !other.includes(node) : node !== undefined && side.includes(node);
  return view.list(Fault).some(({ spec, status }) => {
    if (!status.active || !spec.partition) return false;
    const { a = [], b = [] } = spec.partition;
    return (isOn(a, b, name) && isOn(b, a, client.node)) || (isOn(b, a, name) && isOn(a, b, client.node));
  });
}

/** The container that says it has the port, or the first one. */
function listener({ spec }: Pod, port: number | undefined): Container | undefined {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const named = [...spec.containers, ...sidecars].find(({ ports }) =>
    ports?.some(({ containerPort }) => containerPort === port),
  );
  return named ?? spec.containers[0];
}

function containerAnswer(state: ContainerRuntime | undefined, now: number): Answer {
  if (state?.step.step !== 'running') return { reason: NOT_RUNNING };
  const run = state.step;
  if (now < run.plan.upAt) return { reason: STARTING, until: run.plan.upAt };
  const closesAt = sigtermAt(run);
  if (closesAt === undefined) return ANSWERED;
  return now < closesAt ? { until: closesAt } : { reason: STOPPING };
}

/** When a container gets or got its SIGTERM: it closes its port then, and ends what it has begun. */
function sigtermAt({ stop, plan }: Running): number | undefined {
  if (stop?.exitAt === undefined) return undefined;
  return Math.min(stop.exitAt, Math.max(stop.hookUntil, stop.exitAt - plan.stopMs));
}

/** For a pod that no kubelet looks after: what its status says. */
function reportedAnswer({ status }: Pod, container: Container): Answer {
  const reported: ContainerStatus | undefined = status.containerStatuses?.find(({ name }) => name === container.name);
  if (!reported) return ANSWERED;
  if (!reported.state?.running) return { reason: NOT_RUNNING };
  return reported.started === false ? { reason: STARTING } : ANSWERED;
}
