import { forbiddenObject, type ApiError } from '../../machinery/api-error.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { AdmissionPlugin } from '../../machinery/definition.ts';
import { kindKey } from '../../machinery/kind.ts';
import { groupOf, type KubeObject } from '../../machinery/object.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import type { Container, Pod } from '../pod/types.ts';
import { formatSum } from '../../machinery/resource-sum.ts';
import { QUOTA_KINDS } from './kinds.ts';
import { matchesScopes } from './scopes.ts';
import { ResourceQuota } from './types.ts';
import { countLater, countUsage, usageOf, type Usage } from './usage.ts';

/**
 * Refuses what would go over a quota. Source: apiserver/pkg/admission/plugin/resourcequota/controller.go (CheckRequest).
 * Usage is what was counted last and everything created since, so it is never exceeded within one instant either.
 */
export const quotaEnforcement: AdmissionPlugin = {
  name: 'ResourceQuota',
  kinds: [...QUOTA_KINDS.values()].map(({ kind }) => kind),
  validate(object, old, { view }) {
    const { namespace } = object.metadata;
    if (namespace === undefined || view.count(ResourceQuota, namespace) === 0) return undefined;
    const quotas = view.list(ResourceQuota, namespace).filter((quota) => matchesScopes(quota, object));
    for (const quota of quotas) {
      const missing = old ? undefined : missingRequirements(quota, object);
      if (missing !== undefined) return refuse(object, `failed quota: ${quota.metadata.name}: must specify ${missing}`);
    }
    const delta = deltaOf(object, old);
    if (delta.size === 0) return undefined;
    for (const quota of quotas) {
      const excess = excessOf(view, quota, delta);
      if (excess !== undefined) return refuse(object, excess);
    }
    return undefined;
  },
};

function refuse(object: KubeObject, why: string): ApiError {
  const plural = QUOTA_KINDS.get(kindKey(object.apiVersion, object.kind))?.plural ?? '';
  return forbiddenObject(plural, groupOf(object.apiVersion), object.metadata.name, why);
}

/** What a request uses more than before, without what it does not use. */
function deltaOf(object: KubeObject, old: KubeObject | undefined): Usage {
  const delta = usageOf(object);
  if (old) for (const [name, amount] of usageOf(old)) delta.set(name, (delta.get(name) ?? 0) - amount);
  for (const [name, amount] of delta) if (amount <= 0) delta.delete(name);
  return delta;
}

function excessOf(view: ClusterView, quota: ResourceQuota, delta: Usage): string | undefined {
  const hard = quota.spec.hard ?? {};
  const limited = Object.keys(hard).filter((name) => delta.has(name));
  if (limited.length === 0) return undefined;
  const used = quota.runtime ? countLater(view, quota) : countUsage(view, quota);
  const exceeded = limited
    .filter((name) => (used.get(name) ?? 0) + (delta.get(name) ?? 0) > (parseQuantity(hard[name]) ?? 0))
    .sort();
  if (exceeded.length === 0) return undefined;
  const list = (text: (name: string) => string) => exceeded.map((name) => `${name}=${text(name)}`).join(',');
  const requested = list((name) => formatSum(name, delta.get(name) ?? 0));
  const before = list((name) => formatSum(name, used.get(name) ?? 0));
  const most = list((name) => String(hard[name]));
  return `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${before}, limited: ${most}`;
}

/** Compute resources that every container must name once a quota limits them. */
const MUST_NAME = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];

function missingRequirements({ spec }: ResourceQuota, object: KubeObject): string | undefined {
  if (object.kind !== 'Pod') return undefined;
  const pod = (object as Pod).spec;
  if ((pod as { resources?: unknown }).resources !== undefined) return undefined;
  const containers = [...pod.containers, ...(pod.initContainers ?? [])];
  const parts: string[] = [];
  for (const name of MUST_NAME) {
    if (spec.hard?.[name] === undefined) continue;
    const without = containers
      .filter((container) => !namesResource(container, name))
      .map((container) => container.name);
    if (without.length > 0) parts.push(`${name} for: ${[...new Set(without)].sort().join(',')}`);
  }
  return parts.length > 0 ? parts.join('; ') : undefined;
}

function namesResource({ resources }: Container, name: string): boolean {
  const [section, resource] = name.startsWith('limits.')
    ? ['limits', name.slice(7)]
    : ['requests', name.replace('requests.', '')];
  const list = resources?.[section as 'limits' | 'requests'] as Record<string, unknown> | undefined;
  return list?.[resource ?? ''] !== undefined;
}
