import { metadataSchema, parseExpression } from './kubernetes-schema.ts';
import type { SchemaNode, StructNode } from './schema-node.ts';

/** Fields by name: expressions as in the table of Kubernetes' types, or the name of another type of the same kind. */
export type OwnTypes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The schema of a kind that is Orrery's own, from a table that stands beside the kind. `types` has the kind itself, with
 * its sections but without metadata, and every type that it is made of. Lists are atomic.
 */
export function ownSchema(version: string, kind: string, types: OwnTypes): StructNode {
  const structs = new Map<string, StructNode>();
  const structOf = (name: string): StructNode => {
    let node = structs.get(name);
    if (!node) {
      node = newStruct(name);
      structs.set(name, node);
    }
    return node;
  };
  const resolve = (expression: string): SchemaNode => {
    if (expression.startsWith('[]')) return { shape: 'list', element: resolve(expression.slice(2)) };
    if (expression.startsWith('{}')) return { shape: 'map', element: resolve(expression.slice(2)), atomic: false };
    return Object.hasOwn(types, expression) ? structOf(expression) : parseExpression(expression);
  };
  const newStruct = (name: string): StructNode => ({
    shape: 'struct',
    name: `${version}.${name}`,
    atomic: false,
    open: false,
    field(field) {
      if (name === kind && field === 'metadata') return metadataSchema();
      if (name === kind && (field === 'apiVersion' || field === 'kind')) return parseExpression('string');
      const fields = types[name] ?? {};
      return Object.hasOwn(fields, field) ? resolve(fields[field] ?? '') : undefined;
    },
  });
  return structOf(kind);
}
