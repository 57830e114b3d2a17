import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { AdmissionContext } from '../../machinery/definition.ts';
import type { ResourceQuota } from './types.ts';
import { addUsage, countLater, countUsage, type ReadonlyUsage, type Usage } from './usage.ts';

/**
 * What admission knows of a quota's usage within an instant: what was counted last, and all that was created since. It is
 * remembered from one request to the next, so that many in one instant do not count each other again and again. It lasts
 * no longer than the instant, after which the quota's controller has counted.
 */
interface Tally {
  view: ClusterView;
  epoch: number;
  /** Everything up to this revision is in it. */
  upTo: number;
  usage: Usage;
}

const tallies = new WeakMap<ResourceQuota, Tally>();
/** In which epoch an object of a quota was let use more by an update: from then on only a count of everything is right. */
const updates = new WeakMap<ResourceQuota, number>();

/** What is used now, for a request to be added to. */
export function usedNow({ view, epoch }: AdmissionContext, quota: ResourceQuota): ReadonlyUsage {
  if (updates.get(quota) === epoch) return countUsage(view, quota);
  let tally = tallies.get(quota);
  if (!tally || tally.view !== view || tally.epoch !== epoch) {
    const usage = quota.runtime ? countLater(view, quota) : countUsage(view, quota);
    tally = { view, epoch, upTo: view.revision, usage };
    tallies.set(quota, tally);
  } else if (tally.upTo < view.revision) {
    addUsage(tally.usage, view, quota, tally.upTo);
    tally.upTo = view.revision;
  }
  return tally.usage;
}

/** An update may let an object use more: what is remembered does not know of it. */
export function noteUpdate({ epoch }: AdmissionContext, quota: ResourceQuota): void {
  updates.set(quota, epoch);
}
