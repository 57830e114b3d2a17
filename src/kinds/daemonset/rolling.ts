import { scaledValue } from '../../machinery/int-or-percent.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import type { Node } from '../node/types.ts';
import { isPodAvailable } from '../pod/queries.ts';
import type { Pod } from '../pod/types.ts';
import { eligibility } from './eligibility.ts';
import { isUpdated } from './pods.ts';
import type { DaemonSet } from './types.ts';

/** Replacing daemons of an older revision. Source: pkg/controller/daemon/update.go (rollingUpdate). */

export interface RollingPlan {
  create: string[];
  delete: Pod[];
}

interface Context {
  set: DaemonSet;
  hash: string;
  now: number;
  groups: ReadonlyMap<string, readonly Pod[]>;
  node: (name: string) => Node | undefined;
  desired: number;
}

/**
 * What an update may do now. `groups` has an entry for every node that should run a daemon, if only an empty one;
 * `desired` is their number.
 */
export function planRollingUpdate(context: Context): RollingPlan {
  const { maxUnavailable, maxSurge } = updateLimits(context.set, context.desired);
  return maxSurge === 0 ? replaceInPlace(context, maxUnavailable) : surge(context, maxSurge);
}

/** Both percentages are rounded up; when both come to nothing one pod may be unavailable. */
export function updateLimits(set: DaemonSet, desired: number): { maxUnavailable: number; maxSurge: number } {
  const rollingUpdate = set.spec.updateStrategy?.rollingUpdate ?? {};
  const maxUnavailable = scaledValue(rollingUpdate.maxUnavailable ?? 1, desired, 'up');
  const maxSurge = scaledValue(rollingUpdate.maxSurge ?? 0, desired, 'up');
  if (desired > 0 && maxUnavailable === 0 && maxSurge === 0) return { maxUnavailable: 1, maxSurge };
  return { maxUnavailable, maxSurge };
}

/** The one new and the one old pod of a node; undefined when there are several of a sort. */
function pairOn(pods: readonly Pod[], hash: string): { fresh: Pod | undefined; old: Pod | undefined } | undefined {
  let fresh: Pod | undefined;
  let old: Pod | undefined;
  for (const pod of pods) {
    if (isBeingDeleted(pod)) continue;
    if (isUpdated(pod, hash)) {
      if (fresh) return undefined;
      fresh = pod;
    } else {
      if (old) return undefined;
      old = pod;
    }
  }
  return { fresh, old };
}

function replaceInPlace({ set, hash, now, groups }: Context, maxUnavailable: number): RollingPlan {
  const isAvailable = (pod: Pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);
  let unavailable = 0;
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  for (const pods of groups.values()) {
    const pair = pairOn(pods, hash);
    if (!pair || Boolean(pair.fresh) === Boolean(pair.old)) unavailable++;
    else if (pair.fresh && !isAvailable(pair.fresh)) unavailable++;
    else if (pair.old && !isAvailable(pair.old)) {
      broken.push(pair.old);
      unavailable++;
    } else if (pair.old && unavailable < maxUnavailable) candidates.push(pair.old);
  }
  return { create: [], delete: [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

function surge({ set, hash, now, groups, node, desired }: Context, maxSurge: number): RollingPlan {
  const isAvailable = (pod: Pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);
  const plan: RollingPlan = { create: [], delete: [] };
  const candidates: string[] = [];
  const misplaced: Pod[] = [];
  let surging = 0;
  let available = 0;
  for (const [name, pods] of groups) {
    const pair = pairOn(pods, hash);
    if (!pair) {
      surging++;
      continue;
    }
    const { fresh, old } = pair;
    const counted = old ?? fresh;
    if (counted && isAvailable(counted)) available++;
    if (!old) continue;
    if (fresh) {
      if (isAvailable(fresh)) plan.delete.push(old);
      else surging++;
      continue;
    }
    const home = node(name);
    const shouldRun = home !== undefined && eligibility(set.spec.template, home).shouldRun;
    if (!isAvailable(old)) {
      if (shouldRun) plan.create.push(name);
      else plan.delete.push(old);
    } else if (!shouldRun) misplaced.push(old);
    else if (surging < maxSurge) candidates.push(name);
  }
  plan.delete.push(...misplaced.slice(0, Math.max(0, available - desired)));
  plan.create.push(...candidates.slice(0, Math.max(0, maxSurge - surging)));
  return plan;
}
