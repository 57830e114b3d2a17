import type { AnyDefinition } from '../definition.ts';
import { kubernetesSchema, metadataSchema } from './kubernetes-schema.ts';
import type { SchemaNode, StructNode } from './schema-node.ts';

const TEXT: SchemaNode = { shape: 'scalar', type: 'string' };

/** An object of which nothing is known but what all objects have. */
const UNKNOWN: StructNode = {
  shape: 'struct',
  name: 'unstructured.Unstructured',
  atomic: false,
  open: true,
  field: (name) =>
    name === 'metadata' ? metadataSchema() : name === 'apiVersion' || name === 'kind' ? TEXT : undefined,
};

/** What an object looks like: by its definition, by Kubernetes' table, or hardly at all. */
export function schemaOf(
  object: { apiVersion: string; kind: string },
  definition: AnyDefinition | undefined,
): StructNode {
  return definition?.schema ?? kubernetesSchema(object.apiVersion, object.kind) ?? UNKNOWN;
}

/** Whether more is known of a kind than that it has metadata. */
export function hasSchema(schema: StructNode): boolean {
  return schema !== UNKNOWN;
}
