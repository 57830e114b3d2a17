import { deepEqual } from '../equality.ts';
import { isAssociative, isAtomicMap, memberOf, type ListNode, type SchemaNode } from '../schema/schema-node.ts';
import { below, elementOf, isMap, isMember, type FieldSet } from './field-set.ts';

/**
 * The live object with everything that a configuration sets (TypedValue.Merge). Shares every part that stays.
 */
export function merge(live: unknown, configuration: unknown, node: SchemaNode): unknown {
  if (configuration === undefined) return live;
  if (live === undefined) return configuration;
  if (isAssociative(node) && Array.isArray(live) && Array.isArray(configuration)) {
    return mergeLists(live, configuration, node);
  }
  if (isMap(live) && isMap(configuration) && !isAtomicMap(node) && node.shape !== 'scalar') {
    return mergeMaps(live, configuration, node);
  }
  return deepEqual(live, configuration) ? live : configuration;
}

function mergeMaps(
  live: Record<string, unknown>,
  configuration: Record<string, unknown>,
  node: SchemaNode,
): Record<string, unknown> {
  const result = { ...live };
  let changed = false;
  for (const name in configuration) {
    result[name] = merge(live[name], configuration[name], memberOf(node, name));
    changed ||= result[name] !== live[name];
  }
  return changed ? result : live;
}

/** Elements of both keep the configuration's order; those of the live list alone stay where they stood among them. */
function mergeLists(live: readonly unknown[], configuration: readonly unknown[], node: ListNode): readonly unknown[] {
  const liveItems = indexed(live, node);
  const wantedItems = indexed(configuration, node);
  if (wantedItems.size < configuration.length) {
    // A key that stands twice (a variable that is set again) cannot be merged: the configuration stands as it is.
    return [...live.filter((item) => !wantedItems.has(elementOf(item, node))), ...configuration];
  }
  const shared = [...wantedItems.keys()].filter((key) => liveItems.has(key));
  const liveKeys = [...liveItems.keys()];
  const wantedKeys = [...wantedItems.keys()];
  const result: unknown[] = [];
  const take = (key: string) => result.push(merge(liveItems.get(key), wantedItems.get(key), node.element));
  let nextShared = 0;
  let left = 0;
  let right = 0;
  while (left < liveKeys.length || right < wantedKeys.length) {
    const liveKey = liveKeys[left];
    const wantedKey = wantedKeys[right];
    if (liveKey !== undefined && liveKey === wantedKey) {
      take(liveKey);
      left++;
      right++;
      nextShared++;
    } else if (
      liveKey !== undefined &&
      wantedKey !== undefined &&
      wantedItems.has(liveKey) &&
      nextShared < shared.length &&
      shared[nextShared] !== liveKey
    ) {
      left++;
    } else if (liveKey !== undefined && !wantedItems.has(liveKey)) {
      take(liveKey);
      left++;
    } else if (wantedKey !== undefined) {
      take(wantedKey);
      right++;
      if (shared[nextShared] === wantedKey) nextShared++;
    } else {
      left++;
    }
  }
  const isSame = result.length === live.length && result.every((item, index) => item === live[index]);
  return isSame ? live : result;
}

/** By key, the first of equal keys. */
function indexed(list: readonly unknown[], node: ListNode): Map<string, unknown> {
  const items = new Map<string, unknown>();
  for (const item of list) {
    const element = elementOf(item, node);
    if (!items.has(element)) items.set(element, item);
  }
  return items;
}

/** The value without the fields of a set (TypedValue.RemoveItems); undefined when nothing is left. */
export function removeItems(value: unknown, set: FieldSet, node: SchemaNode): unknown {
  if (Array.isArray(value)) {
    return isAssociative(node) ? removeFromList(value, set, node) : undefined;
  }
  if (!isMap(value) || node.shape === 'scalar') return value;
  if (isAtomicMap(node)) return undefined;
  const result: Record<string, unknown> = {};
  let left = 0;
  for (const name in value) {
    const element = `f:${name}`;
    if (isMember(set, element)) continue;
    const subset = below(set, element);
    const member = subset ? removeItems(value[name], subset, memberOf(node, name)) : value[name];
    if (member === undefined) continue;
    result[name] = member;
    left++;
  }
  return left > 0 ? result : undefined;
}

function removeFromList(value: readonly unknown[], set: FieldSet, node: ListNode): unknown {
  const result: unknown[] = [];
  for (const item of value) {
    const element = elementOf(item, node);
    if (isMember(set, element)) continue;
    const subset = below(set, element);
    const left = subset ? removeItems(item, subset, node.element) : item;
    if (left !== undefined) result.push(left);
  }
  return result.length > 0 ? result : undefined;
}
