import {
  getNamedType,
  GraphQLError,
  isCompositeType,
  isListType,
  isNonNullType,
  Kind,
  parse,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type Source,
} from 'graphql';

/** What one document may ask for. Every limit answers with a clear error and `extensions.code` LIMIT_EXCEEDED. */
export const QUERY_LIMITS = {
  tokens: 20_000,
  depth: 30,
  aliases: 500,
  /** Fields of a document, fragments counted each time they are spread. */
  selections: 20_000,
  /** Estimated fields of the answer: see `costOf`. */
  cost: 500_000,
} as const;

/** How many entries an unpaged list is taken to have, where nothing better is known. */
const ASSUMED_LIST_SIZE = 10;
const ASSUMED_LIST_SIZE_MAX = 50;

export function limitExceeded(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });
}

/**
 * Parses a document and refuses what is too large before anything is validated: some of graphql-js' rules take time
 * that grows with the square of the fields.
 */
export function parseWithinLimits(source: string | Source): DocumentNode {
  const document = parseTokens(source);
  new Measure(document).check();
  return document;
}

function parseTokens(source: string | Source): DocumentNode {
  try {
    return parse(source, { maxTokens: QUERY_LIMITS.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (error.message.includes('Parsing aborted')) {
      throw limitExceeded(`The document has more than ${QUERY_LIMITS.tokens} tokens.`);
    }
    throw new GraphQLError(error.message, {
      source: error.source,
      positions: error.positions,
      extensions: { ...error.extensions, code: 'GRAPHQL_PARSE_FAILED' },
    });
  }
}

/** Counts depth, aliases and selections, with fragments spread in place; cycles are left to validation. */
class Measure {
  private readonly document: DocumentNode;
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly open = new Set<string>();
  private aliases = 0;
  private selections = 0;

  constructor(document: DocumentNode) {
    this.document = document;
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  check(): void {
    for (const definition of this.document.definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) this.visit(definition.selectionSet, 1);
    }
  }

  private visit({ selections }: SelectionSetNode, depth: number): void {
    if (depth > QUERY_LIMITS.depth) {
      throw limitExceeded(`The query is nested more than ${QUERY_LIMITS.depth} levels deep.`);
    }
    for (const selection of selections) {
      if (++this.selections > QUERY_LIMITS.selections) {
        throw limitExceeded(`The query selects more than ${QUERY_LIMITS.selections} fields.`);
      }
      if (selection.kind === Kind.FIELD) {
        if (selection.alias && ++this.aliases > QUERY_LIMITS.aliases) {
          throw limitExceeded(`The query has more than ${QUERY_LIMITS.aliases} aliases.`);
        }
        if (selection.selectionSet) this.visit(selection.selectionSet, depth + 1);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.visit(selection.selectionSet, depth);
      } else {
        this.visitFragment(selection.name.value, depth);
      }
    }
  }

  private visitFragment(name: string, depth: number): void {
    const fragment = this.fragments.get(name);
    if (!fragment || this.open.has(name)) return;
    this.open.add(name);
    this.visit(fragment.selectionSet, depth);
    this.open.delete(name);
  }
}

type Variables = Readonly<Record<string, unknown>> | null | undefined;

/**
 * How many fields the answer of an operation may have: a page counts `first` times, a list without pages as often as it
 * is assumed to be long (`extensions.listSize`, at most 50). Introspection is free.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Variables,
): number {
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION && (!operationName || definition.name?.value === operationName),
  );
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return 0;
  return new Cost(schema, document, variables).of(operation.selectionSet, root, 1);
}

class Cost {
  private readonly schema: GraphQLSchema;
  private readonly variables: Variables;
  private readonly fragments = new Map<string, FragmentDefinitionNode>();

  constructor(schema: GraphQLSchema, document: DocumentNode, variables: Variables) {
    this.schema = schema;
    this.variables = variables;
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  /** The cost of a selection on one object; `pageSize` is that of the connection the object is, if it is one. */
  of({ selections }: SelectionSetNode, type: GraphQLOutputType, pageSize: number): number {
    let total = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        total += this.ofField(selection, type, pageSize);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        total += this.of(
          selection.selectionSet,
          this.conditionType(selection.typeCondition?.name.value, type),
          pageSize,
        );
      } else {
        const fragment = this.fragments.get(selection.name.value);
        if (!fragment) continue;
        total += this.of(fragment.selectionSet, this.conditionType(fragment.typeCondition.name.value, type), pageSize);
      }
    }
    return total;
  }

  private conditionType(name: string | undefined, type: GraphQLOutputType): GraphQLOutputType {
    const found = name === undefined ? undefined : this.schema.getType(name);
    return isCompositeType(found) ? found : type;
  }

  private ofField(node: FieldNode, parent: GraphQLOutputType, pageSize: number): number {
    if (node.name.value.startsWith('__') || !('getFields' in parent)) return 0;
    const field = (parent.getFields() as Record<string, GraphQLField<unknown, unknown>>)[node.name.value];
    if (!field) return 0;
    const named = getNamedType(field.type);
    if (!node.selectionSet) return 1;
    const times = isList(field.type) ? this.listSize(field, parent, pageSize) : 1;
    const first = this.argument(node, field, 'first');
    return 1 + times * this.of(node.selectionSet, named, first ?? pageSize);
  }

  private listSize(field: GraphQLField<unknown, unknown>, parent: GraphQLOutputType, pageSize: number): number {
    const isPage = 'name' in parent && parent.name.endsWith('Connection');
    if (isPage) return pageSize;
    const { listSize } = field.extensions as { listSize?: number };
    return Math.min(listSize ?? ASSUMED_LIST_SIZE, ASSUMED_LIST_SIZE_MAX);
  }

  private argument(node: FieldNode, field: GraphQLField<unknown, unknown>, name: string): number | undefined {
    const definition = field.args.find((argument) => argument.name === name);
    if (!definition) return undefined;
    const given = node.arguments?.find((argument) => argument.name.value === name)?.value;
    const value = given?.kind === Kind.VARIABLE ? this.variables?.[given.name.value] : undefined;
    if (typeof value === 'number') return Math.max(1, value);
    if (given?.kind === Kind.INT) return Math.max(1, Number(given.value));
    return 50;
  }
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

/** Refuses an operation that costs too much; see `costOf`. */
export function costProblem(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Variables,
): GraphQLError | undefined {
  const cost = costOf(schema, document, operationName, variables);
  if (cost <= QUERY_LIMITS.cost) return undefined;
  return limitExceeded(
    `The query may answer about ${cost} fields; the limit is ${QUERY_LIMITS.cost}. Ask for smaller pages or fewer fields.`,
  );
}
