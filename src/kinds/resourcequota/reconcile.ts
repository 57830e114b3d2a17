import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watchSelf, type Change, type Controller } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { isBuiltInGroup, kindKey } from '../../machinery/kind.ts';
import { keyOf } from '../../machinery/object.ts';
import { CustomResourceDefinition } from '../customresourcedefinition/types.ts';
import { PersistentVolumeClaim } from '../persistentvolumeclaim/types.ts';
import { isPodTerminal } from '../pod/queries.ts';
import { Pod } from '../pod/types.ts';
import { Service } from '../service/types.ts';
import { kindsUsing } from './kinds.ts';
import { ResourceQuota } from './types.ts';
import { amountText, countLater, countUsage, type Usage } from './usage.ts';

/**
 * Counts what a quota's namespace uses whenever that changes. Source:
 * pkg/controller/resourcequota/resource_quota_controller.go. Only namespaces with a quota pay for it.
 */
export const resourceQuotaController: Controller = {
  name: 'resourcequota-controller',
  watches: [
    watchSelf(ResourceQuota),
    {
      kind: '*',
      keys: (change, view) =>
        view.count(ResourceQuota) > 0 && changesUsage(change) ? quotaKeys(change, view) : undefined,
    },
    {
      kind: CustomResourceDefinition,
      keys: (_change, view) => view.list(ResourceQuota).filter(countsCustomKinds).map(keyOf),
    },
  ],
  reconcile(key, api) {
    const quota = api.getByKey(ResourceQuota, key);
    if (!quota) return;
    const hard = quota.spec.hard ?? {};
    const counted = countUsage(api, quota);
    const used: Record<string, string> = {};
    for (const [name, amount] of counted) used[name] = amountText(name, amount);
    const same = deepEqual(quota.status.hard ?? {}, hard) && deepEqual(quota.status.used ?? {}, used);
    if (same && quota.runtime && agrees(counted, countLater(api, quota))) return;
    api.updateStatus({ ...quota, status: { hard, used }, runtime: { countedAt: api.revision } });
  },
};

/** Whether admission, which counts on from the last count, comes to the same: as it is written, as sums are rounded. */
function agrees(counted: Usage, later: Usage): boolean {
  return [...counted].every(([name, amount]) => {
    const other = later.get(name);
    return other !== undefined && amountText(name, other) === amountText(name, amount);
  });
}

/** A custom kind is counted from when it is defined. */
function countsCustomKinds({ spec }: ResourceQuota): boolean {
  return Object.keys(spec.hard ?? {}).some(isCustomCount);
}

function isCustomCount(name: string): boolean {
  const group = /^count\/[^.]+\.(.+)$/.exec(name)?.[1];
  return group !== undefined && !isBuiltInGroup(group);
}

/** Kinds of which more is counted than their objects. */
const MEASURED = new Set([Pod.key, Service.key, PersistentVolumeClaim.key]);

/** An object came or went, a pod ended, or what is asked for changed. */
function changesUsage({ old, new: current }: Change): boolean {
  if (!old || !current) return true;
  const key = kindKey(current.apiVersion, current.kind);
  if (!MEASURED.has(key)) return false;
  if (old.spec !== current.spec) return true;
  if (key === Pod.key) return isPodTerminal(old as Pod) !== isPodTerminal(current as Pod);
  return key === PersistentVolumeClaim.key && old.status !== current.status;
}

/** The quotas of the object's namespace that count its kind. */
function quotaKeys({ old, new: current }: Change, view: ClusterView): string[] | undefined {
  const object = current ?? old;
  const namespace = object?.metadata.namespace;
  if (!object || namespace === undefined || view.count(ResourceQuota, namespace) === 0) return undefined;
  const key = kindKey(object.apiVersion, object.kind);
  const counting = view.list(ResourceQuota, namespace).filter((quota) => counts(view, quota, key));
  return counting.length > 0 ? counting.map(keyOf) : undefined;
}

const keysByLimits = new WeakMap<object, ReadonlySet<string>>();

function counts(view: ClusterView, quota: ResourceQuota, key: string): boolean {
  const { hard } = quota.spec;
  if (!hard) return false;
  let keys = keysByLimits.get(hard);
  if (!keys) {
    const names = Object.keys(hard).filter((name) => !isCustomCount(name));
    keys = new Set(names.flatMap((name) => kindsUsing(view, name).map((kind) => kind.key)));
    keysByLimits.set(hard, keys);
  }
  return keys.has(key) || (isCustomKey(key) && countsCustomKinds(quota));
}

/** Keys of custom kinds carry their group, counts of theirs too: see Kind.key. */
function isCustomKey(key: string): boolean {
  return key.includes('.');
}
