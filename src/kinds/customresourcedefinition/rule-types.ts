import { Environment } from '@marcbachmann/cel-js';
import { decodeBase64 } from '../../machinery/base64.ts';
import { deepEqual } from '../../machinery/equality.ts';
import type { JsonSchema } from './types.ts';

/** A schema as an expression sees it: the name of its type, and how a JSON value becomes a value of that type. */
export interface RuleType {
  readonly name: string;
  valueOf(json: unknown): unknown;
}

const DYNAMIC: RuleType = { name: 'dyn', valueOf: dynamicValue };

const METADATA: JsonSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};
const ROOT_PROPERTIES: Record<string, JsonSchema> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: METADATA,
};

/**
 * Declares the types of a schema in an environment. Fields whose type is not known are not there, and only name and
 * generateName of metadata are, as the API server has it. `name` must be new in the environment.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/cel/model/schemas.go.
 */
export function declareType(
  environment: Environment,
  schema: JsonSchema,
  name: string,
  isResource: boolean,
): RuleType | undefined {
  if (schema['x-kubernetes-int-or-string']) return DYNAMIC;
  switch (schema.type) {
    case 'array': {
      const items = schema.items && declareType(environment, schema.items, `${name}.items`, isEmbedded(schema.items));
      return items && { name: `list<${items.name}>`, valueOf: (json) => listValue(json, items) };
    }
    case 'object':
      return declareObject(environment, schema, name, isResource);
    case 'boolean':
      return { name: 'bool', valueOf: (json) => json };
    case 'string':
      return textType(schema.format);
    case 'integer':
      return { name: 'int', valueOf: (json) => (typeof json === 'number' ? BigInt(Math.trunc(json)) : json) };
    case 'number':
      return { name: 'double', valueOf: (json) => json };
    default:
      return undefined;
  }
}

function isEmbedded(schema: JsonSchema): boolean {
  return schema['x-kubernetes-embedded-resource'] === true;
}

function listValue(json: unknown, items: RuleType): unknown {
  return Array.isArray(json) ? json.map((item) => items.valueOf(item)) : json;
}

/** Numbers without a fraction are integers here, as in JSON that Kubernetes reads. */
function dynamicValue(json: unknown): unknown {
  return typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : json;
}

function textType(format: string | undefined): RuleType {
  switch (format) {
    case 'byte':
      return { name: 'bytes', valueOf: bytesValue };
    case 'duration':
      return { name: 'google.protobuf.Duration', valueOf: durationValue };
    case 'date':
    case 'date-time':
    case 'datetime':
      return { name: 'google.protobuf.Timestamp', valueOf: timestampValue };
    default:
      return { name: 'string', valueOf: (json) => json };
  }
}

function bytesValue(json: unknown): unknown {
  const decoded = decodeBase64(String(json));
  return decoded.ok ? decoded.bytes : json;
}

function timestampValue(json: unknown): unknown {
  const time = new Date(String(json));
  return Number.isNaN(time.getTime()) ? json : time;
}

const durations = new Environment().registerVariable('it', 'string').parse('duration(it)');

function durationValue(json: unknown): unknown {
  try {
    return durations({ it: String(json) });
  } catch {
    return json;
  }
}

function declareObject(
  environment: Environment,
  schema: JsonSchema,
  name: string,
  isResource: boolean,
): RuleType | undefined {
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object') {
    const values = declareType(environment, additionalProperties, `${name}.values`, isEmbedded(additionalProperties));
    return values && { name: `map<string, ${values.name}>`, valueOf: (json) => mapValue(json, values) };
  }
  const properties = isResource ? { ...schema.properties, ...ROOT_PROPERTIES } : schema.properties;
  if (!properties) return undefined;
  return declareStruct(environment, properties, name);
}

function mapValue(json: unknown, values: RuleType): unknown {
  if (typeof json !== 'object' || json === null) return json;
  return new Map(Object.entries(json).map(([key, value]) => [key, values.valueOf(value)]));
}

function declareStruct(environment: Environment, properties: Record<string, JsonSchema>, name: string): RuleType {
  const types = new Map<string, { field: string; type: RuleType }>();
  const fields: Record<string, string> = {};
  for (const [property, schema] of Object.entries(properties)) {
    const field = escapedName(property);
    const type = field && declareType(environment, schema, `${name}.${field}`, isEmbedded(schema));
    if (!field || !type) continue;
    types.set(property, { field, type });
    fields[field] = type.name;
  }
  /** Holds the declared fields alone; what it was made of stands aside, to be compared by. */
  class Struct {
    readonly #source: object;

    constructor(source: object) {
      this.#source = source;
      for (const [property, value] of Object.entries(source)) {
        const known = types.get(property);
        if (known && value !== undefined) Object.assign(this, { [known.field]: known.type.valueOf(value) });
      }
    }

    isSame(other: Struct): boolean {
      return deepEqual(this.#source, other.#source);
    }
  }
  environment.registerType(name, { ctor: Struct, fields });
  environment.registerOperator(`${name} == ${name}`, (left: Struct, right: Struct) => left.isSame(right));
  return {
    name,
    valueOf: (json) => (typeof json === 'object' && json !== null ? new Struct(json) : json),
  };
}

const KEYWORDS = new Set(
  `true false null in as break const continue else for function if import let loop package namespace return var void while`.split(
    ' ',
  ),
);
const WORD = /^[A-Za-z_][\w./-]*$/;

/** A property's name as an expression writes it; undefined where it has none. Source: k8s.io/apiserver/pkg/cel/escaping.go. */
function escapedName(property: string): string | undefined {
  if (KEYWORDS.has(property)) return `__${property}__`;
  if (!WORD.test(property)) return undefined;
  return property
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
