import type { ClusterView } from '../../machinery/cluster-view.ts';
import { milliValue } from '../../machinery/quantity.ts';
import { Node, ZONE_LABEL } from '../node/types.ts';
import type { Endpoint } from './types.ts';

/**
 * Hints that share the endpoints of a Service out over the zones by what CPU the zones have, for Services whose topology
 * mode is Auto. Source: staging/src/k8s.io/endpointslice/topologycache (topologycache.go, utils.go).
 */

/** How much more than its share an endpoint may be burdened with. */
const OVERLOAD_THRESHOLD = 0.2;
const LEAST_SHARE = 1 / (1 + OVERLOAD_THRESHOLD);

const INSUFFICIENT_NODES = 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
const INSUFFICIENT_ENDPOINTS = 'Insufficient number of endpoints';
const NO_ZONE = 'One or more endpoints do not have a zone specified';
const OVERLOADED = 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold';

/** How many endpoints a zone must, may and would have. */
interface Allocation {
  minimum: number;
  maximum: number;
  desired: number;
}

type Allocations = ReadonlyMap<string, Allocation>;

/** The endpoints with their hints, in their order; or without, and why. */
export interface Hinted {
  endpoints: readonly Endpoint[];
  problem?: string;
}

/** Gives every ready endpoint the zone whose clients it is for. `known` are the hints that the slices have. */
export function hintByZone(view: ClusterView, endpoints: readonly Endpoint[], isUnchanged: boolean): Hinted {
  const ready = endpoints.filter(({ conditions }) => conditions.ready);
  const allocations = allocate(cpuByZone(view), ready.length);
  const without = (problem: string): Hinted => ({ endpoints: endpoints.map(withoutHints), problem });
  if (typeof allocations === 'string') return without(allocations);
  if (isUnchanged && holds(ready, allocations)) return { endpoints };
  if (ready.some(({ zone }) => !zone)) return without(NO_ZONE);
  const zones = new Map(ready.map((endpoint) => [endpoint, endpoint.zone ?? '']));
  redistribute(zones, allocations);
  return {
    endpoints: endpoints.map((endpoint) => {
      const name = zones.get(endpoint);
      return name === undefined ? withoutHints(endpoint) : { ...endpoint, hints: { forZones: [{ name }] } };
    }),
  };
}

export function withoutHints(endpoint: Endpoint): Endpoint {
  const { hints, ...rest } = endpoint;
  return hints ? rest : endpoint;
}

/** The allocatable CPU of each zone's ready nodes, in thousandths; undefined where a node has no zone or no CPU. */
function cpuByZone(view: ClusterView): ReadonlyMap<string, number> | undefined {
  const zones = new Map<string, number>();
  for (const { metadata, status } of view.iterate(Node)) {
    const { labels = {} } = metadata;
    if ('node-role.kubernetes.io/control-plane' in labels || 'node-role.kubernetes.io/master' in labels) continue;
    if (status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') continue;
    const zone = labels[ZONE_LABEL];
    const cpu = milliValue(status.allocatable?.['cpu'] ?? 0);
    if (!zone || cpu === 0) return undefined;
    zones.set(zone, (zones.get(zone) ?? 0) + cpu);
  }
  return zones.size < 2 ? undefined : zones;
}

/** Each zone's share of so many endpoints, or why they cannot be shared out. */
function allocate(cpu: ReadonlyMap<string, number> | undefined, count: number): Allocations | string {
  if (!cpu) return INSUFFICIENT_NODES;
  const numbers = `(${count} endpoints, ${cpu.size} zones)`;
  if (cpu.size > count) return `${INSUFFICIENT_ENDPOINTS} ${numbers}`;
  const total = [...cpu.values()].reduce((sum, one) => sum + one, 0);
  const shares = [...cpu].map(([zone, share]) => {
    const desired = (share / total) * count;
    const minimum = Math.ceil(desired * LEAST_SHARE);
    return { zone, minimum, desired: Math.max(desired, minimum) };
  });
  const least = shares.reduce((sum, { minimum }) => sum + minimum, 0);
  if (least > count) return `${OVERLOADED} ${numbers}`;
  return new Map(
    shares.map(({ zone, minimum, desired }) => [zone, { minimum, desired, maximum: minimum + count - least }]),
  );
}

/** Whether the hints that ready endpoints have keep within every zone's share. */
function holds(ready: readonly Endpoint[], allocations: Allocations): boolean {
  const counts = new Map<string, number>();
  for (const { hints } of ready) {
    if (!hints?.forZones?.length) return false;
    for (const { name } of hints.forZones) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const zone of counts.keys()) if (!allocations.has(zone)) return false;
  return [...allocations].every(([zone, { minimum, maximum }]) => {
    const count = counts.get(zone) ?? 0;
    return count >= minimum && count <= maximum;
  });
}

/** Moves hints, in place, from zones that have more endpoints than they need to those that have fewer. */
function redistribute(zones: Map<Endpoint, string>, allocations: Allocations): void {
  const { giving, receiving } = movesBetween(zones, allocations);
  for (const [endpoint, zone] of zones) {
    const left = giving.get(zone) ?? 0;
    if (left === 0) continue;
    const target = [...receiving].find(([, count]) => count > 0);
    if (!target) return;
    zones.set(endpoint, target[0]);
    giving.set(zone, left - 1);
    receiving.set(target[0], target[1] - 1);
  }
}

function movesBetween(zones: ReadonlyMap<Endpoint, string>, allocations: Allocations) {
  const counts = new Map<string, number>();
  for (const zone of zones.values()) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  const surplus = new Map<string, number>();
  const lack = new Map<string, number>();
  for (const [zone, { desired }] of [...allocations].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const count = counts.get(zone) ?? 0;
    if (count > desired) surplus.set(zone, count - desired);
    else if (count < desired) lack.set(zone, desired - count);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const from = most(surplus);
    const to = most(lack);
    if (!from || !to || from.count < 0.5 || to.count < 0.5 || (from.count < 1 && to.count < 1)) break;
    giving.set(from.zone, (giving.get(from.zone) ?? 0) + 1);
    receiving.set(to.zone, (receiving.get(to.zone) ?? 0) + 1);
    surplus.set(from.zone, from.count - 1);
    lack.set(to.zone, to.count - 1);
  }
  return { giving, receiving };
}

function most(zones: ReadonlyMap<string, number>): { zone: string; count: number } | undefined {
  let best: { zone: string; count: number } | undefined;
  for (const [zone, count] of zones) if (count > (best?.count ?? 0)) best = { zone, count };
  return best;
}
