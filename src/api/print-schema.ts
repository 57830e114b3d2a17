import { isInterfaceType, isObjectType, Kind, parse, print, printSchema, visit, type GraphQLSchema } from 'graphql';

/** The schema as text, with `@listSize` where lists without pages may become long. */
export function schemaText(schema: GraphQLSchema): string {
  const document = visit(parse(printSchema(schema)), {
    FieldDefinition(node, _key, _parent, _path, ancestors) {
      const owner = ancestors.findLast((ancestor) => 'kind' in ancestor && 'name' in ancestor) as
        | { name: { value: string } }
        | undefined;
      const type = schema.getType(owner?.name.value ?? '');
      if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
      const { listSize } = (type.getFields()[node.name.value]?.extensions ?? {}) as { listSize?: number };
      if (listSize === undefined) return undefined;
      const max = {
        kind: Kind.ARGUMENT,
        name: nameNode('max'),
        value: { kind: Kind.INT, value: String(listSize) },
      } as const;
      return { ...node, directives: [{ kind: Kind.DIRECTIVE, name: nameNode('listSize'), arguments: [max] }] };
    },
  });
  return `${print(document)}\n`;
}

function nameNode(value: string) {
  return { kind: Kind.NAME, value } as const;
}
