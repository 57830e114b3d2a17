import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/**
 * Writes selections of everything that a schema has, for tests that look at all of it. They are to be executed without
 * validation: fields of one name may be of several types below an interface.
 */
export class SchemaWalk {
  private readonly schema: GraphQLSchema;
  private readonly args: Readonly<Record<string, readonly string[]>>;

  /**
   * `args`: the arguments to try, by `field` or `Type.field`; for a field with several, each is asked for. Others get what
   * must be given, and small pages.
   */
  constructor(schema: GraphQLSchema, args: Readonly<Record<string, readonly string[]>>) {
    this.schema = schema;
    this.args = args;
  }

  /**
   * `{ … }` for a type: its fields, and theirs, to a depth. Objects of the cluster within objects of the cluster are
   * shown with the fields they have themselves, and no further; those of any kind with the fields of every object.
   */
  selection(type: GraphQLNamedType, depth: number, nested = 0): string {
    if (isInterfaceType(type) && nested > 0) return this.fieldsOf(type, depth, nested);
    if (isAbstractType(type)) {
      const types = this.schema.getPossibleTypes(type);
      return `{ __typename ${types.map((one) => `... on ${one.name} ${this.selection(one, depth, nested)}`).join(' ')} }`;
    }
    if (!isObjectType(type)) throw new Error(`${type.name} has no fields`);
    return this.fieldsOf(type, depth, nested);
  }

  private fieldsOf(type: GraphQLObjectType | GraphQLInterfaceType, depth: number, nested: number): string {
    const inside = nested + (isKubeObject(type) ? 1 : 0);
    const fields = Object.values(type.getFields()).flatMap((field) => this.field(type, field, depth, inside));
    return `{ __typename ${fields.join(' ')} }`;
  }

  /** One field with everything below it, once for each of its arguments that are to be tried. */
  field(
    type: GraphQLObjectType | GraphQLInterfaceType,
    field: GraphQLField<unknown, unknown>,
    depth: number,
    nested = 0,
  ): string[] {
    const inner = getNamedType(field.type);
    let below = '';
    if (!isLeafType(inner)) {
      if (depth === 0 || (nested > 1 && leadsToObjects(inner)) || inner.name === 'Cluster') return [];
      below = this.selection(inner, depth - 1, nested);
    }
    return this.argumentsOf(type, field).map((args, index) => {
      const alias = index === 0 ? '' : `${field.name}_${index}: `;
      return `${alias}${field.name}${args} ${below}`;
    });
  }

  private argumentsOf(type: GraphQLObjectType | GraphQLInterfaceType, field: GraphQLField<unknown, unknown>): string[] {
    const known = this.args[`${type.name}.${field.name}`] ?? this.args[field.name];
    if (known) return known.map((text) => (text === '' ? '' : `(${text})`));
    const required = field.args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${someValue(arg.type)}`);
    if (required.length > 0) return [`(${required.join(', ')})`];
    const paged = field.args.some(({ name }) => name === 'first');
    return [paged ? '(first: 20)' : ''];
  }
}

function isKubeObject(type: GraphQLNamedType): boolean {
  const interfaces = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : [];
  return type.name === 'KubeObject' || interfaces.some(({ name }) => name === 'KubeObject');
}

function leadsToObjects(type: GraphQLNamedType): boolean {
  return isKubeObject(type) || type.name.endsWith('Connection') || isAbstractType(type);
}

/** Some value of a type: for arguments that must be given and that nothing better is known for. */
function someValue(type: GraphQLInputType): string {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues()[0]?.name ?? 'null';
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).filter((field) => isRequiredInputField(field) || named.isOneOf);
    const given = (named.isOneOf ? fields.slice(0, 1) : fields).map(
      (field) => `${field.name}: ${someValue(field.type)}`,
    );
    return `{ ${given.join(', ')} }`;
  }
  if (named.name === 'Int' || named.name === 'Float' || named.name === 'Revision') return '1';
  if (named.name === 'Boolean') return 'true';
  return '"default"';
}
