import type { ApiError, Result } from '../../machinery/api-error.ts';
import {
  apply,
  appliedSet,
  conflictMessage,
  ownedPart,
  type ApplyConflict,
} from '../../machinery/apply/managed-fields.ts';
import { pathText, walkDifferences } from '../../machinery/apply/compare.ts';
import type { ApplyAction, FieldDifference } from '../../machinery/apply/types.ts';
import type { ObjectApi } from '../../machinery/controller.ts';
import type { AnyDefinition } from '../../machinery/definition.ts';
import { keyOf, type KubeObject, type ObjectMeta } from '../../machinery/object.ts';
import type { StructNode } from '../../machinery/schema/schema-node.ts';
import { withZeroStructs } from '../../machinery/schema/zero-structs.ts';
import { toTimestamp } from '../../machinery/time.ts';
import type { ReadDocument } from './read-document.ts';

export interface Outcome {
  action: Extract<ApplyAction, 'CREATED' | 'CONFIGURED' | 'UNCHANGED'>;
  object: KubeObject;
  diff: FieldDifference[];
}

/** Creates the object or merges it into the one that is there. */
export function applyDocument(
  api: ObjectApi,
  document: ReadDocument,
  manager: string,
  force: boolean,
): Result<Outcome> {
  const { definition, object } = document;
  const live = api.getByKey(definition.kind, keyOf(object));
  return live ? update(api, document, live, manager, force) : create(api, document, manager);
}

function create(api: ObjectApi, { definition, object, schema }: ReadDocument, manager: string): Result<Outcome> {
  const { apiVersion } = object;
  const configuration = withoutStatus(object, definition);
  const fieldsV1 = appliedSet(ownedPart(configuration), schema);
  const time = toTimestamp(api.now);
  const managedFields = [{ manager, operation: 'Apply', apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 }] as const;
  const complete = withZeroStructs(object, schema);
  const result = api.create({ ...complete, metadata: { ...object.metadata, managedFields } });
  return result.ok ? { ok: true, value: { action: 'CREATED', object: result.value, diff: [] } } : result;
}

function update(
  api: ObjectApi,
  { definition, object, schema }: ReadDocument,
  live: KubeObject,
  manager: string,
  force: boolean,
): Result<Outcome> {
  const precondition = preconditionProblem(object.metadata, live, definition);
  if (precondition) return { ok: false, error: precondition };
  const entries = live.metadata.managedFields ?? [];
  const ownership = { schema, apiVersion: object.apiVersion, manager, now: api.now };
  const configuration = ownedPart(withoutStatus(object, definition));
  const applied = apply(ownedPart(live), configuration, entries, ownership, force);
  if (!applied.ok) return { ok: false, error: conflictError(applied.conflicts) };
  const result = api.update(assemble(live, withZeroStructs(applied.value.object, schema), applied.value.managedFields));
  if (!result.ok) return result;
  const diff = result.value === live ? [] : differences(live, result.value, schema);
  return { ok: true, value: { action: diff.length > 0 ? 'CONFIGURED' : 'UNCHANGED', object: result.value, diff } };
}

function withoutStatus<T extends object>(object: T, definition: AnyDefinition): T {
  if (definition.statusSubresource === false || !('status' in object)) return object;
  const { status: _, ...rest } = object;
  return rest as T;
}

/** The stored object with its owned part replaced. */
function assemble(
  live: KubeObject,
  tree: Record<string, unknown>,
  managedFields: ObjectMeta['managedFields'],
): KubeObject {
  const { uid, resourceVersion, creationTimestamp, generation } = live.metadata;
  const metadata = {
    ...(tree['metadata'] as ObjectMeta),
    uid,
    resourceVersion,
    creationTimestamp,
    ...(generation === undefined ? {} : { generation }),
    managedFields,
  };
  const object: KubeObject = { ...(tree as unknown as KubeObject), metadata };
  if (live.status !== undefined) object.status = live.status;
  if (live.runtime !== undefined) object.runtime = live.runtime;
  return object;
}

/** A manifest that names a uid or a resourceVersion is about exactly that object. */
function preconditionProblem(
  metadata: Partial<ObjectMeta>,
  live: KubeObject,
  definition: AnyDefinition,
): ApiError | undefined {
  const { apiVersion, plural } = definition.kind;
  const slash = apiVersion.indexOf('/');
  const resource = slash < 0 ? plural : `${plural}.${apiVersion.slice(0, slash)}`;
  const head = `Operation cannot be fulfilled on ${resource} ${JSON.stringify(live.metadata.name)}:`;
  if (metadata.uid && metadata.uid !== live.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${live.metadata.uid}`;
    return { reason: 'Conflict', message: `${head} ${why}` };
  }
  if (metadata.resourceVersion && metadata.resourceVersion !== live.metadata.resourceVersion) {
    const why = 'the object has been modified; please apply your changes to the latest version and try again';
    return { reason: 'Conflict', message: `${head} ${why}` };
  }
  return undefined;
}

function conflictError(conflicts: readonly ApplyConflict[]): ApiError {
  const named = conflicts.map(({ entry, path }) => ({ manager: entry.manager, field: path }));
  return { reason: 'Conflict', message: conflictMessage(conflicts), details: { conflicts: named } };
}

const MASK = '******';
/** The fields of a Secret whose values a difference may show. */
const SHOWN_OF_SECRETS = new Set(['f:metadata', 'f:type', 'f:immutable']);
const LAST_APPLIED = 'f:kubectl.kubernetes.io/last-applied-configuration';

function differences(before: KubeObject, after: KubeObject, schema: StructNode): FieldDifference[] {
  const secret = after.kind === 'Secret' && after.apiVersion === 'v1';
  const diff: FieldDifference[] = [];
  walkDifferences(ownedPart(before), ownedPart(after), schema, (leaf) => {
    if (!leaf.isLeaf) return;
    const masked = secret && (leaf.path.includes(LAST_APPLIED) || !SHOWN_OF_SECRETS.has(String(leaf.path[0])));
    const shown = (value: unknown) => (value === undefined ? null : masked ? MASK : value);
    diff.push({ path: pathText(leaf.path), before: shown(leaf.before), after: shown(leaf.after) });
  });
  return diff;
}
