import type { ReplicaSet } from '../replicaset/types.ts';
import { sizeAnnotation, MAX_REPLICAS, DESIRED_REPLICAS } from './annotations.ts';
import { desiredReplicas, isRollingUpdate, maxSurge } from './fenceposts.ts';
import {
  activeOf,
  activeOrLatest,
  allOf,
  desiredCount,
  largestNewestFirst,
  largestOldestFirst,
  replicasOf,
  type ReplicaSetFamily,
} from './replica-sets.ts';
import { sizeAnnotations } from './revision.ts';
import { stored, type Sync } from './sync.ts';
import type { Deployment } from './types.ts';

/** Setting the size of ReplicaSets. Source: pkg/controller/deployment/sync.go (scale), deployment_util.go. */

/** One ReplicaSet and the size it is to have. */
export interface Scaling {
  replicaSet: ReplicaSet;
  replicas: number;
}

/** Writes a size with the Deployment's own sizes, and tells of it; whether the size changed. */
export function scaleReplicaSet(sync: Sync, { replicaSet, replicas }: Scaling): boolean {
  const current = stored(sync, replicaSet);
  if (!current) return false;
  const from = replicasOf(current);
  const annotations = { ...current.metadata.annotations, ...sizeAnnotations(sync.deployment) };
  const result = sync.api.update<ReplicaSet>({
    ...current,
    metadata: { ...current.metadata, annotations },
    spec: { ...current.spec, replicas },
  });
  if (!result.ok || from === replicas) return false;
  const direction = from < replicas ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${current.metadata.name} from ${from} to ${replicas}`;
  sync.api.event(sync.deployment, 'Normal', 'ScalingReplicaSet', message);
  return true;
}

/** scaleReplicaSetAndRecordEvent: the same, but nothing at all where the size is right already. */
export function scaleIfNeeded(sync: Sync, scaling: Scaling): boolean {
  const current = stored(sync, scaling.replicaSet);
  return current !== undefined && replicasOf(current) !== scaling.replicas && scaleReplicaSet(sync, scaling);
}

/** Whether the Deployment was scaled since its ReplicaSets were told its size (isScalingEvent). */
export function isScalingEvent(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return activeOf(all).some((replicaSet) => {
    const desired = sizeAnnotation(replicaSet, DESIRED_REPLICAS);
    return desired !== undefined && desired !== desiredReplicas(deployment);
  });
}

/**
 * What a change of size means for the ReplicaSets: the only one that is active takes it; a saturated newest one sends the
 * others to zero; in the middle of a rolling update all of them share it in proportion. `always` asks for the sizes to be
 * written down even where they stay.
 */
export function planScale(deployment: Deployment, family: ReplicaSetFamily): { scalings: Scaling[]; always: boolean } {
  const desired = desiredReplicas(deployment);
  const only = activeOrLatest(family);
  if (only) return { scalings: [{ replicaSet: only, replicas: desired }], always: false };
  if (isSaturated(deployment, family.newest)) {
    return { scalings: activeOf(family.old).map((replicaSet) => ({ replicaSet, replicas: 0 })), always: false };
  }
  if (!isRollingUpdate(deployment)) return { scalings: [], always: false };
  return { scalings: planProportionally(deployment, activeOf(allOf(family))), always: true };
}

export function scale(sync: Sync, family: ReplicaSetFamily): void {
  const { scalings, always } = planScale(sync.deployment, family);
  for (const scaling of scalings) {
    if (always) scaleReplicaSet(sync, scaling);
    else scaleIfNeeded(sync, scaling);
  }
}

/** IsSaturated: the newest ReplicaSet has every pod, available, and was told so. */
export function isSaturated(deployment: Deployment, newest: ReplicaSet | undefined): boolean {
  const desired = desiredReplicas(deployment);
  return (
    newest !== undefined &&
    replicasOf(newest) === desired &&
    sizeAnnotation(newest, DESIRED_REPLICAS) === desired &&
    (newest.status.availableReplicas ?? 0) === desired
  );
}

/** Shares what is to be added or removed over the active ReplicaSets by their size; the largest takes what is left. */
function planProportionally(deployment: Deployment, active: readonly ReplicaSet[]): Scaling[] {
  const desired = desiredReplicas(deployment);
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - desiredCount(active);
  const ordered = [...active];
  if (toAdd > 0) ordered.sort(largestNewestFirst);
  else if (toAdd < 0) ordered.sort(largestOldestFirst);
  let added = 0;
  const scalings = ordered.map((replicaSet) => {
    const share = proportionOf(deployment, replicaSet, toAdd, added);
    added += share;
    return { replicaSet, replicas: replicasOf(replicaSet) + share };
  });
  const [largest] = scalings;
  if (largest) largest.replicas = Math.max(0, largest.replicas + toAdd - added);
  return scalings;
}

/** GetReplicaSetProportion: one ReplicaSet's share, never more than what is left to share. */
export function proportionOf(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  if (replicasOf(replicaSet) === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(deployment, replicaSet);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

/** getReplicaSetFraction: how the ReplicaSet would grow with its Deployment's largest size. */
function fractionOf(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = replicasOf(replicaSet);
  const desired = desiredReplicas(deployment);
  if (desired === 0) return -size;
  const largestBefore = sizeAnnotation(replicaSet, MAX_REPLICAS) || (deployment.status.replicas ?? 0);
  if (largestBefore === 0) return 0;
  return roundHalfAway((size * (desired + maxSurge(deployment))) / largestBefore) - size;
}

function roundHalfAway(value: number): number {
  return value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5);
}
