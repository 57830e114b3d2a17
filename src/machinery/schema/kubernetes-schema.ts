import table from './kubernetes-types.json' with { type: 'json' };
import { ASSOCIATIVE_LISTS, ATOMIC_MAPS, ATOMIC_TYPES, KEY_DEFAULTS } from './merge-rules.ts';
import { ANY, type ListNode, type ScalarType, type SchemaNode, type StructNode } from './schema-node.ts';

/** Kubernetes' types as schema nodes, made when they are first asked for. */

const TYPES: Record<string, Record<string, string>> = table.types;
const KINDS: Record<string, string> = table.kinds;

const SCALARS = new Set<string>([
  'string',
  'bool',
  'int32',
  'int64',
  'double',
  'bytes',
  'quantity',
  'intOrString',
  'time',
  'microTime',
] satisfies ScalarType[]);

const expressions = new Map<string, SchemaNode>();
const structs = new Map<string, StructNode>();

/** Every group, version and kind that the modelled release serves: "apps/v1/Deployment". */
export function servedKinds(): readonly string[] {
  return Object.keys(KINDS);
}

/** The schema of a kind of Kubernetes' own; undefined for kinds and versions that it does not serve. */
export function kubernetesSchema(apiVersion: string, kind: string): StructNode | undefined {
  const id = Object.hasOwn(KINDS, `${apiVersion}/${kind}`) ? KINDS[`${apiVersion}/${kind}`] : undefined;
  return id === undefined ? undefined : struct(id);
}

/** metadata, for kinds that come from elsewhere. */
export function metadataSchema(): StructNode {
  return struct('meta/v1.ObjectMeta');
}

function struct(id: string): StructNode {
  let node = structs.get(id);
  if (!node) {
    node = new TableStruct(id);
    structs.set(id, node);
  }
  return node;
}

/** The node of a type expression: "[]string", "meta/v1.LabelSelector". */
export function parseExpression(expression: string): SchemaNode {
  let node = expressions.get(expression);
  if (!node) {
    node = parseNew(expression);
    expressions.set(expression, node);
  }
  return node;
}

function parseNew(expression: string): SchemaNode {
  if (expression.startsWith('[]')) return { shape: 'list', element: parseExpression(expression.slice(2)) };
  if (expression.startsWith('{}'))
    return { shape: 'map', element: parseExpression(expression.slice(2)), atomic: false };
  if (SCALARS.has(expression)) return { shape: 'scalar', type: expression as ScalarType };
  return Object.hasOwn(TYPES, expression) ? struct(expression) : ANY;
}

class TableStruct implements StructNode {
  readonly shape = 'struct';
  readonly name: string;
  readonly atomic: boolean;
  readonly open = false;
  private readonly id: string;
  private readonly fields = new Map<string, SchemaNode | undefined>();

  constructor(id: string) {
    this.id = id;
    const dot = id.lastIndexOf('.');
    this.name = `${id.slice(0, dot).split('/').at(-1)}.${id.slice(dot + 1)}`;
    this.atomic = ATOMIC_TYPES.has(id);
  }

  field(name: string): SchemaNode | undefined {
    if (this.fields.has(name)) return this.fields.get(name);
    const node = this.newField(name);
    this.fields.set(name, node);
    return node;
  }

  private newField(name: string): SchemaNode | undefined {
    const expressionsOfType = TYPES[this.id];
    if (!expressionsOfType || !Object.hasOwn(expressionsOfType, name)) return undefined;
    const node = parseExpression(expressionsOfType[name] ?? '');
    if (node.shape === 'list') return this.withKeys(name, node);
    if (node.shape === 'map' && ATOMIC_MAPS.has(`${this.id}.${name}`)) return { ...node, atomic: true };
    return node;
  }

  private withKeys(name: string, node: ListNode): ListNode {
    const keys = ASSOCIATIVE_LISTS[this.id]?.[name];
    if (!keys) return node;
    return keys.length === 0 ? { ...node, set: true } : { ...node, keys, keyDefaults: KEY_DEFAULTS };
  }
}
