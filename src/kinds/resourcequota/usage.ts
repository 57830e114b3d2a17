import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { formatSum, isBinaryQuantity } from '../../machinery/resource-sum.ts';
import { isBinaryTotal, podTotals } from '../limitrange/queries.ts';
import { classOfClaim, type PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import type { Service } from '../service/types.ts';
import { kindsUsing, quotaKindOf, type QuotaKind } from './kinds.ts';
import { matchesScopes } from './scopes.ts';
import type { ResourceQuota } from './types.ts';

/** What objects use of a quota's resources. Source: pkg/quota/v1/evaluator/core. */

export interface Amount {
  value: number;
  /** Written in powers of 1024. */
  binary: boolean;
}

export type Usage = Map<string, Amount>;
export type ReadonlyUsage = ReadonlyMap<string, Amount>;

export function amountText(name: string, { value, binary }: Amount): string {
  return formatSum(name, value, binary);
}

/** Adds an amount; a sum is written in the form of the first amount that is not 0. */
function addAmount(usage: Usage, name: string, amount: Amount): void {
  const known = usage.get(name);
  if (!known || known.value === 0) usage.set(name, amount);
  else usage.set(name, { value: known.value + amount.value, binary: known.binary });
}

const usages = new WeakMap<KubeObject, ReadonlyUsage>();

/** What one object uses, by every name a quota may have for it. */
export function usageOf(view: ClusterView, object: KubeObject): ReadonlyUsage {
  const known = usages.get(object);
  if (known) return known;
  const kind = quotaKindOf(view, object);
  if (!kind) return NOTHING;
  const usage = measure(kind, object);
  if (!kind.isCustom) usages.set(object, usage);
  return usage;
}

const NOTHING: ReadonlyUsage = new Map();

function measure(kind: QuotaKind, object: KubeObject): Usage {
  const usage: Usage = new Map();
  usage.set(kind.counted, ONE);
  if (kind.shortResource) usage.set(kind.shortResource, ONE);
  if (kind.key === 'Pod') addPod(usage, object as Pod);
  else if (kind.key === 'Service') addService(usage, object as Service);
  else if (kind.key === 'PersistentVolumeClaim') addClaim(usage, object as PersistentVolumeClaim);
  return usage;
}

const ONE: Amount = { value: 1, binary: false };

/** Compute resources that may be named without "requests.". */
const BARE = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;
const LIMITED = /^(cpu|memory|ephemeral-storage)$/;
const NATIVE = /^[^/]+$|kubernetes\.io\//;

/** A pod that has ended is an object still, and uses nothing else. */
function addPod(usage: Usage, pod: Pod): void {
  if (pod.status && isPodTerminal(pod)) return;
  usage.set('pods', ONE);
  for (const [name, value] of podTotals(pod, 'requests')) {
    const amount = { value, binary: isBinaryTotal(pod, 'requests', name) };
    if (BARE.test(name)) usage.set(name, amount);
    if (BARE.test(name) || !NATIVE.test(name)) usage.set(`requests.${name}`, amount);
  }
  for (const [name, value] of podTotals(pod, 'limits')) {
    if (LIMITED.test(name)) usage.set(`limits.${name}`, { value, binary: isBinaryTotal(pod, 'limits', name) });
  }
}

function addService(usage: Usage, { spec }: Service): void {
  const nodePorts = nodePortsOf(spec);
  if (nodePorts > 0) usage.set('services.nodeports', { value: nodePorts, binary: false });
  if (spec.type === 'LoadBalancer') usage.set('services.loadbalancers', ONE);
}

/** A load balancer that allocates none uses those that it names. */
function nodePortsOf({ type, ports = [], allocateLoadBalancerNodePorts = true }: Service['spec']): number {
  if (type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts)) return ports.length;
  return type === 'LoadBalancer' ? ports.filter(({ nodePort }) => nodePort).length : 0;
}

/** What a claim asks for in whole bytes, or what it was given while that is more. */
function addClaim(usage: Usage, claim: PersistentVolumeClaim): void {
  const className = classOfClaim(claim);
  const prefix = `${className}.storageclass.storage.k8s.io`;
  if (className !== '') usage.set(`${prefix}/persistentvolumeclaims`, ONE);
  const asked = claim.spec.resources?.requests?.['storage'];
  if (asked === undefined) return;
  const given = claim.status?.allocatedResources?.['storage'];
  const text = (parseQuantity(given) ?? 0) > (parseQuantity(asked) ?? 0) ? given : asked;
  const storage = { value: Math.ceil(parseQuantity(text) ?? 0), binary: isBinaryQuantity(text) };
  usage.set('requests.storage', storage);
  if (className !== '') usage.set(`${prefix}/requests.storage`, storage);
}

/** Adds up what everything in the quota's namespace uses of what the quota limits; names that nobody tracks are left out. */
export function countUsage(view: ClusterView, quota: ResourceQuota): Usage {
  const total: Usage = new Map();
  for (const name of Object.keys(quota.spec.hard ?? {})) {
    if (kindsUsing(view, name).length > 0) total.set(name, { value: 0, binary: false });
  }
  addUsage(total, view, quota, -1);
  return total;
}

/** The same on top of what was counted already, for objects that were created after a revision. */
export function countLater(view: ClusterView, quota: ResourceQuota): Usage {
  const total: Usage = new Map();
  for (const [name, text] of Object.entries(quota.status.used ?? {})) {
    total.set(name, { value: parseQuantity(text) ?? 0, binary: isBinaryQuantity(text) });
  }
  addUsage(total, view, quota, quota.runtime?.countedAt ?? -1);
  return total;
}

/** Adds what objects use that were created after a revision. */
export function addUsage(total: Usage, view: ClusterView, quota: ResourceQuota, after: number): void {
  const keys = new Set([...total.keys()].flatMap((name) => kindsUsing(view, name).map(({ key }) => key)));
  for (const key of keys) {
    const later: KubeObject[] = [];
    const objects = view.listKey(key, quota.metadata.namespace);
    for (let index = objects.length - 1; index >= 0; index--) {
      const object = objects[index];
      if (!object || (view.createdRevision(object.metadata.uid) ?? 0) <= after) break;
      later.push(object);
    }
    for (const object of later.toReversed()) {
      if (!matchesScopes(quota, object)) continue;
      for (const [name, amount] of usageOf(view, object)) if (total.has(name)) addAmount(total, name, amount);
    }
  }
}
