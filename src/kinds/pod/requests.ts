import { resourceAmount } from '../../machinery/quantity.ts';
import type { Container, ContainerStatus, Pod } from './types.ts';
import { podCondition } from './queries.ts';
import { isScalarResource, noAmounts, type Amounts, type ResourceList } from './amounts.ts';

/**
 * What a pod asks of a node, over all its containers.
 * Source: component-helpers/resource/helpers.go (PodRequests), pkg/scheduler/framework/types.go (CalculateResource).
 */

/** What a container that asks for nothing counts as when nodes are scored. */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY = 200 * 1024 * 1024;

type Totals = Map<string, number>;

export interface PodRequests {
  requests: Amounts;
  /** As `requests`, where a container that asks for no cpu or memory counts as asking for a little. */
  nonZeroMilliCpu: number;
  nonZeroMemory: number;
}

export function podRequests(pod: Pod): PodRequests {
  return plainRequests(pod) ?? allRequests(pod);
}

/** The same for the common case, in which ordinary containers are all there is; undefined in any other. */
function plainRequests({ spec, status }: Pod): PodRequests | undefined {
  if (spec.initContainers?.length || spec.overhead || spec.resources) return undefined;
  if (status?.containerStatuses?.some(({ resources }) => resources !== undefined)) return undefined;
  const requests = noAmounts();
  let nonZeroMilliCpu = 0;
  let nonZeroMemory = 0;
  for (const { resources } of spec.containers) {
    const list = resources?.requests;
    nonZeroMilliCpu += list?.['cpu'] === undefined ? DEFAULT_MILLI_CPU : resourceAmount('cpu', list['cpu']);
    nonZeroMemory += list?.['memory'] === undefined ? DEFAULT_MEMORY : resourceAmount('memory', list['memory']);
    for (const name in list) addAmount(requests, name, resourceAmount(name, list[name]));
  }
  return { requests, nonZeroMilliCpu, nonZeroMemory };
}

function allRequests(pod: Pod): PodRequests {
  const totals = totalRequests(pod, undefined);
  const levelSet = hasPodLevelRequests(pod);
  const missing: Totals = new Map();
  if (!levelSet || !totals.has('cpu')) missing.set('cpu', DEFAULT_MILLI_CPU);
  if (!levelSet || !totals.has('memory')) missing.set('memory', DEFAULT_MEMORY);
  const nonZero = missing.size > 0 ? totalRequests(pod, missing) : totals;
  return {
    requests: toAmounts(totals),
    nonZeroMilliCpu: nonZero.get('cpu') ?? 0,
    nonZeroMemory: nonZero.get('memory') ?? 0,
  };
}

function totalRequests(pod: Pod, missing: Totals | undefined): Totals {
  const totals: Totals = new Map();
  const infeasible = podCondition(pod, 'PodResizePending')?.reason === 'Infeasible';
  const statuses = pod.status?.containerStatuses;
  for (const container of pod.spec.containers) {
    add(totals, containerRequests(container, statuses, infeasible, missing));
  }
  addInitContainers(totals, pod, infeasible, missing);
  if (hasPodLevelRequests(pod)) {
    const list = pod.spec.resources?.requests ?? {};
    for (const name in list) if (isPodLevelResource(name)) totals.set(name, resourceAmount(name, list[name]));
  }
  const overhead = pod.spec.overhead;
  for (const name in overhead) totals.set(name, (totals.get(name) ?? 0) + resourceAmount(name, overhead[name]));
  return totals;
}

/** Init containers run one after the other, beside the sidecars that were started before them. */
function addInitContainers(totals: Totals, pod: Pod, infeasible: boolean, missing: Totals | undefined): void {
  const { initContainers } = pod.spec;
  if (!initContainers?.length) return;
  const sidecars: Totals = new Map();
  const highest: Totals = new Map();
  for (const container of initContainers) {
    const isSidecar = container.restartPolicy === 'Always';
    const statuses = isSidecar ? pod.status?.initContainerStatuses : undefined;
    const requests = containerRequests(container, statuses, infeasible, missing);
    if (isSidecar) {
      add(totals, requests);
      add(sidecars, requests);
      raise(highest, sidecars);
    } else {
      add(requests, sidecars);
      raise(highest, requests);
    }
  }
  raise(totals, highest);
}

function containerRequests(
  container: Container,
  statuses: readonly ContainerStatus[] | undefined,
  infeasible: boolean,
  missing: Totals | undefined,
): Totals {
  const totals = totalsOf(container.resources?.requests);
  const status = statuses?.find(({ name }) => name === container.name);
  if (status?.resources) {
    // While a resize is under way the larger of what is wanted and what is there is held.
    if (infeasible) totals.clear();
    raise(totals, totalsOf(status.resources.requests));
    raise(totals, totalsOf(status.allocatedResources));
  }
  if (missing) for (const [name, amount] of missing) if (!totals.has(name)) totals.set(name, amount);
  return totals;
}

function totalsOf(list: ResourceList | undefined): Totals {
  const totals: Totals = new Map();
  for (const name in list) totals.set(name, resourceAmount(name, list[name]));
  return totals;
}

function add(totals: Totals, more: Totals): void {
  for (const [name, amount] of more) totals.set(name, (totals.get(name) ?? 0) + amount);
}

function raise(totals: Totals, other: Totals): void {
  for (const [name, amount] of other) if (amount > (totals.get(name) ?? -1)) totals.set(name, amount);
}

function toAmounts(totals: Totals): Amounts {
  const amounts = noAmounts();
  for (const [name, amount] of totals) addAmount(amounts, name, amount);
  return amounts;
}

function addAmount(amounts: Amounts, name: string, amount: number): void {
  if (name === 'cpu') amounts.milliCpu += amount;
  else if (name === 'memory') amounts.memory += amount;
  else if (name === 'ephemeral-storage') amounts.ephemeralStorage += amount;
  else if (isScalarResource(name)) {
    amounts.scalars ??= new Map();
    amounts.scalars.set(name, (amounts.scalars.get(name) ?? 0) + amount);
  }
}

function hasPodLevelRequests(pod: Pod): boolean {
  const list = pod.spec.resources?.requests;
  for (const name in list) if (isPodLevelResource(name)) return true;
  return false;
}

function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}
