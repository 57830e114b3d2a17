import type { ReplicaSet } from '../replicaset/types.ts';
import { isCopied, revisionAnnotation, revisionOf, ROLLBACK_TO } from './annotations.ts';
import { syncFamily } from './new-replica-set.ts';
import { allOf, lastRevision } from './replica-sets.ts';
import type { Sync } from './sync.ts';
import { sameTemplate, templateWithoutHash } from './template.ts';
import type { Deployment } from './types.ts';

/** Going back to the template of an older ReplicaSet. Source: pkg/controller/deployment/rollback.go. */

/** A Deployment with the template and annotations of one of its ReplicaSets (SetFromReplicaSetTemplate, SetDeploymentAnnotationsTo). */
export function rolledBackTo(deployment: Deployment, replicaSet: ReplicaSet): Deployment {
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!isCopied(key)) annotations[key] = value;
  }
  for (const [key, value] of Object.entries(replicaSet.metadata.annotations ?? {})) {
    if (isCopied(key)) annotations[key] = value;
  }
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations },
    spec: { ...deployment.spec, template: templateWithoutHash(replicaSet.spec.template) },
  };
}

/** Whether the Deployment asks to be rolled back by its annotation, which the removed rollback subresource left behind. */
export function wantsRollback(deployment: Deployment): boolean {
  return revisionAnnotation(deployment, ROLLBACK_TO) !== undefined;
}

/** Does what the annotation asks for and takes it away. */
export function rollBack(sync: Sync): void {
  const family = syncFamily(sync, true);
  const all = allOf(family);
  const revision = revisionAnnotation(sync.deployment, ROLLBACK_TO) || lastRevision(all);
  if (revision === 0) {
    return finish(sync, 'Warning', 'DeploymentRollbackRevisionNotFound', 'Unable to find last revision.');
  }
  const target = all.find((replicaSet) => revisionOf(replicaSet) === revision);
  if (!target) {
    const message = 'Unable to find the revision to rollback to.';
    return finish(sync, 'Warning', 'DeploymentRollbackRevisionNotFound', message);
  }
  const { name } = sync.deployment.metadata;
  if (sameTemplate(sync.deployment.spec.template, target.spec.template)) {
    const message = `The rollback revision contains the same template as current deployment "${name}"`;
    return finish(sync, 'Warning', 'DeploymentRollbackTemplateUnchanged', message);
  }
  sync.deployment = rolledBackTo(sync.deployment, target);
  finish(sync, 'Normal', 'DeploymentRollback', `Rolled back deployment "${name}" to revision ${revision}`);
}

function finish(sync: Sync, type: 'Normal' | 'Warning', reason: string, message: string): void {
  sync.api.event(sync.deployment, type, reason, message);
  const { [ROLLBACK_TO]: _done, ...annotations } = sync.deployment.metadata.annotations ?? {};
  const result = sync.api.update<Deployment>({
    ...sync.deployment,
    metadata: { ...sync.deployment.metadata, annotations },
  });
  if (result.ok) sync.deployment = result.value;
}
