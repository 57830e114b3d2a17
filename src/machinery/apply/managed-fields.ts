import { deepEqual } from '../equality.ts';
import type { ManagedFieldsEntry } from '../object.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import { toTimestamp } from '../time.ts';
import { compare } from './compare.ts';
import {
  difference,
  intersection,
  isEmptySet,
  memberPaths,
  toFieldSet,
  union,
  withNamedFields,
  type FieldSet,
} from './field-set.ts';
import { merge, removeItems } from './merge.ts';

/** Any object, as ownership sees it: without status, runtime and what the system writes into metadata. */
type Tree = Record<string, unknown>;

export interface Ownership {
  schema: SchemaNode;
  apiVersion: string;
  /** Who writes now. */
  manager: string;
  /** Simulated time, in milliseconds. */
  now: number;
}

/** A field that somebody else owns with another value. */
export interface ApplyConflict {
  entry: ManagedFieldsEntry;
  /** `.spec.replicas` */
  path: string;
}

/** Fields nobody owns (managedfields/internal/stripmeta.go). */
const NOBODYS: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
  },
};

/** Sections that no manager of the object itself owns. */
const SECTIONS_APART = new Set(['status', 'runtime']);
const SYSTEM_METADATA = new Set(['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp']);

/** The part of an object that has owners. Shares every part that it keeps. */
export function ownedPart(object: object): Tree {
  const tree: Tree = {};
  for (const [name, value] of Object.entries(object)) {
    if (SECTIONS_APART.has(name)) continue;
    tree[name] = name === 'metadata' ? ownedMetadata(value as Tree) : value;
  }
  return tree;
}

function ownedMetadata(metadata: Tree): Tree {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !SYSTEM_METADATA.has(name)));
}

/** The fields a configuration sets, as its manager owns them. */
export function appliedSet(configuration: Tree, schema: SchemaNode): FieldSet {
  return difference(toFieldSet(configuration, schema), NOBODYS);
}

export interface Applied {
  /** The owned part of the object after the apply. */
  object: Tree;
  managedFields: ManagedFieldsEntry[];
}

/**
 * Server-side apply: the live object with what the configuration sets and without what this manager set before and sets
 * no more. Answers the conflicts instead when other managers own what would change, unless `force` takes it over.
 */
export function apply(
  live: Tree,
  configuration: Tree,
  entries: readonly ManagedFieldsEntry[],
  ownership: Ownership,
  force: boolean,
): { ok: true; value: Applied } | { ok: false; conflicts: ApplyConflict[] } {
  const { schema, manager } = ownership;
  const mine = entries.find((entry) => isApplierOf(entry, manager));
  const others = entries.filter((entry) => entry !== mine);
  const configured = toFieldSet(configuration, schema);
  const set = difference(configured, NOBODYS);
  const merged = merge(live, configuration, schema) as Tree;
  const last = mine ? setOf(mine) : {};
  // Where nothing was given up there is nothing to take away.
  const object = isEmptySet(difference(last, set)) ? merged : prune(merged, configured, last, others, schema);
  const { written, removed } = compare(live, object, schema);
  const conflicts = conflictsWith(others, written);
  if (conflicts.length > 0 && !force) return { ok: false, conflicts };
  const left = withoutFields(others, union(written, removed));
  const entry = keptOrNew(mine, set, 'Apply', ownership);
  return { ok: true, value: { object, managedFields: sortEntries([...left, entry]) } };
}

/** Who owns what after an update, which takes over whatever it writes. Source: merge/update.go Updater.Update. */
export function recordUpdate(
  before: Tree,
  after: Tree,
  entries: readonly ManagedFieldsEntry[],
  ownership: Ownership,
): readonly ManagedFieldsEntry[] {
  const { written, removed } = compare(before, after, ownership.schema);
  const taken = difference(written, NOBODYS);
  if (isEmptySet(taken) && isEmptySet(removed)) return entries;
  const mine = entries.find((entry) => entry.operation === 'Update' && entry.manager === ownership.manager);
  const left = withoutFields(
    entries.filter((entry) => entry !== mine),
    union(taken, removed),
  );
  const set = difference(union(mine ? setOf(mine) : {}, taken), removed);
  if (!isEmptySet(set)) left.push(keptOrNew(mine, set, 'Update', ownership));
  return sortEntries(left);
}

