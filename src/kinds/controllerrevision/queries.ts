import { fail, ok, type Result } from '../../machinery/api-error.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import { canonicalJson, deepEqual } from '../../machinery/equality.ts';
import {
  controllerRef,
  isBeingDeleted,
  newControllerRef,
  type KubeObject,
  type StringMap,
} from '../../machinery/object.ts';
import { hash32, safeEncode } from '../../machinery/random.ts';
import { orphansMatching } from '../../machinery/selector-index.ts';
import type { Selector } from '../../machinery/selector.ts';
import type { PodTemplateSpec } from '../pod/types.ts';
import { ControllerRevision, HASH_LABEL, orphanRevisions, type RevisionData } from './types.ts';

/**
 * The history that StatefulSets and DaemonSets keep of their templates. The letters of a hash differ from a real
 * cluster's, which hashes Go's encoding. Source: pkg/controller/history/controller_history.go.
 */

/** An object that keeps such a history. */
export interface HistoryOwner extends KubeObject {
  spec: { template: PodTemplateSpec; revisionHistoryLimit?: number };
  status: { collisionCount?: number };
}

/** The owner's revisions, oldest first; those without a controller that the selector matches are adopted. */
export function claimRevisions(api: ObjectApi, owner: HistoryOwner, selector: Selector): ControllerRevision[] {
  const owned = revisionsOf(api, owner);
  if (isBeingDeleted(owner)) return owned;
  for (const orphan of orphansMatching(api, orphanRevisions, owner.metadata.namespace, selector)) {
    if (isBeingDeleted(orphan)) continue;
    const ownerReferences = [...(orphan.metadata.ownerReferences ?? []), newControllerRef(owner)];
    const adopted = api.update({ ...orphan, metadata: { ...orphan.metadata, ownerReferences } });
    if (adopted.ok) owned.push(adopted.value);
  }
  return owned.sort((left, right) => left.revision - right.revision);
}

/** The revisions that an object controls, oldest first. */
export function revisionsOf(view: ClusterView, owner: KubeObject): ControllerRevision[] {
  const { uid } = owner.metadata;
  return view
    .dependents(uid)
    .filter(
      (object): object is ControllerRevision =>
        object.kind === ControllerRevision.kind && controllerRef(object)?.uid === uid,
    )
    .sort((left, right) => left.revision - right.revision);
}

/** What a revision of this template holds. */
export function revisionData(template: PodTemplateSpec): RevisionData {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** The template a revision puts back. */
export function revisionTemplate(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = revision.data.spec.template;
  return template;
}

/** The newest of the revisions that hold this template. */
export function findEqualRevision(
  revisions: readonly ControllerRevision[],
  template: PodTemplateSpec,
): ControllerRevision | undefined {
  const data = revisionData(template);
  return revisions.findLast((revision) => deepEqual(revision.data, data));
}

/** The next revision's number. */
export function nextRevision(revisions: readonly ControllerRevision[]): number {
  return (revisions.at(-1)?.revision ?? 0) + 1;
}

const MAX_PREFIX_LENGTH = 223;

function revisionHash(data: RevisionData, collisionCount: number): string {
  return safeEncode(String(hash32(canonicalJson(data), collisionCount)));
}

/**
 * Stores the owner's template as a new revision, with its hash in a label; a name that is taken counts up the collisions.
 */
export function createRevision(
  api: ObjectApi,
  owner: HistoryOwner,
  revision: number,
  hashLabel: string = HASH_LABEL,
): Result<{ revision: ControllerRevision; collisionCount: number }> {
  const data = revisionData(owner.spec.template);
  let collisionCount = owner.status.collisionCount ?? 0;
  for (;;) {
    const hash = revisionHash(data, collisionCount);
    const name = `${owner.metadata.name.slice(0, MAX_PREFIX_LENGTH)}-${hash}`;
    const labels: StringMap = { ...owner.spec.template.metadata?.labels, [hashLabel]: hash };
    const metadata = {
      name,
      namespace: owner.metadata.namespace ?? 'default',
      labels,
      ownerReferences: [newControllerRef(owner)],
      ...(owner.metadata.annotations ? { annotations: owner.metadata.annotations } : {}),
    };
    const { apiVersion, kind } = ControllerRevision;
    const created = api.create<ControllerRevision>({ apiVersion, kind, metadata, data, revision });
    if (created.ok) return ok({ revision: created.value, collisionCount });
    if (created.error.reason !== 'AlreadyExists') return created;
    const existing = api.get(ControllerRevision, owner.metadata.namespace, name);
    if (existing && deepEqual(existing.data, data)) return ok({ revision: existing, collisionCount });
    collisionCount++;
  }
}

/** Removes the oldest revisions that nothing uses, down to the limit. */
export function truncateHistory(
  api: ObjectApi,
  owner: HistoryOwner,
  revisions: readonly ControllerRevision[],
  isLive: (revision: ControllerRevision) => boolean,
): void {
  const limit = owner.spec.revisionHistoryLimit ?? 10;
  const historic = revisions.filter((revision) => !isLive(revision));
  for (const revision of historic.slice(0, Math.max(0, historic.length - limit))) api.delete(revision);
}

/** The revision that `kubectl rollout undo` goes back to. Source: kubectl pkg/polymorphichelpers/rollback.go (findHistory). */
export function revisionToRollBackTo(
  revisions: readonly ControllerRevision[],
  asked: number,
): Result<ControllerRevision> {
  if (asked === 0) {
    const previous = revisions.at(-2);
    return previous ? ok(previous) : fail('BadRequest', 'no last revision to roll back to');
  }
  const found = revisions.find(({ revision }) => revision === asked);
  return found ? ok(found) : fail('BadRequest', `unable to find specified revision ${asked} in history`);
}
