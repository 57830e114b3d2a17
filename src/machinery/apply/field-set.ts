import { isAssociative, isAtomicMap, memberOf, type ListNode, type SchemaNode } from '../schema/schema-node.ts';

/**
 * A set of fields of an object in the form of metadata.managedFields (FieldsV1): each key is a member `f:name`, an
 * element by its keys `k:{"name":"web"}` or an element by its value `v:"x"`. A node without children is in the set; a
 * node with children is in the set when it has the member ".".
 * Source of the rules of this folder: sigs.k8s.io/structured-merge-diff (fieldpath, typed, merge).
 */
export interface FieldSet {
  [element: string]: FieldSet;
}

/** Stands for "this node itself" among the children of a node. */
const SELF = '.';

export function isEmptySet(set: FieldSet | undefined): boolean {
  if (set === undefined) return true;
  for (const _ in set) return false;
  return true;
}

/** Whether a child is in the set itself, not only something below it. */
export function isMember(set: FieldSet, element: string): boolean {
  const child = set[element];
  return child !== undefined && (isEmptySet(child) || child[SELF] !== undefined);
}

/** What is below a child, without the child itself; undefined when there is nothing. */
export function below(set: FieldSet, element: string): FieldSet | undefined {
  const child = set[element];
  return child === undefined || isEmptySet(child) ? undefined : child;
}

/** Builds a child from whether it is in the set and what is below it; undefined when neither. */
function child(member: boolean, children: FieldSet): FieldSet | undefined {
  if (isEmptySet(children)) return member ? {} : undefined;
  return member ? { [SELF]: {}, ...children } : children;
}

/** Members of either set. Shares the parts that only one of them has. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  const result: FieldSet = { ...left };
  delete result[SELF];
  for (const element in right) {
    const theirs = right[element];
    const ours = left[element];
    if (element === SELF || theirs === undefined) continue;
    const member = isMember(left, element) || isMember(right, element);
    const both = ours === undefined ? theirs : child(member, union(ours, theirs));
    if (both) result[element] = both;
  }
  return result;
}

/** Members of the first set that are not in the second. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  const result: FieldSet = {};
  for (const element in left) {
    const ours = left[element];
    const theirs = right[element];
    if (element === SELF || ours === undefined) continue;
    const member = isMember(left, element) && !isMember(right, element);
    const rest = theirs === undefined ? ours : child(member, difference(ours, theirs));
    if (rest) result[element] = rest;
  }
  return result;
}

/** Members of both sets. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  const result: FieldSet = {};
  for (const element in left) {
    const ours = left[element];
    const theirs = right[element];
    if (element === SELF || ours === undefined || theirs === undefined) continue;
    const member = isMember(left, element) && isMember(right, element);
    const shared = child(member, intersection(ours, theirs));
    if (shared) result[element] = shared;
  }
  return result;
}

/** The set with every named field on the way to its members (Set.EnsureNamedFieldsAreMembers). */
export function withNamedFields(set: FieldSet, node: SchemaNode): FieldSet {
  const result: FieldSet = {};
  for (const element in set) {
    if (element === SELF) continue;
    const children = withNamedFields(set[element] ?? {}, descend(node, element));
    const named = node.shape === 'struct' && element.startsWith('f:') && node.field(element.slice(2)) !== undefined;
    const combined = child(isMember(set, element) || named, children);
    if (combined) result[element] = combined;
  }
  return result;
}

/** The schema below a path element. */
function descend(node: SchemaNode, element: string): SchemaNode {
  if (element.startsWith('f:')) return memberOf(node, element.slice(2));
  return node.shape === 'list' ? node.element : { shape: 'any' };
}

/** How an element of an associative list is named: by its keys or by its value. */
export function elementOf(item: unknown, list: ListNode): string {
  if (!list.keys || typeof item !== 'object' || item === null) return `v:${JSON.stringify(item)}`;
  const named: Record<string, unknown> = {};
  for (const key of list.keys.length === 1 ? list.keys : [...list.keys].sort()) {
    const value = (item as Record<string, unknown>)[key] ?? list.keyDefaults?.[key];
    if (value !== undefined) named[key] = value;
  }
  return `k:${JSON.stringify(named)}`;
}

/** Every field that a value sets (TypedValue.ToFieldSet). */
export function toFieldSet(value: unknown, node: SchemaNode): FieldSet {
  if (isAssociative(node) && Array.isArray(value)) {
    const set: FieldSet = {};
    for (const item of value) {
      const element = elementOf(item, node);
      set[element] = { [SELF]: {}, ...toFieldSet(item, node.element) };
      if (Object.keys(set[element]).length === 1) set[element] = {};
    }
    return set;
  }
  if (!isMap(value) || isAtomicMap(node) || node.shape === 'scalar') return {};
  const set: FieldSet = {};
  for (const name in value) {
    const member = value[name];
    if (member === undefined) continue;
    const children = toFieldSet(member, memberOf(node, name));
    const named = node.shape === 'struct' && node.field(name) !== undefined;
    set[`f:${name}`] = isEmptySet(children) || named ? children : { [SELF]: {}, ...children };
  }
  return set;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Paths of a set's members as conflicts print them: `.spec.template.spec.containers[name="web"].image`. */
export function memberPaths(set: FieldSet, prefix = ''): string[] {
  const paths: string[] = [];
  const elements = Object.keys(set)
    .filter((element) => element !== SELF)
    .sort();
  for (const element of elements) if (isMember(set, element)) paths.push(prefix + elementText(element));
  for (const element of elements) {
    const children = below(set, element);
    if (children) paths.push(...memberPaths(children, prefix + elementText(element)));
  }
  return paths;
}

/** One element of a path as people read it. */
export function elementText(element: string): string {
  if (element.startsWith('f:')) return `.${element.slice(2)}`;
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  const keys = JSON.parse(element.slice(2)) as Record<string, unknown>;
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}
