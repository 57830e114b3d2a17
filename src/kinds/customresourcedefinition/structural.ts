import { forbidden, invalid, problemText, required, type FieldProblem } from '../../machinery/api-error.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { listSchemaProblems } from './list-schemas.ts';
import { schemaProblems } from './custom-validation.ts';
import type { JsonSchema } from './types.ts';

type Level = 'root' | 'item' | 'field';

/**
 * What makes a schema unfit for custom resources, which need structural ones: every field has one type, and what is said
 * of it elsewhere only narrows it. Sorted by text, as the API server does. Sources:
 * apiextensions-apiserver/pkg/apiserver/schema/validation.go, pkg/apis/apiextensions/validation/validation.go.
 */
export function structuralProblems(schema: JsonSchema, path: string): FieldProblem[] {
  const problems = [...problemsOf(schema, 'root', path), ...defaultProblems(schema, path)];
  const texts = new Map(problems.map((problem) => [problemText(problem), problem]));
  return [...texts.keys()].sort().map((text) => texts.get(text) as FieldProblem);
}

function problemsOf(schema: JsonSchema, level: Level, path: string): FieldProblem[] {
  const { items, properties = {}, additionalProperties } = schema;
  const problems = [
    ...typeProblems(schema, level, path),
    ...listSchemaProblems(schema, path),
    ...extensionProblems(schema, path),
    ...nestedProblems(schema, path, isIntOrString(schema)),
  ];
  if (schema.type === 'array' && !items) problems.push(required(`${path}.items`, 'must be specified'));
  if (items) problems.push(...problemsOf(items, 'item', `${path}.items`));
  for (const [name, property] of Object.entries(properties)) {
    if (name === 'metadata' && level === 'root')
      problems.push(...metadataProblems(property, `${path}.properties[${name}]`));
    else problems.push(...problemsOf(property, 'field', `${path}.properties[${name}]`));
  }
  if (additionalProperties === undefined) return problems;
  const at = `${path}.additionalProperties`;
  if (level === 'root') problems.push(forbidden(at, 'must not be used at the root'));
  if (Object.keys(properties).length > 0 && additionalProperties !== true) {
    problems.push(forbidden(at, 'additionalProperties and properties are mutual exclusive'));
  }
  if (typeof additionalProperties === 'object') problems.push(...problemsOf(additionalProperties, 'field', at));
  return problems;
}

const WHAT: Record<Level, string> = {
  root: 'at the root',
  item: 'for specified array items',
  field: 'for specified object fields',
};

function typeProblems(schema: JsonSchema, level: Level, path: string): FieldProblem[] {
  const { type } = schema;
  const at = `${path}.type`;
  if (schema['x-kubernetes-embedded-resource'] && type !== 'object') {
    const words = 'must be object if x-kubernetes-embedded-resource is true';
    return [type ? invalid(at, type, words) : required(at, words)];
  }
  if (type === 'null') return [forbidden(at, 'type cannot be set to null, use nullable as an alternative')];
  const isFree = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (!type) return isFree ? [] : [required(at, `must not be empty ${WHAT[level]}`)];
  return level === 'root' && type !== 'object' ? [invalid(at, type, 'must be object at the root')] : [];
}

function extensionProblems(schema: JsonSchema, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const preserves = schema['x-kubernetes-preserve-unknown-fields'];
  const embedded = schema['x-kubernetes-embedded-resource'];
  if (preserves === false) {
    problems.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  if (schema['x-kubernetes-int-or-string']) {
    const words = 'must be false if x-kubernetes-int-or-string is true';
    if (preserves) problems.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, words));
    if (embedded) problems.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, words));
  }
  if (embedded && schema.additionalProperties !== undefined) {
    const words = 'must not be used if x-kubernetes-embedded-resource is set';
    problems.push(forbidden(`${path}.additionalProperties`, words));
  }
  if (embedded && !preserves && Object.keys(schema.properties ?? {}).length === 0) {
    const words =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    problems.push(required(`${path}.properties`, words));
  }
  if (schema.uniqueItems) {
    const words = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    problems.push(forbidden(`${path}.uniqueItems`, words));
  }
  return problems;
}

/** At the root, metadata may have rules for the name alone. */
function metadataProblems(schema: JsonSchema, path: string): FieldProblem[] {
  if (schema.type !== 'object') return [invalid(`${path}.type`, schema.type ?? '', 'must be object')];
  const {
    type: _type,
    description: _description,
    properties = {},
    ...more
  } = schema as JsonSchema & { description?: string };
  const isPlain = Object.keys(properties).every((name) => name === 'name' || name === 'generateName');
  if (isPlain && Object.keys(more).length === 0) return [];
  const words = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return [forbidden(path, words)];
}

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/** The one pattern in which types may stand below anyOf. */
function isIntOrString(schema: JsonSchema): boolean {
  return schema['x-kubernetes-int-or-string'] === true;
}

/** What stands below allOf, anyOf, oneOf and not may only narrow what is said outside of them. */
function nestedProblems(schema: JsonSchema, path: string, allowed: boolean): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    if (junctor === 'anyOf' && allowed && deepEqual(schema.anyOf, INT_OR_STRING)) continue;
    for (const [index, part] of (schema[junctor] ?? []).entries()) {
      problems.push(
        ...partProblems(part, `${path}.${junctor}[${index}]`, allowed && junctor === 'allOf' && index === 0),
      );
    }
  }
  if (schema.not) problems.push(...partProblems(schema.not, `${path}.not`, false));
  return problems;
}

/** What a part of a condition may not say, and in what words it must leave it out. */
const SAID_OUTSIDE: readonly [field: string, words: string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function partProblems(part: JsonSchema, path: string, allowed: boolean): FieldProblem[] {
  const problems = nestedProblems(part, path, allowed);
  const said = part as Record<string, unknown>;
  for (const [field, words] of SAID_OUTSIDE) {
    const value = said[field];
    if (value !== undefined && value !== false && value !== '') problems.push(forbidden(`${path}.${field}`, words));
  }
  if (part.items) problems.push(...partProblems(part.items, `${path}.items`, false));
  for (const [name, property] of Object.entries(part.properties ?? {})) {
    const at = `${path}.properties[${name}]`;
    problems.push(...partProblems(property, at, false));
    if (name === 'metadata') problems.push(forbidden(at, 'must not be specified in a nested context'));
  }
  return problems;
}

/** Defaults must be valid by the schema they stand in. */
function defaultProblems(schema: JsonSchema, path: string): FieldProblem[] {
  const problems = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    defaultProblems(property, `${path}.properties[${name}]`),
  );
  if (schema.items) problems.push(...defaultProblems(schema.items, `${path}.items`));
  if (typeof schema.additionalProperties === 'object') {
    problems.push(...defaultProblems(schema.additionalProperties, `${path}.additionalProperties`));
  }
  if (schema.default === undefined) return problems;
  const own = schemaProblems(schema.default, schema, '').map((problem) => {
    const below = problem.field === '' || problem.field.startsWith('[') ? problem.field : `.${problem.field}`;
    return { ...problem, field: `${path}.default${below}` };
  });
  return [...problems, ...own];
}
