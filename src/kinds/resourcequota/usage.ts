import type { ClusterView } from '../../machinery/cluster-view.ts';
import { kindKey } from '../../machinery/kind.ts';
import { groupOf, type KubeObject } from '../../machinery/object.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { podTotals } from '../limitrange/queries.ts';
import { classOfClaim, type PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import type { Service } from '../service/types.ts';
import { QUOTA_KINDS } from './kinds.ts';
import { matchesScopes } from './scopes.ts';
import type { ResourceQuota } from './types.ts';

/** What objects use of a quota's resources. Source: pkg/quota/v1/evaluator/core. */

export type Usage = Map<string, number>;

/** Compute resources that may be named without "requests.". */
const BARE = /^(cpu|memory|ephemeral-storage)$/;

/** What one object uses, by every name a quota may have for it. */
export function usageOf(object: KubeObject): Usage {
  const kind = QUOTA_KINDS.get(kindKey(object.apiVersion, object.kind));
  const usage: Usage = new Map();
  if (!kind) return usage;
  const group = groupOf(object.apiVersion);
  usage.set(`count/${group ? `${kind.plural}.${group}` : kind.plural}`, 1);
  if (kind.shortResource) usage.set(kind.shortResource, 1);
  if (object.kind === 'Pod') addPod(usage, object as Pod);
  else if (object.kind === 'Service') addService(usage, object as Service);
  else if (object.kind === 'PersistentVolumeClaim') addClaim(usage, object as PersistentVolumeClaim);
  return usage;
}

/** A pod that has ended is an object still, and uses nothing else. */
function addPod(usage: Usage, pod: Pod): void {
  if (pod.status && isPodTerminal(pod)) return;
  usage.set('pods', 1);
  for (const [name, amount] of podTotals(pod, 'requests')) {
    usage.set(`requests.${name}`, amount);
    if (BARE.test(name) || name.startsWith('hugepages-')) usage.set(name, amount);
  }
  for (const [name, amount] of podTotals(pod, 'limits')) usage.set(`limits.${name}`, amount);
}

function addService(usage: Usage, { spec }: Service): void {
  const ports = spec.ports?.length ?? 0;
  if (spec.type === 'NodePort') usage.set('services.nodeports', ports);
  if (spec.type !== 'LoadBalancer') return;
  usage.set('services.loadbalancers', 1);
  const wanted = spec.allocateLoadBalancerNodePorts ?? true;
  usage.set('services.nodeports', wanted ? ports : (spec.ports ?? []).filter(({ nodePort }) => nodePort).length);
}

function addClaim(usage: Usage, claim: PersistentVolumeClaim): void {
  const storage = parseQuantity(claim.spec.resources?.requests?.['storage']) ?? 0;
  usage.set('requests.storage', storage);
  const className = classOfClaim(claim);
  if (className === '') return;
  const prefix = `${className}.storageclass.storage.k8s.io`;
  usage.set(`${prefix}/persistentvolumeclaims`, 1);
  usage.set(`${prefix}/requests.storage`, storage);
}

/** Adds up what everything in the quota's namespace uses of what the quota limits. */
export function countUsage(view: ClusterView, quota: ResourceQuota): Usage {
  const names = Object.keys(quota.spec.hard ?? {});
  const total: Usage = new Map(names.map((name) => [name, 0]));
  addUsage(total, view, quota, -1);
  return total;
}

/** The same on top of what was counted already, for objects that were created after a revision. */
export function countLater(view: ClusterView, quota: ResourceQuota): Usage {
  const used = quota.status.used ?? {};
  const names = Object.keys(quota.spec.hard ?? {});
  const total: Usage = new Map(names.map((name) => [name, parseQuantity(used[name]) ?? 0]));
  addUsage(total, view, quota, quota.runtime?.countedAt ?? -1);
  return total;
}

function addUsage(total: Usage, view: ClusterView, quota: ResourceQuota, after: number): void {
  for (const key of kindsOf([...total.keys()])) {
    const objects = view.listKey(key, quota.metadata.namespace);
    for (let index = objects.length - 1; index >= 0; index--) {
      const object = objects[index];
      if (!object || (view.createdRevision(object.metadata.uid) ?? 0) <= after) break;
      if (!matchesScopes(quota, object)) continue;
      for (const [name, amount] of usageOf(object)) {
        const known = total.get(name);
        if (known !== undefined) total.set(name, known + amount);
      }
    }
  }
}

/** The kinds that resources of these names are used by. */
export function kindsOf(names: readonly string[]): string[] {
  const keys = new Set<string>();
  for (const name of names) {
    for (const [key, kind] of QUOTA_KINDS) if (kind.uses(name)) keys.add(key);
  }
  return [...keys];
}
