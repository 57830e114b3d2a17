import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { indexOrphans } from '../../machinery/selector-index.ts';
import type { PodTemplateSpec } from '../pod/types.ts';

/** What a revision of a StatefulSet or DaemonSet holds: a strategic merge patch that puts its template back. */
export interface RevisionData {
  spec: { template: PodTemplateSpec & { $patch: 'replace' } };
}

export interface ControllerRevision extends KubeObject {
  data: RevisionData;
  revision: number;
}

export const ControllerRevision = defineKind<ControllerRevision>({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
});

/** Revisions that no controller owns, for adoption. */
export const orphanRevisions = indexOrphans('controller revisions without controller', ControllerRevision);

/** On a revision: the hash of its data. */
export const HASH_LABEL = 'controller.kubernetes.io/hash';
/** On a pod: the revision it was made from. */
export const REVISION_LABEL = 'controller-revision-hash';
