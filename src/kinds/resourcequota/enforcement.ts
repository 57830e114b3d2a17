import { forbiddenObject, type ApiError } from '../../machinery/api-error.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { AdmissionContext, AdmissionPlugin } from '../../machinery/definition.ts';
import { kindKey } from '../../machinery/kind.ts';
import { groupOf, type KubeObject } from '../../machinery/object.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { Pod, type Container } from '../pod/types.ts';
import { Service } from '../service/types.ts';
import { quotaKindOf } from './kinds.ts';
import { matchesScopes } from './scopes.ts';
import { ResourceQuota, type ResourceList } from './types.ts';
import { noteUpdate, usedNow } from './tally.ts';
import { amountText, usageOf, type Amount, type ReadonlyUsage } from './usage.ts';

/**
 * Refuses what would go over a quota. Source: apiserver/pkg/admission/plugin/resourcequota/controller.go (CheckRequest).
 * Usage is what was counted last and everything created since, so it is never exceeded within one instant either.
 */
export const quotaEnforcement: AdmissionPlugin = {
  name: 'ResourceQuota',
  kinds: '*',
  validate(object, old, context) {
    const { view } = context;
    const { namespace } = object.metadata;
    if (namespace === undefined || view.count(ResourceQuota, namespace) === 0) return undefined;
    if (old && !CHECKED_ON_UPDATE.has(kindKey(object.apiVersion, object.kind))) return undefined;
    const quotas = view.list(ResourceQuota, namespace).filter((quota) => matchesScopes(quota, object));
    for (const quota of quotas) {
      const missing = old ? undefined : missingRequirements(quota, object);
      if (missing !== undefined) {
        return refuse(view, object, `failed quota: ${quota.metadata.name}: must specify ${missing}`);
      }
    }
    for (const quota of quotas) {
      const excess = excessOf(context, quota, deltaOf(view, quota, object, old), old !== undefined);
      if (excess !== undefined) return refuse(view, object, excess);
    }
    return undefined;
  },
};

/** Kinds that may use more after an update; all others are only counted. */
const CHECKED_ON_UPDATE = new Set([Pod.key, Service.key, PersistentVolumeClaim.key]);

function refuse(view: ClusterView, object: KubeObject, why: string): ApiError {
  const plural = quotaKindOf(view, object)?.plural ?? '';
  return forbiddenObject(plural, groupOf(object.apiVersion), object.metadata.name, why);
}

/** What a request uses more than before. An object that the quota was not about is new to it. */
function deltaOf(
  view: ClusterView,
  quota: ResourceQuota,
  object: KubeObject,
  old: KubeObject | undefined,
): ReadonlyUsage {
  const after = usageOf(view, object);
  if (!old || !matchesScopes(quota, old)) return after;
  const before = usageOf(view, old);
  const delta = [...after].map(([name, { value, binary }]): [string, Amount] => [
    name,
    { value: value - (before.get(name)?.value ?? 0), binary },
  ]);
  return new Map(delta.filter(([, { value }]) => value > 0));
}

function excessOf(
  context: AdmissionContext,
  quota: ResourceQuota,
  delta: ReadonlyUsage,
  isUpdate: boolean,
): string | undefined {
  const hard = quota.spec.hard ?? {};
  const limited = Object.keys(hard).filter((name) => (delta.get(name)?.value ?? 0) > 0);
  if (limited.length === 0) return undefined;
  if (isUpdate) noteUpdate(context, quota);
  const used = usedNow(context, quota);
  const exceeded = limited.filter((name) => valueOf(used, name) + valueOf(delta, name) > hardValue(hard, name)).sort();
  if (exceeded.length === 0) return undefined;
  const list = (text: (name: string) => string) => exceeded.map((name) => `${name}=${text(name)}`).join(',');
  const requested = list((name) => amountText(name, delta.get(name) ?? NOTHING));
  const before = list((name) => amountText(name, used.get(name) ?? NOTHING));
  const most = list((name) => String(hard[name]));
  return `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${before}, limited: ${most}`;
}

const NOTHING: Amount = { value: 0, binary: false };

function valueOf(usage: ReadonlyUsage, name: string): number {
  return usage.get(name)?.value ?? 0;
}

/** Compared with sums of the same unit: thousandths of a core, and sums of binary fractions, are rounded alike. */
function hardValue(hard: ResourceList, name: string): number {
  return (parseQuantity(hard[name]) ?? 0) + ROUNDING;
}

const ROUNDING = 1e-9;

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
