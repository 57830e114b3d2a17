import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { JsonSchema } from './types.ts';

const LIST_TYPE = 'x-kubernetes-list-type';
const KEYS = 'x-kubernetes-list-map-keys';
const MAP_TYPE = 'x-kubernetes-map-type';

/**
 * What is wrong with the list and map types of a schema. Source:
 * apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go (ValidateCustomResourceDefinitionOpenAPISchema).
 */
export function listSchemaProblems(schema: JsonSchema, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const listType = schema[LIST_TYPE];
  const mapType = schema[MAP_TYPE];
  const keys = schema[KEYS] ?? [];
  if (mapType !== undefined) {
    if (mapType !== 'atomic' && mapType !== 'granular') {
      problems.push(notSupported(`${path}.${MAP_TYPE}`, mapType, ['atomic', 'granular']));
    }
    if (schema.type !== 'object') {
      const words = `must be object if ${MAP_TYPE} is specified`;
      problems.push(schema.type ? invalid(`${path}.type`, schema.type, words) : required(`${path}.type`, words));
    }
  }
  if (listType !== undefined) {
    if (schema.type !== 'array') {
      const words = `must be array if ${LIST_TYPE} is specified`;
      problems.push(schema.type ? invalid(`${path}.type`, schema.type, words) : required(`${path}.type`, words));
    } else if (listType !== 'atomic' && listType !== 'set' && listType !== 'map') {
      problems.push(notSupported(`${path}.${LIST_TYPE}`, listType, ['atomic', 'set', 'map']));
    }
  }
  if (keys.length > 0 && listType !== 'map') {
    const words = `must be map if ${KEYS} is non-empty`;
    const at = `${path}.${LIST_TYPE}`;
    problems.push(listType === undefined ? required(at, words) : invalid(at, listType, words));
  }
  if (listType === 'map') problems.push(...listMapProblems(schema, keys, path));
  if (listType === 'set') problems.push(...listSetProblems(schema.items, `${path}.items`));
  return problems;
}

function listMapProblems({ items }: JsonSchema, keys: readonly string[], path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (keys.length === 0) problems.push(required(`${path}.${KEYS}`, `must not be empty if ${LIST_TYPE} is map`));
  if (!items) return [...problems, required(`${path}.items`, `must have a schema if ${LIST_TYPE} is map`)];
  if (items.type !== 'object') {
    const words = `must be object if parent array's ${LIST_TYPE} is map`;
    problems.push(invalid(`${path}.items.type`, items.type ?? '', words));
  }
  const seen = new Set<string>();
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key];
    const at = `${path}.items.properties[${key}]`;
    if (!property)
      problems.push(invalid(`${path}.${KEYS}[${index}]`, key, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      const words = `must be a scalar type if parent array's ${LIST_TYPE} is map`;
      problems.push(invalid(`${at}.type`, property.type, words));
    } else if (!items.required?.includes(key) && property.default === undefined) {
      const words = `this property is in ${KEYS}, so it must have a default or be a required property`;
      problems.push(required(`${at}.default`, words));
    }
    if (seen.has(key)) problems.push(duplicate(`${path}.${KEYS}[${index}]`, key));
    seen.add(key);
  }
  return problems;
}

function listSetProblems(items: JsonSchema | undefined, path: string): FieldProblem[] {
  if (!items) return [];
  const words = `as item of a list with ${LIST_TYPE}=set`;
  if (items.nullable) return [forbidden(`${path}.nullable`, `cannot be nullable when ${LIST_TYPE} is set`)];
  if (items.type === 'object' && items[MAP_TYPE] !== 'atomic') {
    return [invalid(`${path}.${MAP_TYPE}`, items[MAP_TYPE] ?? null, `must be atomic ${words}`)];
  }
  const isAtomicList = items[LIST_TYPE] === undefined || items[LIST_TYPE] === 'atomic';
  if (items.type !== 'array' || isAtomicList) return [];
  return [invalid(`${path}.${LIST_TYPE}`, items[LIST_TYPE], `must be atomic ${words}`)];
}
