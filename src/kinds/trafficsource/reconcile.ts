import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, watchSelf, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { keyOf } from '../../machinery/object.ts';
import { EndpointSlice, serviceKeyOf as serviceKeyOfSlice } from '../endpointslice/types.ts';
import { Fault, hitsPods } from '../fault/types.ts';
import { Node } from '../node/types.ts';
import { Pod } from '../pod/types.ts';
import { servicesOf } from '../service/queries.ts';
import { Service } from '../service/types.ts';
import { append } from './log.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { learn, rulesOf } from './rules.ts';
import { sourcesByService, TrafficSource, type TrafficRuntime, type TrafficStretch } from './types.ts';
import { windowOf, type Window } from './window.ts';

/**
 * Counts the requests of every source, a stretch of time at once: it looks when something changes that decides what
 * becomes of them, and at the times at which that will happen by itself. Where there are no sources, it costs nothing.
 */
export const trafficCounter: Controller = {
  name: 'traffic-counter',
  watches: [
    watchSelf(TrafficSource),
    watch(EndpointSlice, ({ old, new: slice }, view) => keysOfSlice(old, slice, view)),
    watch(Service, ({ old, new: service }, view) => keysOfService(keyOf((service ?? old) as Service), view)),
    watch(Pod, keysOfPod),
    watch(Node, keysOfNode),
    watch(Fault, keysOfFault),
  ],
  reconcile(key, api) {
    const source = api.getByKey(TrafficSource, key);
    if (source) count(source, api);
  },
};

function count(source: TrafficSource, api: ControllerApi): void {
  const { now } = api;
  const latest = rulesOf(api, source);
  const known: TrafficRuntime = source.runtime ?? { since: now, rules: latest, log: [] };
  const { rules, pending } = learn(known, latest, now, api.settings.kubeProxyMinSyncPeriodMs);
  const window = windowOf(source, known.since);
  const outcome = outcomeOf(api, source, rules, known.affinity ?? {});
  const runtime: TrafficRuntime = {
    since: known.since,
    rules: deepEqual(rules, known.rules) ? known.rules : rules,
    ...(pending.length > 0 ? { pending } : {}),
    ...(outcome.affinity ? { affinity: outcome.affinity } : {}),
    log: append(known.log, stretchAt(source, window, outcome, now)),
  };
  api.updateStatus<TrafficSource>({ ...source, runtime });
  plan(window, outcome, pending[0]?.at, api);
}

function stretchAt({ spec }: TrafficSource, { start, end }: Window, { failed }: Outcome, now: number): TrafficStretch {
  if (now < start || now >= end) return { from: now, rate: 0 };
  const fails = Object.keys(failed).length > 0;
  return { from: now, rate: spec.requestsPerSecond, ...(fails ? { failed } : {}) };
}

/** Asks to be called when something changes by itself. That a source begins or ends keeps no cluster from its rest. */
function plan({ start, end }: Window, { until }: Outcome, rulesAt: number | undefined, api: ControllerApi): void {
  for (const time of [until, rulesAt]) if (time !== undefined && time > api.now) api.requeueAt(time);
  for (const time of [start, end]) {
    if (time > api.now && time !== Number.POSITIVE_INFINITY) api.requeueAt(time, { background: true });
  }
}

// --- what may change the outcome ---------------------------------------------------------------------------------------

function keysOfService(serviceKey: string, view: ClusterView): string[] | undefined {
  if (view.count(TrafficSource) === 0) return undefined;
  return view.by(sourcesByService, serviceKey).map(keyOf);
}

function keysOfSlice(old: EndpointSlice | undefined, slice: EndpointSlice | undefined, view: ClusterView) {
  if (view.count(TrafficSource) === 0) return undefined;
  const services = new Set([old && serviceKeyOfSlice(old), slice && serviceKeyOfSlice(slice)]);
  return [...services].flatMap((service) => (service === undefined ? [] : (keysOfService(service, view) ?? [])));
}

/** Sources whose requests may reach a pod: containers that start, stop, exit. */
function keysOfPod({ old, new: pod }: Change<Pod>, view: ClusterView): string[] | undefined {
  if (view.count(TrafficSource) === 0) return undefined;
  if (old && pod && old.runtime === pod.runtime && old.status.containerStatuses === pod.status.containerStatuses) {
    return undefined;
  }
  const services = new Set<string>();
  for (const version of [old, pod]) {
    if (version) for (const service of servicesOf(view, version)) services.add(keyOf(service));
  }
  return [...services].flatMap((service) => keysOfService(service, view) ?? []);
}

function everySource(view: ClusterView): string[] {
  return view.list(TrafficSource).map(keyOf);
}

function keysOfNode({ old, new: node }: Change<Node>, view: ClusterView): string[] | undefined {
  if (view.count(TrafficSource) === 0) return undefined;
  if (old && node && isReady(old) === isReady(node) && old.metadata.labels === node.metadata.labels) return undefined;
  return everySource(view);
}

function isReady({ status }: Node): boolean {
  return status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

function keysOfFault({ old, new: fault }: Change<Fault>, view: ClusterView): string[] | undefined {
  if (view.count(TrafficSource) === 0 || hitsPods((fault ?? old) as Fault)) return undefined;
  return everySource(view);
}
