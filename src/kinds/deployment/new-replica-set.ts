import { mustWait, nextRetry } from '../../controllers/replicas/retry.ts';
import { Namespace } from '../namespace/types.ts';
import { ReplicaSet } from '../replicaset/types.ts';
import { controllerRef, isBeingDeleted, newControllerRef, type NewObject } from '../../machinery/object.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { POD_TEMPLATE_HASH, REVISION } from './annotations.ts';
import { conditionOf, newCondition, PROGRESSING, REASON, withCondition } from './conditions.ts';
import { desiredReplicas, isRollingUpdate, maxSurge } from './fenceposts.ts';
import { podTemplateHash, replicaSetName } from './hash.ts';
import { hasProgressDeadline } from './progress.ts';
import { desiredCount, maxRevision, replicasOf, splitFamily, type ReplicaSetFamily } from './replica-sets.ts';
import { newestAnnotations, sizeAnnotations } from './revision.ts';
import { sameTemplate } from './template.ts';
import { stored, writeAnnotations, writeRetry, writeStatus, type Sync } from './sync.ts';
import type { Deployment } from './types.ts';

/**
 * The ReplicaSet of a Deployment's template: found, kept up to date, or created. Source: pkg/controller/deployment/sync.go
 * (getAllReplicaSetsAndSyncRevision, getNewReplicaSet), deployment_util.go (NewRSNewReplicas).
 */

/** The family, its newest member with the revision it should have; `create` makes one where there is none. */
export function syncFamily(sync: Sync, create: boolean): ReplicaSetFamily {
  const { newest, old } = splitFamily(sync.deployment, sync.replicaSets);
  const revision = maxRevision(old) + 1;
  const existing = newest && stored(sync, newest);
  if (existing) return { newest: syncExisting(sync, existing, revision), old };
  return { newest: create ? createNewest(sync, old, revision) : undefined, old };
}

function syncExisting(sync: Sync, existing: ReplicaSet, revision: number): ReplicaSet {
  const { deployment } = sync;
  const annotations = newestAnnotations(deployment, existing.metadata.annotations, revision);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const isCurrent =
    deepEqual(annotations, existing.metadata.annotations ?? {}) &&
    (existing.spec.minReadySeconds ?? 0) === minReadySeconds;
  if (!isCurrent) {
    const { minReadySeconds: _old, ...spec } = existing.spec;
    const result = sync.api.update<ReplicaSet>({
      ...existing,
      metadata: { ...existing.metadata, annotations },
      spec: minReadySeconds === 0 ? spec : { ...spec, minReadySeconds },
    });
    return result.ok ? result.value : existing;
  }
  syncRevision(sync, existing.metadata.annotations?.[REVISION]);
  if (hasProgressDeadline(deployment) && !conditionOf(deployment.status, PROGRESSING)) {
    setProgressing(sync, REASON.foundNewReplicaSet, `Found new replica set "${existing.metadata.name}"`);
  }
  return existing;
}

/** SetDeploymentRevision: the Deployment carries the revision of its newest ReplicaSet. */
function syncRevision(sync: Sync, revision: string | undefined): void {
  const { annotations } = sync.deployment.metadata;
  if (revision === undefined || annotations?.[REVISION] === revision) return;
  writeAnnotations(sync, { ...annotations, [REVISION]: revision });
}

function setProgressing(sync: Sync, reason: string, message: string, status: 'True' | 'False' = 'True'): void {
  const condition = newCondition(PROGRESSING, status, reason, message, sync.api.now);
  const conditions = withCondition(sync.deployment.status.conditions ?? [], condition);
  writeStatus(sync, { ...sync.deployment.status, conditions: [...conditions] });
}

/** NewRSNewReplicas: how many pods the newest ReplicaSet may have now, within surge. */
export function newestReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment)) return desired;
  const room = desired + maxSurge(deployment) - desiredCount(all);
  return room <= 0 ? current : current + Math.min(room, desired - current);
}

function createNewest(sync: Sync, old: readonly ReplicaSet[], revision: number): ReplicaSet | undefined {
  const { retry } = sync.deployment.runtime ?? {};
  if (mustWait(retry, sync.deployment.metadata.generation, sync.api.now)) {
    sync.api.requeueAt(retry.at, { background: true });
    return undefined;
  }
  const request = newReplicaSet(sync.deployment, old, revision);
  const created = sync.api.create<ReplicaSet>(request);
  if (created.ok) {
    if (retry) writeRetry(sync, undefined);
    const { name } = created.value.metadata;
    const replicas = replicasOf(created.value);
    if (replicas > 0) {
      const message = `Scaled up replica set ${name} from 0 to ${replicas}`;
      sync.api.event(sync.deployment, 'Normal', 'ScalingReplicaSet', message);
    }
    syncRevision(sync, String(revision));
    if (hasProgressDeadline(sync.deployment)) {
      setProgressing(sync, REASON.newReplicaSetCreated, `Created new replica set "${name}"`);
    }
    return created.value;
  }
  const name = request.metadata.name ?? '';
  if (created.error.reason === 'AlreadyExists') return resolveCollision(sync, name, revision);
  reportFailure(sync, name, created.error.message);
  return undefined;
}

function newReplicaSet(deployment: Deployment, old: readonly ReplicaSet[], revision: number): NewObject<ReplicaSet> {
  const { metadata, spec, status } = deployment;
  const hash = podTemplateHash(spec.template, status.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [POD_TEMPLATE_HASH]: hash };
  const matchLabels = { ...spec.selector.matchLabels, [POD_TEMPLATE_HASH]: hash };
  return {
    apiVersion: ReplicaSet.apiVersion,
    kind: ReplicaSet.kind,
    metadata: {
      name: replicaSetName(metadata.name, hash),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels,
      annotations: { ...newestAnnotations(deployment, undefined, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [newControllerRef(deployment)],
    },
    spec: {
      replicas: newestReplicas(deployment, old, 0),
      ...(spec.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}),
      selector: { ...spec.selector, matchLabels },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
    status: { replicas: 0 },
  };
}

/** A ReplicaSet of the name is there: it is ours after all, or two templates share a hash and the next one is tried. */
function resolveCollision(sync: Sync, name: string, revision: number): ReplicaSet | undefined {
  const { deployment, api } = sync;
  const other = api.get(ReplicaSet, deployment.metadata.namespace, name);
  const isOurs = other && controllerRef(other)?.uid === deployment.metadata.uid;
  if (isOurs && sameTemplate(other.spec.template, deployment.spec.template)) {
    syncRevision(sync, String(revision));
    return other;
  }
  const collisionCount = (deployment.status.collisionCount ?? 0) + 1;
  writeStatus(sync, { ...deployment.status, collisionCount });
  return undefined;
}

/** After this many refusals in a row the Deployment waits for somebody to change it (maxRetries). */
const MAX_RETRIES = 15;

function reportFailure(sync: Sync, name: string, why: string): void {
  const { metadata, runtime } = sync.deployment;
  const namespace = sync.api.get(Namespace, undefined, metadata.namespace ?? '');
  if (namespace && isBeingDeleted(namespace)) return;
  const message = `Failed to create new replica set "${name}": ${why}`;
  if (hasProgressDeadline(sync.deployment)) setProgressing(sync, REASON.replicaSetCreateError, message, 'False');
  sync.api.event(sync.deployment, 'Warning', REASON.replicaSetCreateError, message);
  const retry = nextRetry(runtime?.retry, metadata.generation, sync.api.now);
  if (retry.failures <= MAX_RETRIES) writeRetry(sync, retry);
}
