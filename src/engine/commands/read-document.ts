import { fail, ok, type ApiError, type Result } from '../../machinery/api-error.ts';
import type { ManifestDocument } from '../../machinery/apply/types.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import type { AnyDefinition } from '../../machinery/definition.ts';
import type { NewObject, ObjectMeta } from '../../machinery/object.ts';
import { readObject } from '../../machinery/schema/read-object.ts';
import { hasSchema, schemaOf } from '../../machinery/schema/schema-of.ts';
import type { StructNode } from '../../machinery/schema/schema-node.ts';
import type { KindResolver } from './kind-resolver.ts';
import { convertToStored, storedVersion } from './served-versions.ts';

/** A document that can be applied: its kind is known, its fields fit their types, its name and namespace are settled. */
export interface ReadDocument {
  definition: AnyDefinition;
  schema: StructNode;
  /** Nobody shares it. */
  object: NewObject & { metadata: Partial<ObjectMeta> & { name: string } };
}

/** The API server's limit on a request's body. */
const REQUEST_LIMIT_BYTES = 3 * 1024 * 1024;
/** etcd's limit on a value. */
const VALUE_LIMIT_BYTES = 1.5 * 1024 * 1024;
/** Kinds that have a limit of their own, below etcd's. */
const LIMITED_KINDS = new Set(['ConfigMap', 'Secret']);
const SHOWN_BODY_LIMIT = 1000;

const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** Reads one document as kubectl and the API server's decoder do; warnings are added to `warnings`. */
export function readDocument(
  document: ManifestDocument,
  namespace: string,
  resolver: KindResolver,
  view: ClusterView,
  warnings: string[],
): Result<ReadDocument> {
  warnings.push(...(document.warnings ?? []));
  if (!document.object) return { ok: false, error: parseError(document) };
  const kind = kindOf(document.object);
  if (!kind.ok) return kind;
  const { apiVersion, kind: name } = kind.value;
  const definition = resolver.resolve(storedVersion(apiVersion, name), name, view);
  if (!definition) return fail('BadRequest', `no matches for kind "${name}" in version "${apiVersion}"`);
  const unstorable = storageProblem(document.object, name);
  if (unstorable) return { ok: false, error: unstorable };
  const schema = schemaOf(kind.value, definition);
  const copy = copyJson(document.object) as Record<string, unknown>;
  dropServerFields(copy);
  const read = hasSchema(schema) ? readObject(copy, schema) : { object: copy, unknown: [], error: undefined };
  if (read.error !== undefined) {
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
    return fail('BadRequest', `${name} in version "${version}" cannot be handled as a ${name}: ${read.error}`);
  }
  warnings.push(...read.unknown);
  const object = convertToStored(read.object);
  return settled(object, definition, schemaOf(definition.kind, definition), namespace);
}

function parseError({ errors = [] }: ManifestDocument): ApiError {
  const message = errors.map((problem) => problem.message).join('\n') || 'the document has no object';
  const [first] = errors;
  if (first?.line === undefined) return { reason: 'BadRequest', message };
  return { reason: 'BadRequest', message, details: { line: first.line, column: first.column ?? 1 } };
}

function kindOf(object: Record<string, unknown>): Result<{ apiVersion: string; kind: string }> {
  const { apiVersion, kind } = object;
  if (typeof kind !== 'string' || kind === '')
    return fail('BadRequest', `Object 'Kind' is missing in '${body(object)}'`);
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    return fail('BadRequest', `Object 'apiVersion' is missing in '${body(object)}'`);
  }
  return ok({ apiVersion, kind });
}

/** The object as the message shows it; what may be secret is left out: data, and the copy of it that kubectl keeps. */
function body(object: Record<string, unknown>): string {
  const text = JSON.stringify(object, (name, value: unknown) => {
    const hidden = name === 'data' || name === 'stringData' || name === LAST_APPLIED_ANNOTATION;
    return hidden ? '…' : value;
  });
  return text.length > SHOWN_BODY_LIMIT ? `${text.slice(0, SHOWN_BODY_LIMIT)}…` : text;
}

/** U+0000 and halves of surrogate pairs, as JSON writes them: databases do not take them. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

function storageProblem(object: Record<string, unknown>, kind: string): ApiError | undefined {
  const text = JSON.stringify(object);
  const { length } = text;
  if (UNSTORABLE.test(text)) {
    return {
      reason: 'BadRequest',
      message: 'the object holds a character that cannot be stored (U+0000 or half a surrogate pair)',
    };
  }
  if (length > REQUEST_LIMIT_BYTES) {
    return {
      reason: 'RequestEntityTooLarge',
      message: `Request entity too large: limit is ${REQUEST_LIMIT_BYTES}`,
    };
  }
  if (length > VALUE_LIMIT_BYTES && !LIMITED_KINDS.has(kind)) {
    return { reason: 'RequestEntityTooLarge', message: 'etcdserver: request is too large' };
  }
  return undefined;
}

/** Manifests that were read back from a cluster carry what the server wrote. */
function dropServerFields(object: Record<string, unknown>): void {
  delete object['runtime'];
  const metadata = object['metadata'];
  if (typeof metadata !== 'object' || metadata === null) return;
  const fields = metadata as Record<string, unknown>;
  delete fields['managedFields'];
  const annotations = fields['annotations'];
  if (typeof annotations === 'object' && annotations !== null) {
    delete (annotations as Record<string, unknown>)[LAST_APPLIED_ANNOTATION];
  }
}

function settled(
  object: Record<string, unknown>,
  definition: AnyDefinition,
  schema: StructNode,
  namespace: string,
): Result<ReadDocument> {
  const metadata = { ...(object['metadata'] as Partial<ObjectMeta> | undefined) };
  if (!metadata.name && metadata.generateName) {
    return fail('BadRequest', `from ${metadata.generateName}: cannot use generate name with apply`);
  }
  if (!metadata.name) return fail('BadRequest', 'resource name may not be empty');
  if (!definition.kind.namespaced) delete metadata.namespace;
  else if (!metadata.namespace) metadata.namespace = namespace;
  const settledObject = { ...object, metadata: { ...metadata, name: metadata.name } };
  return ok({ definition, schema, object: settledObject as unknown as ReadDocument['object'] });
}

/** A deep copy of JSON: aliases of the manifest may share parts, and admission changes objects in place. */
function copyJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson);
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') Object.defineProperty(copy, name, { value: copyJson(member), enumerable: true });
    else copy[name] = copyJson(member);
  }
  return copy;
}
