import {
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
  type FieldProblem,
} from '../../machinery/api-error.ts';
import { canonicalJson, deepEqual } from '../../machinery/equality.ts';
import { hasFormat } from './custom-formats.ts';
import type { JsonSchema } from './types.ts';

/**
 * Validates a custom object by its schema, in the API server's words. Lists that are sets or maps are looked at in
 * list-types.ts, embedded objects in embedded-resources.ts, rules in CEL in validation-rules.ts. Source: apiextensions-apiserver/pkg/apiserver/validation/validation.go, kube-openapi/pkg/validation.
 */
export function schemaProblems(value: unknown, schema: JsonSchema | undefined, path: string): FieldProblem[] {
  if (!schema) return [];
  const type = typeProblem(value, schema, path);
  if (type) return [type];
  if (value === null || value === undefined) return [];
  const problems = [...enumProblems(value, schema, path), ...combinedProblems(value, schema, path)];
  if (typeof value === 'string') problems.push(...textProblems(value, schema, path));
  else if (typeof value === 'number') problems.push(...numberProblems(value, schema, path));
  else if (Array.isArray(value)) problems.push(...listProblems(value, schema, path));
  else if (typeof value === 'object') problems.push(...objectProblems(value as Record<string, unknown>, schema, path));
  return problems;
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeProblem(value: unknown, schema: JsonSchema, path: string): FieldProblem | undefined {
  const found = typeOf(value);
  if (found === 'null' && schema.nullable) return undefined;
  if (schema['x-kubernetes-int-or-string']) {
    return found === 'integer' || found === 'string' ? undefined : wrongType(path, 'integer,string', found);
  }
  if (!schema.type || found === schema.type || (schema.type === 'number' && found === 'integer')) return undefined;
  return wrongType(path, schema.type, found);
}

function wrongType(path: string, wanted: string, found: string): FieldProblem {
  return typeInvalid(path, found, `${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`);
}

function enumProblems(value: unknown, schema: JsonSchema, path: string): FieldProblem[] {
  if (!schema.enum || schema.enum.some((allowed) => deepEqual(allowed, value))) return [];
  const allowed = schema.enum.map((word) => (typeof word === 'string' ? word : JSON.stringify(word)));
  return [notSupported(path, value, allowed)];
}

function textProblems(value: string, schema: JsonSchema, path: string): FieldProblem[] {
  const { minLength, maxLength, pattern } = schema;
  const problems: FieldProblem[] = [];
  const length = value.replaceAll(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, ' ').length;
  if (maxLength !== undefined && length > maxLength) problems.push(tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength) {
    problems.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && !matchesPattern(pattern, value)) {
    problems.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  if (schema.format !== undefined && (schema.type ?? 'string') === 'string' && !hasFormat(value, schema.format)) {
    const detail = `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`;
    problems.push(typeInvalid(path, value, detail));
  }
  return problems;
}

const patterns = new Map<string, RegExp | undefined>();

/** A pattern that is none in JavaScript accepts everything: Go knows a few forms that JavaScript does not. */
function matchesPattern(pattern: string, value: string): boolean {
  if (!patterns.has(pattern)) {
    let compiled: RegExp | undefined;
    try {
      compiled = new RegExp(pattern, 'u');
    } catch {
      compiled = undefined;
    }
    patterns.set(pattern, compiled);
  }
  return patterns.get(pattern)?.test(value) ?? true;
}

function numberProblems(value: number, schema: JsonSchema, path: string): FieldProblem[] {
  const { minimum, maximum, multipleOf } = schema;
  const problems: FieldProblem[] = [];
  const complain = (rule: string) => problems.push(invalid(path, value, `${path} in body should be ${rule}`));
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum && value >= maximum) complain(`less than ${maximum}`);
    else if (value > maximum) complain(`less than or equal to ${maximum}`);
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum && value <= minimum) complain(`greater than ${minimum}`);
    else if (value < minimum) complain(`greater than or equal to ${minimum}`);
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) complain(`a multiple of ${multipleOf}`);
  return problems;
}

function listProblems(value: readonly unknown[], schema: JsonSchema, path: string): FieldProblem[] {
  const { minItems, maxItems } = schema;
  const problems: FieldProblem[] = [];
  if (maxItems !== undefined && value.length > maxItems) problems.push(tooMany(path, value.length, maxItems));
  if (minItems !== undefined && value.length < minItems) {
    problems.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (schema.uniqueItems && new Set(value.map(canonicalJson)).size < value.length) {
    problems.push(invalid(path, value, `${path} in body shouldn't contain duplicates`));
  }
  value.forEach((item, index) => problems.push(...schemaProblems(item, schema.items, `${path}[${index}]`)));
  return problems;
}

function objectProblems(value: Record<string, unknown>, schema: JsonSchema, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const child = (name: string) => (path === '' ? name : `${path}.${name}`);
  const count = Object.keys(value).length;
  const { minProperties, maxProperties } = schema;
  if (maxProperties !== undefined && count > maxProperties) problems.push(tooMany(path, count, maxProperties));
  if (minProperties !== undefined && count < minProperties) {
    problems.push(invalid(path, count, `${path} in body should have at least ${minProperties} properties`));
  }
  for (const name of schema.required ?? []) if (value[name] === undefined) problems.push(required(child(name)));
  for (const [name, member] of Object.entries(value)) {
    const property = schema.properties?.[name];
    if (property) problems.push(...schemaProblems(member, property, child(name)));
    else if (typeof schema.additionalProperties === 'object') {
      problems.push(...schemaProblems(member, schema.additionalProperties, child(name)));
    }
  }
  return problems;
}

function combinedProblems(value: unknown, schema: JsonSchema, path: string): FieldProblem[] {
  const problems = (schema.allOf ?? []).flatMap((part) => schemaProblems(value, part, path));
  const holds = (part: JsonSchema) => schemaProblems(value, part, path).length === 0;
  const subject = path === '' ? '""' : JSON.stringify(path);
  if (schema.anyOf && !schema.anyOf.some(holds)) {
    problems.push(invalid(path, value, `${subject} must validate at least one schema (anyOf)`));
  }
  if (schema.oneOf) {
    const valid = schema.oneOf.filter(holds).length;
    if (valid !== 1) {
      const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      problems.push(invalid(path, value, `${subject} must validate one and only one schema (oneOf). ${found}`));
    }
  }
  if (schema.not && holds(schema.not)) {
    problems.push(invalid(path, value, `${subject} must not validate the schema (not)`));
  }
  return problems;
}
