import type { ApiError } from '../api-error.ts';
import type { CommandOutcome } from '../controller.ts';

/** A sentence about one place in a manifest. */
interface ManifestProblem {
  message: string;
  /** Counted from 1 in the whole text. */
  line?: number;
  column?: number;
}

/** One object of a manifest as it was parsed: plain JSON, not yet known to be a Kubernetes object. */
export interface ManifestDocument {
  /** Counted from 0; the items of a List count singly. */
  index: number;
  /** The line in the text on which the object begins, from 1. */
  line: number;
  /** Absent when the text of the document could not be read; `errors` then says why. */
  object?: Record<string, unknown>;
  errors?: readonly ManifestProblem[];
  /** What a strict reader would refuse (keys that stand twice). */
  warnings?: readonly string[];
}

/** The input of the command `applyManifest`. */
export interface ApplyManifestInput {
  documents: readonly ManifestDocument[];
  /** For namespaced objects that name none. Default "default". */
  namespace?: string;
  /** Who applies: the owner of what the manifest sets. */
  fieldManager: string;
  /** Take fields over from other managers instead of reporting conflicts. */
  force?: boolean;
  /** All documents or none. */
  atomic?: boolean;
  /**
   * A label selector in kubectl's syntax: objects that match it, that this manager applied before and that are not among
   * the documents are deleted.
   */
  prune?: string;
}

export type ApplyAction = 'CREATED' | 'CONFIGURED' | 'UNCHANGED' | 'PRUNED' | 'FAILED' | 'SKIPPED';

/** One leaf that differs. An absent value is null. Values of a Secret are masked. */
export interface FieldDifference {
  /** As conflicts name fields, without the first dot: `spec.containers[name="web"].image`. */
  path: string;
  before: unknown;
  after: unknown;
}

/** What became of one document, or of one object that was pruned. */
export interface DocumentResult {
  /** The document's index and line; -1 and 0 for an object that was pruned. */
  index: number;
  line: number;
  /** As kubectl prints it: "deployment.apps/web", "service/web"; empty when the document names no object. */
  ref: string;
  action: ApplyAction;
  /** The object, when there is one. */
  object?: NonNullable<CommandOutcome['objects']>[number];
  /** What changed for CONFIGURED; empty for every other action. */
  diff: readonly FieldDifference[];
  /** In the API server's words: `unknown field "spec.replica"`. */
  warnings: readonly string[];
  errors: readonly ApiError[];
}

/** `CommandOutcome.data` of `applyManifest`. */
export interface ApplyManifestData {
  documents: readonly DocumentResult[];
}

/** The input of the command `deleteObject`. */
export interface DeleteObjectInput {
  target: { kindKey: string; namespace?: string | undefined; name: string; uid?: string | undefined };
  /** Default Background. */
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  /** Refuse unless the object still has this version. */
  resourceVersion?: string;
}
