import type { FieldProblem } from '../../machinery/api-error.ts';
import type { KindDefinition, TableColumn } from '../../machinery/definition.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { applySchemaDefaults } from './custom-defaults.ts';
import { customSchema } from './custom-schema.ts';
import { schemaProblems } from './custom-validation.ts';
import { embeddedProblems } from './embedded-resources.ts';
import { evaluateJsonPath, parseJsonPath } from './json-path.ts';
import { listTypeProblems } from './list-types.ts';
import { ruleProblems } from './validation-rules.ts';
import type { CustomResourceDefinition, DefinedVersion, JsonSchema, PrinterColumn } from './types.ts';

const known = new WeakMap<CustomResourceDefinition['spec'], Map<string, KindDefinition>>();

/** The definition of the kind that a CustomResourceDefinition defines, in one of its versions. */
export function customKind({ spec }: CustomResourceDefinition, version: DefinedVersion): KindDefinition {
  let versions = known.get(spec);
  if (!versions) {
    versions = new Map();
    known.set(spec, versions);
  }
  let definition = versions.get(version.name);
  if (!definition) {
    definition = newDefinition(spec, version);
    versions.set(version.name, definition);
  }
  return definition;
}

function newDefinition(spec: CustomResourceDefinition['spec'], version: DefinedVersion): KindDefinition {
  const { names, group, scope } = spec;
  const schema = version.schema?.openAPIV3Schema;
  return {
    kind: defineKind({
      apiVersion: `${group}/${version.name}`,
      kind: names.kind,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      shortNames: names.shortNames ?? [],
      namespaced: scope === 'Namespaced',
    }),
    schema: customSchema(names.kind, schema),
    statusSubresource: version.subresources?.status !== undefined,
    applyDefaults: (object) => applySchemaDefaults(object, schema),
    validate: (object) => problemsOf(object, schema),
    validateCreate: (object) => ruleProblems(schema, withoutRuntime(object), undefined),
    validateUpdate: (object, old) => ruleProblems(schema, withoutRuntime(object), withoutRuntime(old)),
    columns: (version.additionalPrinterColumns ?? [AGE_COLUMN]).map(columnOf),
  };
}

/** In the order of the API server: the schema, embedded objects, lists. */
function problemsOf(object: KubeObject, schema: JsonSchema | undefined): FieldProblem[] {
  const value = withoutMetadata(object);
  return [
    ...nameProblems(object, schema?.properties?.['metadata']),
    ...schemaProblems(value, schema && withoutMetadataRules(schema), ''),
    ...embeddedProblems(value, schema, ''),
    ...listTypeProblems(value, schema, ''),
  ];
}

/** metadata has been validated already; a schema may restrict names. */
function nameProblems({ metadata }: KubeObject, schema: JsonSchema | undefined): FieldProblem[] {
  const { name, generateName } = schema?.properties ?? {};
  return [
    ...(name ? schemaProblems(metadata.name, name, 'metadata.name') : []),
    ...(generateName && metadata.generateName !== undefined
      ? schemaProblems(metadata.generateName, generateName, 'metadata.generateName')
      : []),
  ];
}

function withoutRuntime(object: KubeObject): unknown {
  const { runtime: _r, ...rest } = object;
  return rest;
}

function withoutMetadata(object: KubeObject): unknown {
  const { metadata: _m, runtime: _r, ...rest } = object;
  return rest;
}

function withoutMetadataRules(schema: JsonSchema): JsonSchema {
  if (!schema.required?.includes('metadata')) return schema;
  return { ...schema, required: schema.required.filter((name) => name !== 'metadata') };
}

const AGE_COLUMN: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function columnOf(column: PrinterColumn): TableColumn<KubeObject> {
  const steps = parseJsonPath(column.jsonPath);
  const cell: TableColumn<KubeObject>['cell'] = (object, view) => {
    const value = steps && evaluateJsonPath(object, steps);
    return cellText(column.type, value, view.now);
  };
  const name = column.name.toUpperCase();
  return (column.priority ?? 0) > 0 ? { name, wide: true, cell } : { name, cell };
}

/** What kubectl prints for a value of a column; nothing where the type does not fit. */
function cellText(type: string, value: unknown, now: number): string {
  if (value === undefined || value === null) return '';
  switch (type) {
    case 'date': {
      const time = typeof value === 'string' ? fromTimestamp(value) : undefined;
      return time === undefined ? '<invalid>' : humanDuration(now - time);
    }
    case 'integer':
      return typeof value === 'number' ? String(Math.trunc(value)) : '';
    case 'number':
      return typeof value === 'number' ? String(value) : '';
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : '';
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
