import type { JsonSchema } from './types.ts';

/**
 * Fills in the defaults of a structural schema, in place; nulls of fields that may not be null are dropped first, so that
 * they get their default. Source: apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go.
 */
export function applySchemaDefaults(value: unknown, schema: JsonSchema | undefined): void {
  if (!schema || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) applySchemaDefaults(item, schema.items);
    return;
  }
  const record = value as Record<string, unknown>;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (record[name] === null && !property.nullable) delete record[name];
    if (record[name] === undefined && property.default !== undefined) record[name] = structuredClone(property.default);
  }
  for (const [name, member] of Object.entries(record)) {
    const property = schema.properties?.[name];
    if (property) applySchemaDefaults(member, property);
    else if (typeof schema.additionalProperties === 'object') applySchemaDefaults(member, schema.additionalProperties);
  }
}
