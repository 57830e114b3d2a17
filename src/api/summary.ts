import { Event } from '../kinds/event/types.ts';
import { isNodeReady } from '../kinds/node/queries.ts';
import { Node } from '../kinds/node/types.ts';
import { isPodReady } from '../kinds/pod/queries.ts';
import { Pod, podsByNode } from '../kinds/pod/types.ts';
import type { ClusterView } from '../machinery/cluster-view.ts';
import { milliValue, wholeValue } from '../machinery/quantity.ts';
import { fromTimestamp, HOUR_MS } from '../machinery/time.ts';
import { builder } from './builder.ts';
import { ClusterType } from './cluster-source.ts';
import { restartsOf } from './pod-filter.ts';
import { requestedBy } from './pod-requests.ts';
import { resourceMap, ResourcesType, type RequestedAmounts, type ResourceMap } from './resources.ts';

interface PodCounts {
  total: number;
  ready: number;
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  terminating: number;
}

interface Summary {
  nodesReady: number;
  nodesTotal: number;
  pods: PodCounts;
  restarts: number;
  warnings1h: number;
  cpuRequestedRatio: number;
  memoryRequestedRatio: number;
  capacity: NonNullable<ResourceMap>;
  allocatable: NonNullable<ResourceMap>;
  requested: NonNullable<ResourceMap>;
}

type NodeFigures = Omit<Summary, 'pods' | 'restarts' | 'warnings1h'>;

const summaries = new WeakMap<ClusterView, { revision: number; summary: Summary }>();

/** The figures of a cluster; counted once per revision. */
export function summaryOf(view: ClusterView): Summary {
  const known = summaries.get(view);
  if (known && known.revision === view.revision) return known.summary;
  const summary = countAll(view);
  summaries.set(view, { revision: view.revision, summary });
  return summary;
}

function countAll(view: ClusterView): Summary {
  const pods: PodCounts = { total: 0, ready: 0, pending: 0, running: 0, succeeded: 0, failed: 0, terminating: 0 };
  let restarts = 0;
  for (const pod of view.iterate(Pod)) {
    countPod(pod, pods);
    restarts += restartsOf(pod);
  }
  return { pods, restarts, warnings1h: countWarnings(view), ...countNodes(view) };
}

function countPod(pod: Pod, counts: PodCounts): void {
  counts.total++;
  if (isPodReady(pod)) counts.ready++;
  if (pod.metadata.deletionTimestamp !== undefined) counts.terminating++;
  const { phase } = pod.status;
  if (phase === 'Pending') counts.pending++;
  else if (phase === 'Running') counts.running++;
  else if (phase === 'Succeeded') counts.succeeded++;
  else if (phase === 'Failed') counts.failed++;
}

function countWarnings(view: ClusterView): number {
  let warnings = 0;
  for (const event of view.iterate(Event)) {
    if (event.type !== 'Warning') continue;
    if (view.now - (fromTimestamp(event.lastTimestamp) ?? 0) <= HOUR_MS) warnings += event.count;
  }
  return warnings;
}

function countNodes(view: ClusterView): NodeFigures {
  let nodesReady = 0;
  let nodesTotal = 0;
  const capacity = { cpuMillis: 0, memoryBytes: 0, pods: 0 };
  const allocatable = { cpuMillis: 0, memoryBytes: 0, pods: 0 };
  const requested = { cpuMillis: 0, memoryBytes: 0, pods: 0 };
  for (const node of view.iterate(Node)) {
    nodesTotal++;
    if (isNodeReady(node)) nodesReady++;
    add(capacity, amountsOf(node.status.capacity));
    add(allocatable, amountsOf(node.status.allocatable));
    add(requested, requestedBy(view.by(podsByNode, node.metadata.name)));
  }
  return {
    nodesReady,
    nodesTotal,
    cpuRequestedRatio: ratio(requested.cpuMillis, allocatable.cpuMillis),
    memoryRequestedRatio: ratio(requested.memoryBytes, allocatable.memoryBytes),
    capacity: resourceMap(capacity),
    allocatable: resourceMap(allocatable),
    requested: resourceMap(requested),
  };
}

function amountsOf(resources: ResourceMap): RequestedAmounts {
  return {
    cpuMillis: milliValue(resources?.['cpu']),
    memoryBytes: wholeValue(resources?.['memory']),
    pods: wholeValue(resources?.['pods']),
  };
}

function add(sum: RequestedAmounts, { cpuMillis, memoryBytes, pods }: RequestedAmounts): void {
  sum.cpuMillis += cpuMillis;
  sum.memoryBytes += memoryBytes;
  sum.pods += pods;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

const PodCountsType = builder.objectRef<PodCounts>('PodCounts').implement({
  fields: (t) => ({
    total: t.exposeInt('total'),
    ready: t.exposeInt('ready'),
    pending: t.exposeInt('pending'),
    running: t.exposeInt('running'),
    succeeded: t.exposeInt('succeeded'),
    failed: t.exposeInt('failed'),
    terminating: t.exposeInt('terminating'),
  }),
});

export const SummaryType = builder.objectRef<Summary>('Summary').implement({
  description: 'A cluster in a few figures.',
  fields: (t) => ({
    nodesReady: t.exposeInt('nodesReady'),
    nodesTotal: t.exposeInt('nodesTotal'),
    pods: t.expose('pods', { type: PodCountsType }),
    restarts: t.exposeInt('restarts'),
    warnings1h: t.exposeInt('warnings1h', { description: 'Warning events of the last simulated hour.' }),
    cpuRequestedRatio: t.exposeFloat('cpuRequestedRatio', {
      description: 'Requests of bound pods to allocatable CPU.',
    }),
    memoryRequestedRatio: t.exposeFloat('memoryRequestedRatio'),
    capacity: t.expose('capacity', { type: ResourcesType, description: 'What the nodes have together.' }),
    allocatable: t.expose('allocatable', {
      type: ResourcesType,
      description: 'What of it pods can have: without what the nodes keep for themselves.',
    }),
    requested: t.expose('requested', { type: ResourcesType, description: 'What the bound pods ask for together.' }),
  }),
});

builder.objectField(ClusterType, 'summary', (t) =>
  t.field({ type: SummaryType, resolve: ({ scope }) => summaryOf(scope.view) }),
);
