/**
 * What a value of the API looks like: enough to read it as the API server does, and to merge it as server-side apply
 * does. Nodes come from the table of Kubernetes' types (kubernetes-schema.ts) or from a CustomResourceDefinition.
 */
export type SchemaNode = ScalarNode | StructNode | MapNode | ListNode | AnyNode;

export type ScalarType =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'double'
  | 'bytes'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime';

export interface ScalarNode {
  readonly shape: 'scalar';
  readonly type: ScalarType;
}

/** A map with fields that are known by name. */
export interface StructNode {
  readonly shape: 'struct';
  /** Its name in Go with the package: "v1.PodSpec". */
  readonly name: string;
  readonly atomic: boolean;
  /** Keys that are not among the fields are kept (x-kubernetes-preserve-unknown-fields). */
  readonly open: boolean;
  /** The root of a custom kind: its values are checked by validation, as Go does not know their types. */
  readonly untyped?: boolean;
  field(name: string): SchemaNode | undefined;
}

interface MapNode {
  readonly shape: 'map';
  readonly element: SchemaNode;
  readonly atomic: boolean;
}

/** With `keys` or as a `set` its elements have owners of their own; any other list is owned as a whole. */
export interface ListNode {
  readonly shape: 'list';
  readonly element: SchemaNode;
  readonly keys?: readonly string[];
  readonly set?: boolean;
  /** Values of keys that an element may leave out. */
  readonly keyDefaults?: Readonly<Record<string, unknown>>;
}

/** Any JSON: maps are merged key by key, lists are replaced. */
export interface AnyNode {
  readonly shape: 'any';
}

export const ANY: AnyNode = { shape: 'any' };

/** The node of a member of a map or struct; unknown members are of any shape. */
export function memberOf(node: SchemaNode, name: string): SchemaNode {
  if (node.shape === 'struct') return node.field(name) ?? ANY;
  return node.shape === 'map' ? node.element : ANY;
}

/** Whether the elements of a list have owners of their own. */
export function isAssociative(node: SchemaNode): node is ListNode {
  return node.shape === 'list' && (node.set === true || node.keys !== undefined);
}

/** Whether a map or struct is owned as a whole. */
export function isAtomicMap(node: SchemaNode): boolean {
  return (node.shape === 'struct' || node.shape === 'map') && node.atomic;
}

const GO_NAMES: Record<ScalarType, string> = {
  string: 'string',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
};

/** How Go writes the type of a node: "int32", "[]v1.Container", "map[string]string". */
export function goTypeName(node: SchemaNode): string {
  switch (node.shape) {
    case 'scalar':
      return GO_NAMES[node.type];
    case 'struct':
      return node.name;
    case 'list':
      return `[]${goTypeName(node.element)}`;
    case 'map':
      return node.element.shape === 'scalar' && node.element.type === 'quantity'
        ? 'v1.ResourceList'
        : `map[string]${goTypeName(node.element)}`;
    case 'any':
      return 'interface {}';
  }
}