/** `Apply failed with 1 conflict: conflict with "kubectl-scale" using apps/v1: .spec.replicas` */
export function conflictMessage(conflicts: readonly ApplyConflict[]): string {
  const [first] = conflicts;
  if (first && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.entry)}: ${first.path}`;
  }
  const lines: string[] = [];
  const entries = [...new Set(conflicts.map(({ entry }) => entry))];
  entries.sort((left, right) => (managerText(left) < managerText(right) ? -1 : 1));
  for (const entry of entries) {
    lines.push(`conflicts with ${managerText(entry)}:`);
    for (const conflict of conflicts) if (conflict.entry === entry) lines.push(`- ${conflict.path}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

/** `"kubectl-scale" using apps/v1`; appliers go by their name alone. */
function managerText(entry: ManagedFieldsEntry): string {
  const name = JSON.stringify(entry.manager);
  const where = entry.subresource === undefined ? '' : ` with subresource ${JSON.stringify(entry.subresource)}`;
  return entry.operation === 'Update' ? `${name}${where} using ${entry.apiVersion}` : `${name}${where}`;
}

/** Whether a manager has applied an object. */
export function isApplierOf(entry: ManagedFieldsEntry, manager: string): boolean {
  return entry.operation === 'Apply' && entry.manager === manager && entry.subresource === undefined;
}

function setOf(entry: ManagedFieldsEntry): FieldSet {
  return entry.fieldsV1 as FieldSet;
}

/**
 * Removes what was applied last time, is not applied now and belongs to no other applier. Fields without an owner go
 * only with the element or struct that held them.
 */
function prune(
  merged: Tree,
  configured: FieldSet,
  last: FieldSet,
  others: readonly ManagedFieldsEntry[],
  schema: SchemaNode,
): Tree {
  const lastNamed = withNamedFields(last, schema);
  const removedAll = (removeItems(merged, lastNamed, schema) ?? {}) as Tree;
  const mergedSet = withNamedFields(toFieldSet(merged, schema), schema);
  let managed = configured;
  for (const entry of others) if (entry.operation === 'Apply') managed = union(managed, setOf(entry));
  const kept = union(withNamedFields(toFieldSet(removedAll, schema), schema), withNamedFields(managed, schema));
  const pruned = (removeItems(merged, difference(mergedSet, kept), schema) ?? {}) as Tree;
  const prunedSet = withNamedFields(toFieldSet(pruned, schema), schema);
  const toRemove = intersection(difference(mergedSet, prunedSet), lastNamed);
  return isEmptySet(toRemove) ? merged : ((removeItems(merged, toRemove, schema) ?? {}) as Tree);
}

function conflictsWith(others: readonly ManagedFieldsEntry[], written: FieldSet): ApplyConflict[] {
  return others.flatMap((entry) => memberPaths(intersection(setOf(entry), written)).map((path) => ({ entry, path })));
}

/** The entries without fields that somebody else has written or removed; those left with nothing are gone. */
function withoutFields(entries: readonly ManagedFieldsEntry[], fields: FieldSet): ManagedFieldsEntry[] {
  const left: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    const set = setOf(entry);
    if (isEmptySet(intersection(set, fields))) {
      left.push(entry);
      continue;
    }
    const remaining = difference(set, fields);
    if (!isEmptySet(remaining)) left.push({ ...entry, fieldsV1: remaining });
  }
  return left;
}

/** An entry keeps its time while its fields stay the same. */
function keptOrNew(
  old: ManagedFieldsEntry | undefined,
  set: FieldSet,
  operation: ManagedFieldsEntry['operation'],
  { apiVersion, manager, now }: Ownership,
): ManagedFieldsEntry {
  if (old?.apiVersion === apiVersion && deepEqual(old.fieldsV1, set)) return old;
  return { manager, operation, apiVersion, time: toTimestamp(now), fieldsType: 'FieldsV1', fieldsV1: set };
}

function sortEntries(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const rank = (entry: ManagedFieldsEntry) =>
    [entry.operation, entry.time, entry.manager, entry.apiVersion, entry.subresource ?? ''].join('\n');
  return entries.sort((left, right) => (rank(left) < rank(right) ? -1 : 1));
}
