/** The annotations of a Deployment and its ReplicaSets. Source: pkg/controller/deployment/util/deployment_util.go. */

export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
/** What is left of the rollback subresource: a revision to go back to, 0 for the last. */
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to';

export const POD_TEMPLATE_HASH = 'pod-template-hash';

const NOT_COPIED = new Set([LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO]);

/** Whether an annotation of a Deployment is also its ReplicaSet's. */
export function isCopied(key: string): boolean {
  return !NOT_COPIED.has(key);
}

interface Annotated {
  metadata: { annotations?: Record<string, string> };
}

const INT32_LIMIT = 2 ** 31;

/** A size as an annotation carries it: digits of a 32-bit number that is not negative; undefined for anything else. */
export function sizeAnnotation(object: Annotated, key: string): number | undefined {
  const text = object.metadata.annotations?.[key];
  if (text === undefined || !/^[0-9]+$/.test(text)) return undefined;
  const size = Number(text);
  return size < INT32_LIMIT ? size : undefined;
}

/** A revision as an annotation carries it: a whole number, with a sign if need be. */
export function revisionAnnotation(object: Annotated, key: string): number | undefined {
  const text = object.metadata.annotations?.[key];
  return text !== undefined && /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** The revision of a Deployment or ReplicaSet; 0 while it has none. */
export function revisionOf(object: Annotated): number {
  return revisionAnnotation(object, REVISION) ?? 0;
}
