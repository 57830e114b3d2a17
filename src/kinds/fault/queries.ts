import type { ClusterView } from '../../machinery/cluster-view.ts';
import { fromLabelSelector, matches } from '../../machinery/selector.ts';
import { fromTimestamp, parseDuration } from '../../machinery/time.ts';
import { formatLabelSelector } from '../../machinery/selector-text.ts';
import { podsByNode, Pod } from '../pod/types.ts';
import { selectPods } from '../pod/queries.ts';
import {
  Fault,
  faultsByNamespace,
  faultsByNode,
  hitsPods,
  STORAGE_FAULTS,
  storageFaults,
  type FaultKind,
  type LatencyFault,
  type StorageOperation,
} from './types.ts';

/** Questions asked of faults by those whom they hit. */

/** Since when the control plane has not heard a node, in milliseconds; undefined while it does. */
export function silentSince(view: ClusterView, nodeName: string): number | undefined {
  let since: number | undefined;
  for (const fault of view.by(faultsByNode, nodeName)) {
    const start = fromTimestamp(fault.status.startedAt ?? fault.metadata.creationTimestamp);
    if (since === undefined || start < since) since = start;
  }
  return since;
}

/** Whether a node's machine is off, not merely out of reach. */
export function isNodeDown(view: ClusterView, nodeName: string): boolean {
  return view.by(faultsByNode, nodeName).some((fault) => fault.spec.nodeDown !== undefined);
}

/** When a fault begins to act, in milliseconds. */
export function faultStart(fault: Fault): number {
  return fromTimestamp(fault.spec.startTime ?? fault.metadata.creationTimestamp);
}

/** When a fault ceases to act, in milliseconds; infinity when nothing ends it. */
export function faultEnd(fault: Fault): number {
  return fromTimestamp(fault.spec.endTime) ?? Number.POSITIVE_INFINITY;
}

export function isActing(fault: Fault, time: number): boolean {
  return faultStart(fault) <= time && time < faultEnd(fault);
}

const NO_FAULTS: readonly Fault[] = Object.freeze([]);

/** The faults that hit a pod (some of its containers), past, present and to come, oldest first. */
export function faultsOfPod(view: ClusterView, pod: Pod): readonly Fault[] {
  if (view.count(Fault) === 0) return NO_FAULTS;
  const everywhere = view.by(faultsByNamespace, '');
  const here = view.by(faultsByNamespace, pod.metadata.namespace ?? 'default');
  if (everywhere.length + here.length === 0) return NO_FAULTS;
  const faults = [...everywhere, ...here].filter((fault) => targetsPod(fault, pod));
  return faults.sort(
    (left, right) => (view.createdRevision(left.metadata.uid) ?? 0) - (view.createdRevision(right.metadata.uid) ?? 0),
  );
}

/** Whether a pod is in the target of a fault of pods. */
export function targetsPod(fault: Fault, pod: Pod): boolean {
  if (!hitsPods(fault)) return false;
  const { namespace, name, labelSelector, node } = fault.spec.target ?? {};
  if (namespace !== undefined && namespace !== pod.metadata.namespace) return false;
  if (name !== undefined && name !== pod.metadata.name) return false;
  if (node !== undefined && node !== pod.spec.nodeName) return false;
  return labelSelector === undefined || matches(fromLabelSelector(labelSelector), pod.metadata.labels);
}

/** Whether a container (of a pod that is in the target) is hit. */
export function targetsContainer(fault: Fault, container: { name: string; image?: string }): boolean {
  const { container: name, image } = fault.spec.target ?? {};
  if (name !== undefined && name !== container.name) return false;
  if (image !== undefined && !matchesImage(image, container.image ?? '')) return false;
  const pulled = fault.spec.imagePull?.image;
  return pulled === undefined || matchesImage(pulled, container.image ?? '');
}

/** The faults of one kind among those of a pod that hit one of its containers. */
export function faultsOfContainer(
  faults: readonly Fault[],
  kind: FaultKind,
  container: { name: string; image?: string },
): readonly Fault[] {
  if (faults.length === 0) return NO_FAULTS;
  return faults.filter((fault) => fault.spec[kind] !== undefined && targetsContainer(fault, container));
}

