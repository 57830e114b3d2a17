import { kindKey } from '../machinery/kind.ts';
import type { KubeObject, ObjectMeta } from '../machinery/object.ts';
import type { ChangeType, Version } from '../machinery/version.ts';
import type { Columns, RowTexts } from './row-text.ts';
import { fromJson, toJsonText, toPlainText } from './json-text.ts';

/** Versions as rows: what changed in a version goes out, section by section, and comes back onto the object before. */

const OPS: Record<ChangeType, string> = { ADDED: 'A', MODIFIED: 'M', DELETED: 'D' };
const TYPES: Record<string, ChangeType> = { A: 'ADDED', M: 'MODIFIED', D: 'DELETED' };

/** The kind that has a table of its own. */
export const EVENT_KIND = 'Event';

/** A row of `versions` as read; the sections are null where they are as before. */
export interface VersionRow {
  revision: number;
  created: number;
  uid: string;
  op: string;
  time_ms: number;
  cause: string;
  metadata: unknown;
  spec: unknown;
  status: unknown;
  rest: unknown;
  runtime: unknown;
}

/** The columns that a row fills, and their types. */
export const VERSION_COLUMNS = {
  revision: 'bigint',
  created: 'bigint',
  uid: 'uuid',
  kind: 'text',
  namespace: 'text',
  name: 'text',
  op: 'text',
  time_ms: 'bigint',
  cause: 'text',
  metadata: 'json',
  spec: 'json',
  status: 'json',
  rest: 'json',
  runtime: 'json',
} as const satisfies Columns;

export function versionRow(version: Version): RowTexts {
  const { object, previous, type } = version;
  const { uid, name, namespace } = object.metadata;
  const metadata = storedMetadata(version);
  return [
    String(version.revision),
    String(version.created),
    uid,
    toPlainText(version.kindKey),
    namespace === undefined ? undefined : toPlainText(namespace),
    toPlainText(name),
    OPS[type],
    String(version.time),
    toPlainText(version.cause),
    metadata && toJsonText(metadata),
    sectionText(object.spec, previous?.spec),
    sectionText(object.status, previous?.status),
    previous && sameRest(object, previous) ? undefined : toJsonText(restOf(object)),
    sectionText(object.runtime, previous?.runtime),
  ];
}

function sectionText(value: unknown, previous: unknown): string | undefined {
  return value === previous ? undefined : toJsonText(value);
}

/** The metadata to write: none when only the resourceVersion moved, and without it where the row's revision says it. */
function storedMetadata({ object, previous, revision, type }: Version): object | undefined {
  const { metadata } = object;
  if (type === 'DELETED') return metadata === previous?.metadata ? undefined : metadata;
  if (previous && sameMetadata(metadata, previous.metadata)) return undefined;
  if (metadata.resourceVersion !== String(revision)) return metadata;
  const { resourceVersion: _, ...rest } = metadata;
  return rest;
}

function sameMetadata(left: ObjectMeta, right: ObjectMeta): boolean {
  return left === right || sameFields(left, right, (field) => field === 'resourceVersion');
}

const SECTIONS = new Set(['metadata', 'spec', 'status', 'runtime']);

function sameRest(left: KubeObject, right: KubeObject): boolean {
  return sameFields(left, right, (field) => SECTIONS.has(field));
}

function sameFields(left: object, right: object, ignored: (field: string) => boolean): boolean {
  const one = left as Record<string, unknown>;
  const other = right as Record<string, unknown>;
  for (const field in one) if (!ignored(field) && one[field] !== other[field]) return false;
  for (const field in other) if (!ignored(field) && !(field in one)) return false;
  return true;
}

function restOf(object: KubeObject): Record<string, unknown> {
  const { metadata: _m, spec: _s, status: _st, runtime: _r, ...rest } = object;
  return rest;
}

/** The object after a row, given the one before; sections that did not change are shared. */
export function objectFromRow(row: VersionRow, previous: KubeObject | undefined): KubeObject {
  const rest = row.rest === null && previous ? restOf(previous) : (fromJson(row.rest) as Record<string, unknown>);
  const object = { ...rest, metadata: metadataFromRow(row, previous) } as KubeObject;
  setSection(object, 'spec', row.spec, previous?.spec);
  setSection(object, 'status', row.status, previous?.status);
  setSection(object, 'runtime', row.runtime, previous?.runtime);
  return object;
}

function metadataFromRow(row: VersionRow, previous: KubeObject | undefined): ObjectMeta {
  if (row.op === 'D' && row.metadata === null && previous) return previous.metadata;
  const metadata = row.metadata === null ? previous?.metadata : (fromJson(row.metadata) as ObjectMeta);
  if (!metadata) throw new Error(`the version ${row.revision} of ${row.uid} has nothing before it`);
  if (row.metadata !== null && metadata.resourceVersion !== undefined) return metadata;
  return { ...metadata, resourceVersion: String(row.revision) };
}

function setSection(
  object: KubeObject,
  section: 'spec' | 'status' | 'runtime',
  stored: unknown,
  previous: unknown,
): void {
  const value = stored === null ? previous : fromJson(stored);
  if (value !== undefined) object[section] = value;
}

/** A row and the object before it, as the feed gives it. */
export function versionFromRow(row: VersionRow, previous: KubeObject | undefined): Version {
  const object = objectFromRow(row, previous);
  return {
    revision: row.revision,
    created: row.created,
    type: TYPES[row.op] ?? 'MODIFIED',
    kindKey: kindKey(object.apiVersion, object.kind),
    object,
    previous,
    time: row.time_ms,
    cause: row.cause,
  };
}

/** A row of `events`. */
export interface EventRow {
  uid: string;
  revision: number;
  created: number;
  deleted: boolean;
  time_ms: number;
  cause: string;
  body: unknown;
}

export const EVENT_COLUMNS = {
  uid: 'uuid',
  revision: 'bigint',
  created: 'bigint',
  deleted: 'boolean',
  time_ms: 'bigint',
  cause: 'text',
  body: 'json',
} as const satisfies Columns;

/** Of an Event that is gone only what names it is kept: the row is a mark for those who follow. */
export function eventRow({ object, revision, created, type, time, cause }: Version): RowTexts {
  const { uid } = object.metadata;
  const deleted = type === 'DELETED';
  const body = deleted ? nameOfEvent(object) : object;
  return [uid, String(revision), String(created), String(deleted), String(time), toPlainText(cause), toJsonText(body)];
}

function nameOfEvent(event: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = event;
  return { apiVersion, kind, metadata };
}

/** An event's last change, seen from a revision at which `previous` was its state. */
export function eventFromRow(row: EventRow, previous: KubeObject | undefined): Version {
  const object = row.deleted && previous ? previous : (fromJson(row.body) as KubeObject);
  return {
    revision: row.revision,
    created: row.created,
    type: row.deleted ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED',
    kindKey: EVENT_KIND,
    object,
    previous,
    time: row.time_ms,
    cause: row.cause,
  };
}
