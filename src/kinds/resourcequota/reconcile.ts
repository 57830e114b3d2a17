import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, watchSelf, type Change, type Controller } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { keyOf } from '../../machinery/object.ts';
import { isPodTerminal } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { formatSum } from '../../machinery/resource-sum.ts';
import { QUOTA_KINDS } from './kinds.ts';
import { ResourceQuota } from './types.ts';
import { countLater, countUsage, type Usage } from './usage.ts';

/**
 * Counts what a quota's namespace uses whenever that changes. Source:
 * pkg/controller/resourcequota/resource_quota_controller.go. Only namespaces with a quota pay for it.
 */
export const resourceQuotaController: Controller = {
  name: 'resourcequota-controller',
  watches: [
    watchSelf(ResourceQuota),
    ...[...QUOTA_KINDS.values()].map(({ kind }) =>
      watch(kind, (change, view) => (changesUsage(change) ? quotaKeys(change, view) : undefined)),
    ),
  ],
  reconcile(key, api) {
    const quota = api.getByKey(ResourceQuota, key);
    if (!quota) return;
    const hard = quota.spec.hard ?? {};
    const counted = countUsage(api, quota);
    const used: Record<string, string> = {};
    for (const [name, amount] of counted) used[name] = formatSum(name, amount);
    const same = deepEqual(quota.status.hard ?? {}, hard) && deepEqual(quota.status.used ?? {}, used);
    if (same && quota.runtime && agrees(counted, countLater(api, quota))) return;
    api.updateStatus({ ...quota, status: { hard, used }, runtime: { countedAt: api.revision } });
  },
};

/** Whether admission, which counts on from the last count, comes to the same. */
function agrees(counted: Usage, later: Usage): boolean {
  return [...counted].every(([name, amount]) => later.get(name) === amount);
}

/** An object came or went, a pod ended, or what is asked for changed. */
function changesUsage({ old, new: current }: Change): boolean {
  if (!old || !current) return true;
  if (old.spec !== current.spec) return true;
  return current.kind === 'Pod' && isPodTerminal(old as Pod) !== isPodTerminal(current as Pod);
}

function quotaKeys({ old, new: current }: Change, view: ClusterView): string[] | undefined {
  const namespace = (current ?? old)?.metadata.namespace;
  if (namespace === undefined || view.count(ResourceQuota, namespace) === 0) return undefined;
  return view.list(ResourceQuota, namespace).map(keyOf);
}
