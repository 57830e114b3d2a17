import { duplicate, invalid, type FieldProblem } from '../../machinery/api-error.ts';
import { canonicalJson } from '../../machinery/equality.ts';
import type { JsonSchema } from './types.ts';

type Json = Record<string, unknown>;

/**
 * What is twice in lists that are sets, or maps by the keys of their elements. Source:
 * apiextensions-apiserver/pkg/apiserver/schema/listtype/validation.go.
 */
export function listTypeProblems(value: unknown, schema: JsonSchema | undefined, path: string): FieldProblem[] {
  if (!schema || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const items = value.flatMap((item, index) => listTypeProblems(item, schema.items, `${path}[${index}]`));
    return [...problemsOfList(value, schema, path), ...items];
  }
  const { properties = {}, additionalProperties } = schema;
  return Object.entries(value as Json).flatMap(([name, member]) => {
    if (typeof additionalProperties === 'object') {
      return listTypeProblems(member, additionalProperties, `${path}[${name}]`);
    }
    const child = path === '' ? name : `${path}.${name}`;
    return Object.hasOwn(properties, name) ? listTypeProblems(member, properties[name], child) : [];
  });
}

function problemsOfList(list: readonly unknown[], schema: JsonSchema, path: string): FieldProblem[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return repeated(list).map((index) => duplicate(`${path}[${index}]`, list[index]));
  if (type !== 'map') return [];
  const odd = list.findIndex((item) => typeof item !== 'object' || Array.isArray(item));
  if (odd >= 0) {
    return [invalid(`${path}[${odd}]`, list[odd], 'must be an object for an array of list-type map')];
  }
  const fields = schema['x-kubernetes-list-map-keys'] ?? [];
  const keys = list.map((item) => {
    const given = fields.filter((field) => (item as Json | null)?.[field] !== undefined);
    return Object.fromEntries(given.map((field) => [field, (item as Json)[field]]));
  });
  return repeated(keys).map((index) => duplicate(`${path}[${index}]`, keys[index]));
}

/** Where values come for the second time; each is told once. */
function repeated(values: readonly unknown[]): number[] {
  const seen = new Map<string, number>();
  return values.flatMap((value, index) => {
    const text = canonicalJson(value);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    return times === 2 ? [index] : [];
  });
}