/** The pods that a fault of pods may hit, found by the narrowest part of its target. */
export function podsOfFault(view: ClusterView, fault: Fault): readonly Pod[] {
  if (!hitsPods(fault)) return [];
  const { namespace, name, labelSelector, node } = fault.spec.target ?? {};
  const hit = (pods: readonly Pod[]) => pods.filter((pod) => targetsPod(fault, pod));
  if (node !== undefined) return hit(view.by(podsByNode, node));
  if (namespace === undefined) return hit(view.list(Pod));
  if (name !== undefined) {
    const pod = view.get(Pod, namespace, name);
    return pod ? hit([pod]) : [];
  }
  return hit(labelSelector ? selectPods(view, namespace, fromLabelSelector(labelSelector)) : view.list(Pod, namespace));
}

/** How much longer a component takes at a time, in milliseconds: the delays of all acting faults together. */
export function latencyMs(faults: readonly Fault[], component: LatencyFault['component'], time: number): number {
  let total = 0;
  for (const fault of faults) {
    if (fault.spec.latency?.component !== component || !isActing(fault, time)) continue;
    total += parseDuration(fault.spec.latency.delay) ?? 0;
  }
  return total;
}

/** What the acting faults do to an operation of a driver of volumes. */
export interface StorageDisturbance {
  /** How much longer it takes, in milliseconds. */
  delayMs: number;
  /** Why it fails, if it does. */
  error?: string;
}

const UNDISTURBED: StorageDisturbance = Object.freeze({ delayMs: 0 });

export function storageDisturbance(view: ClusterView, driver: string, operation: StorageOperation): StorageDisturbance {
  if (view.countBy(storageFaults, STORAGE_FAULTS) === 0) return UNDISTURBED;
  const disturbance: StorageDisturbance = { delayMs: 0 };
  for (const { spec } of view.by(storageFaults, STORAGE_FAULTS)) {
    const { storage } = spec;
    if (!storage || (storage.operation ?? 'PROVISION') !== operation || !matchesPattern(storage.driver, driver))
      continue;
    if (storage.delay !== undefined) disturbance.delayMs += parseDuration(storage.delay) ?? 0;
    else disturbance.error ??= storage.message ?? 'rpc error: code = Internal desc = injected fault';
  }
  return disturbance;
}

/** Whether a text fits a pattern in which `*` stands for any text. */
function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}

const imagePatterns = new Map<string, RegExp>();

/**
 * Whether an image reference matches a pattern: `*` stands for any text, and a pattern without tag matches every tag.
 * `nginx` matches `nginx`, `nginx:1.27` and `docker.io/library/nginx:1.27`.
 */
export function matchesImage(pattern: string, image: string): boolean {
  let expression = imagePatterns.get(pattern);
  if (!expression) {
    const text = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    expression = new RegExp(`^(?:docker\\.io/(?:library/)?)?${text}(?:[:@].*)?$`);
    imagePatterns.set(pattern, expression);
  }
  return expression.test(image);
}

/** What a fault hits, in one line. */
export function describeTarget({ spec }: Fault): string {
  if (spec.nodeDown) return `node/${spec.nodeDown.node}`;
  if (spec.pressure) return `node/${spec.pressure.node}, ${spec.pressure.resource}`;
  if (spec.partition) {
    const side = (names: readonly string[] | undefined) => (names?.length ? names.join(',') : '*');
    return `${side(spec.partition.a)} | ${side(spec.partition.b)}`;
  }
  if (spec.storage) return `driver/${spec.storage.driver}, ${spec.storage.operation ?? 'PROVISION'}`;
  if (spec.imagePull) return `image/${spec.imagePull.image}`;
  const { namespace, name, labelSelector, container, node, image } = spec.target ?? {};
  const pods = name ?? (labelSelector ? formatLabelSelector(labelSelector) : '*');
  const parts = [`pods/${namespace === undefined ? '' : `${namespace}/`}${pods}`];
  if (container !== undefined) parts.push(`container ${container}`);
  if (image !== undefined) parts.push(`image ${image}`);
  if (node !== undefined) parts.push(`node ${node}`);
  return parts.join(', ');
}
