import { replicaSetsOf } from '../replicaset/queries.ts';
import { orphanReplicaSets, ReplicaSet } from '../replicaset/types.ts';
import { claim } from '../../machinery/claim.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { watch, watchSelf, type Change, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { controllerRef, isBeingDeleted, objectKey } from '../../machinery/object.ts';
import { orphansMatching, selectorsMatching } from '../../machinery/selector-index.ts';
import { isRollingUpdate } from './fenceposts.ts';
import { forgetHistory } from './history.ts';
import { syncFamily } from './new-replica-set.ts';
import { syncPaused } from './pause.ts';
import { recreate } from './recreate.ts';
import { allOf } from './replica-sets.ts';
import { rollBack, wantsRollback } from './rollback.ts';
import { rollOut } from './rolling.ts';
import { syncStatus } from './rollout-status.ts';
import { isScalingEvent, scale } from './scale.ts';
import type { Sync } from './sync.ts';
import { Deployment, deploymentSelector, deploymentsBySelector } from './types.ts';

/**
 * Moves a Deployment's ReplicaSets towards its template and size, one policy per file. It needs no eye on pods: every
 * change of them that matters shows in the status of a ReplicaSet.
 * Source: pkg/controller/deployment/deployment_controller.go (syncDeployment).
 */
export const deploymentController: Controller = {
  name: 'deployment-controller',
  watches: [watchSelf(Deployment), watch(ReplicaSet, deploymentsToWake)],
  reconcile(key, api) {
    const deployment = api.getByKey(Deployment, key);
    if (!deployment) return;
    reconcile({ api, deployment, replicaSets: claimReplicaSets(api, deployment) });
  },
};

function deploymentsToWake({ old, new: current }: Change<ReplicaSet>, view: ClusterView): string[] {
  const keys = new Set<string>();
  for (const replicaSet of [old, current]) {
    const reference = replicaSet && controllerRef(replicaSet);
    if (replicaSet && reference?.kind === Deployment.kind) {
      keys.add(objectKey(replicaSet.metadata.namespace, reference.name));
    }
  }
  const mayBeAdopted = current && !controllerRef(current) && !isBeingDeleted(current);
  const sameClaims =
    old?.metadata.labels === current?.metadata.labels &&
    old?.metadata.ownerReferences === current?.metadata.ownerReferences;
  if (mayBeAdopted && !(old && sameClaims)) {
    for (const { metadata } of selectorsMatching(view, deploymentsBySelector, deploymentSelector, current)) {
      keys.add(objectKey(metadata.namespace, metadata.name));
    }
  }
  return [...keys];
}

function claimReplicaSets(api: ControllerApi, deployment: Deployment): ReplicaSet[] {
  const selector = deploymentSelector(deployment);
  const orphans = orphansMatching(api, orphanReplicaSets, deployment.metadata.namespace, selector);
  return claim(api, deployment, selector, replicaSetsOf(api, deployment), orphans);
}

function reconcile(sync: Sync): void {
  if (isBeingDeleted(sync.deployment)) {
    syncStatus(sync, syncFamily(sync, false));
    return;
  }
  syncPaused(sync);
  if (sync.deployment.spec.paused) return syncSize(sync);
  if (wantsRollback(sync.deployment)) return rollBack(sync);
  if (isScalingEvent(sync.deployment, allOf(syncFamily(sync, false)))) return syncSize(sync);
  if (isRollingUpdate(sync.deployment)) rollOut(sync);
  else recreate(sync);
}

/** sync: what is done for a change of size, and for a paused Deployment: no new template is rolled out. */
function syncSize(sync: Sync): void {
  const family = syncFamily(sync, false);
  scale(sync, family);
  if (sync.deployment.spec.paused && !wantsRollback(sync.deployment)) forgetHistory(sync, family.old);
  syncStatus(sync, family);
}
