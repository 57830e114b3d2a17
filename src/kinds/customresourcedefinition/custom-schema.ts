import { metadataSchema } from '../../machinery/schema/kubernetes-schema.ts';
import { ANY, type SchemaNode, type StructNode } from '../../machinery/schema/schema-node.ts';
import type { JsonSchema } from './types.ts';

const TEXT: SchemaNode = { shape: 'scalar', type: 'string' };

/**
 * The schema of a custom kind, for reading (unknown fields are dropped) and for merging (list types). Scalars are not
 * told apart here: validation by the schema does that.
 */
export function customSchema(kind: string, schema: JsonSchema | undefined): StructNode {
  const root = structOf(kind, schema ?? { 'x-kubernetes-preserve-unknown-fields': true });
  return {
    ...root,
    untyped: true,
    field: (name) => {
      if (name === 'metadata') return metadataSchema();
      return name === 'apiVersion' || name === 'kind' ? TEXT : root.field(name);
    },
  };
}

const nodes = new WeakMap<JsonSchema, SchemaNode>();

function nodeOf(schema: JsonSchema): SchemaNode {
  let node = nodes.get(schema);
  if (!node) {
    node = newNode(schema);
    nodes.set(schema, node);
  }
  return node;
}

function newNode(schema: JsonSchema): SchemaNode {
  if (schema.type === 'array') return listOf(schema);
  if (schema.type !== 'object') return ANY;
  const { properties, additionalProperties } = schema;
  if (!properties && additionalProperties) {
    const element = additionalProperties === true ? ANY : nodeOf(additionalProperties);
    return { shape: 'map', element, atomic: schema['x-kubernetes-map-type'] === 'atomic' };
  }
  return structOf('', schema);
}

function structOf(name: string, schema: JsonSchema): StructNode {
  const { properties = {} } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  return {
    shape: 'struct',
    name: `v1.${name}`,
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    open: schema['x-kubernetes-preserve-unknown-fields'] === true,
    field: (field) => {
      const property = Object.hasOwn(properties, field) ? properties[field] : undefined;
      if (property) return nodeOf(property);
      if (!embedded) return undefined;
      return field === 'apiVersion' || field === 'kind' || field === 'metadata' ? ANY : undefined;
    },
  };
}

function listOf(schema: JsonSchema): SchemaNode {
  const element = schema.items ? nodeOf(schema.items) : ANY;
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return { shape: 'list', element, set: true };
  if (type !== 'map') return { shape: 'list', element };
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keyDefaults: Record<string, unknown> = {};
  for (const key of keys) {
    const value = schema.items?.properties?.[key]?.default;
    if (value !== undefined) keyDefaults[key] = value;
  }
  return { shape: 'list', element, keys, keyDefaults };
}
