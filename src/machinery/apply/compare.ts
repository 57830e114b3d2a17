import { deepEqual } from '../equality.ts';
import { isAssociative, isAtomicMap, memberOf, type ListNode, type SchemaNode } from '../schema/schema-node.ts';
import { elementOf, elementText, isMap } from './field-set.ts';
import type { FieldSet } from './field-set.ts';

/** The fields in which two values differ (TypedValue.Compare). */
export interface Comparison {
  /** Added or changed. */
  written: FieldSet;
  removed: FieldSet;
}

interface Leaf {
  path: readonly string[];
  before: unknown;
  after: unknown;
  /** False for maps and list elements that appear or go with what is below them. */
  isLeaf: boolean;
}

/**
 * Calls `found` for each field in which two values differ: scalars, atomic lists and maps, and what appears or goes.
 * Costs nothing for the parts that the two share.
 */
export function walkDifferences(before: unknown, after: unknown, node: SchemaNode, found: (leaf: Leaf) => void): void {
  walk(before, after, node, [], found);
}

function walk(
  before: unknown,
  after: unknown,
  node: SchemaNode,
  path: readonly string[],
  found: (leaf: Leaf) => void,
): void {
  if (before === after) return;
  if (isAssociative(node) && (hasItems(before) || hasItems(after)) && isListOrAbsent(before) && isListOrAbsent(after)) {
    walkLists(before ?? [], after ?? [], node, path, found);
    return;
  }
  const granular = node.shape !== 'scalar' && node.shape !== 'list' && !isAtomicMap(node);
  if (granular && (hasMembers(before) || hasMembers(after)) && isMapOrAbsent(before) && isMapOrAbsent(after)) {
    for (const name of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
      const element = `f:${name}`;
      const memberNode = memberOf(node, name);
      const old = before?.[name];
      const next = after?.[name];
      const named = node.shape === 'struct' && node.field(name) !== undefined;
      if (!named) appears(old, next, [...path, element], found);
      walk(old, next, memberNode, [...path, element], found);
    }
    return;
  }
  if (!deepEqual(before, after)) found({ path, before, after, isLeaf: true });
}

/** A free map's member or a list's element is a field of its own beside what is below it. */
function appears(before: unknown, after: unknown, path: readonly string[], found: (leaf: Leaf) => void): void {
  if ((before === undefined) !== (after === undefined) && (hasMembers(before) || hasMembers(after))) {
    found({ path, before, after, isLeaf: false });
  }
}

function walkLists(
  before: readonly unknown[],
  after: readonly unknown[],
  node: ListNode,
  path: readonly string[],
  found: (leaf: Leaf) => void,
): void {
  const old = new Map(before.map((item) => [elementOf(item, node), item]));
  const next = new Map(after.map((item) => [elementOf(item, node), item]));
  for (const element of new Set([...old.keys(), ...next.keys()])) {
    const below = [...path, element];
    appears(old.get(element), next.get(element), below, found);
    walk(old.get(element), next.get(element), node.element, below, found);
  }
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function hasMembers(value: unknown): boolean {
  return isMap(value) && Object.keys(value).length > 0;
}

function isListOrAbsent(value: unknown): value is readonly unknown[] | undefined {
  return value === undefined || Array.isArray(value);
}

function isMapOrAbsent(value: unknown): value is Record<string, unknown> | undefined {
  return value === undefined || isMap(value);
}

/** What was written and what was removed between two values. */
export function compare(before: unknown, after: unknown, node: SchemaNode): Comparison {
  const comparison: Comparison = { written: {}, removed: {} };
  walkDifferences(before, after, node, (leaf) => {
    insert(leaf.after === undefined ? comparison.removed : comparison.written, leaf.path);
  });
  return comparison;
}

function insert(set: FieldSet, path: readonly string[]): void {
  let at = set;
  path.forEach((element, position) => {
    const known = at[element];
    const isLast = position === path.length - 1;
    if (known === undefined) {
      at[element] = {};
    } else if (isLast) {
      if (Object.keys(known).length > 0) known['.'] = {};
    } else if (Object.keys(known).length === 0) {
      // It was a member by itself; it stays one now that something is below it.
      known['.'] = {};
    }
    at = at[element] ?? {};
  });
}

/** A path as differences show it: `spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('').replace(/^\./, '');
}
