import { QUANTITY_ERROR, parseQuantity } from '../quantity.ts';
import { goTypeName, type ScalarNode, type SchemaNode, type StructNode } from './schema-node.ts';

/** What the API server makes of an object's JSON. */
export interface ReadResult {
  /** The object without fields that its type does not have and without nulls; shares what did not change. */
  object: Record<string, unknown>;
  /** `unknown field "spec.replica"`, in the order of the fields' names. */
  unknown: string[];
  /** The first value that does not fit its field, in Go's words. */
  error?: string;
}

/** More unknown fields than this are not listed. */
const UNKNOWN_FIELDS_LIMIT = 100;

/**
 * Reads an object as the API server's strict JSON decoder does: unknown fields are dropped and reported, the first value
 * of a wrong type is the error. Source: sigs.k8s.io/json (decode.go), apimachinery/pkg/runtime/serializer/json.
 */
export function readObject(object: Record<string, unknown>, schema: StructNode): ReadResult {
  const reader = new Reader(schema.untyped !== true);
  const read = reader.struct(object, schema, { path: '', goPath: '', owner: '' }) as Record<string, unknown>;
  const result: ReadResult = { object: read, unknown: reader.unknown };
  if (reader.error !== undefined) result.error = reader.error;
  return result;
}

/** Where a value stands: for people with indexes, for Go without, and the name of the struct that holds it. */
interface Place {
  path: string;
  goPath: string;
  owner: string;
}

class Reader {
  readonly unknown: string[] = [];
  error: string | undefined;
  private readonly typed: boolean;

  constructor(typed: boolean) {
    this.typed = typed;
  }

  value(value: unknown, node: SchemaNode, place: Place): unknown {
    switch (node.shape) {
      case 'scalar':
        this.scalar(value, node, place);
        return value;
      case 'struct':
        return isRecord(value) ? this.struct(value, node, place) : this.mismatch(value, node, place);
      case 'map':
        return isRecord(value) ? this.map(value, node.element, place) : this.mismatch(value, node, place);
      case 'list':
        return Array.isArray(value) ? this.list(value, node.element, place) : this.mismatch(value, node, place);
      case 'any':
        return value;
    }
  }

  struct(value: Record<string, unknown>, node: StructNode, place: Place): unknown {
    const owner = node.name.slice(node.name.indexOf('.') + 1);
    let changed = false;
    const result: Record<string, unknown> = {};
    for (const name of sortedKeys(value)) {
      const old = value[name];
      const path = place.path === '' ? name : `${place.path}.${name}`;
      const field = node.field(name);
      if (!field && !node.open) {
        if (this.unknown.length < UNKNOWN_FIELDS_LIMIT) this.unknown.push(`unknown field ${JSON.stringify(path)}`);
        changed = true;
        continue;
      }
      if (old === null) {
        changed = true;
        continue;
      }
      const goPath = place.goPath === '' ? name : `${place.goPath}.${name}`;
      if (this.typed && field && isEmptyCollection(old, field)) {
        changed = true;
        continue;
      }
      result[name] = field ? this.value(old, field, { path, goPath, owner }) : old;
      changed ||= result[name] !== old;
    }
    return changed ? inOrderOf(value, result) : value;
  }

  private map(value: Record<string, unknown>, element: SchemaNode, place: Place): unknown {
    let changed = false;
    const result: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      const old = value[name];
      // Go gives a null in a map the element's zero value.
      if (old === null) result[name] = this.typed ? zeroOf(element) : null;
      else result[name] = this.value(old, element, { ...place, path: `${place.path}.${name}` });
      changed ||= result[name] !== old;
    }
    return changed ? result : value;
  }

  private list(value: unknown[], element: SchemaNode, place: Place): unknown {
    let changed = false;
    const result = value.map((old, index) => {
      if (old === null && !this.typed) return null;
      const path = `${place.path}[${index}]`;
      const read = old === null ? zeroOf(element) : this.value(old, element, { ...place, path });
      changed ||= read !== old;
      return read;
    });
    return changed ? result : value;
  }

  private scalar(value: unknown, node: ScalarNode, place: Place): void {
    switch (node.type) {
      case 'string':
        if (typeof value !== 'string') this.mismatch(value, node, place);
        return;
      case 'bool':
        if (typeof value !== 'boolean') this.mismatch(value, node, place);
        return;
      case 'int32':
      case 'int64':
      case 'double':
        this.number(value, node.type, node, place);
        return;
      case 'bytes':
        if (typeof value !== 'string') this.mismatch(value, node, place);
        else this.fail(base64Problem(value));
        return;
      case 'quantity':
        this.fail(
          parseQuantity(typeof value === 'string' ? value.trim() : value) === undefined ? QUANTITY_ERROR : undefined,
        );
        return;
      case 'intOrString':
        this.intOrString(value);
        return;
      case 'time':
      case 'microTime':
        this.time(value);
    }
  }

  private number(value: unknown, type: 'int32' | 'int64' | 'double', node: ScalarNode, place: Place): void {
    if (typeof value !== 'number') {
      this.mismatch(value, node, place);
      return;
    }
    if (type === 'double' || fits(value, type)) return;
    this.mismatch(value, node, place, `number ${value}`);
  }

  /** intstr.IntOrString reads itself, so that Go does not know where it stands. */
  private intOrString(value: unknown): void {
    if (typeof value === 'string' || (typeof value === 'number' && fits(value, 'int32'))) return;
    const kind = typeof value === 'number' ? `number ${value}` : jsonKind(value);
    this.fail(`json: cannot unmarshal ${kind} into Go value of type int32`);
  }

  private time(value: unknown): void {
    if (typeof value !== 'string') {
      this.fail(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
    } else if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) {
      const quoted = JSON.stringify(value);
      this.fail(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`);
    }
  }

  private mismatch(value: unknown, node: SchemaNode, place: Place, kind = jsonKind(value)): unknown {
    const at = place.goPath === '' ? 'Go value' : `Go struct field ${place.owner}.${place.goPath}`;
    this.fail(`json: cannot unmarshal ${kind} into ${at} of type ${goTypeName(node)}`);
    return value;
  }

  private fail(error: string | undefined): void {
    if (this.typed) this.error ??= error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fits(value: number, type: 'int32' | 'int64'): boolean {
  const limit = type === 'int32' ? 2 ** 31 : 2 ** 63;
  return Number.isInteger(value) && value >= -limit && value < limit;
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Go does not tell an empty list or map from none, and does not write it. Empty structs are something else. */
function isEmptyCollection(value: unknown, node: SchemaNode): boolean {
  if (node.shape === 'list') return Array.isArray(value) && value.length === 0;
  return node.shape === 'map' && isRecord(value) && Object.keys(value).length === 0;
}

/** What Go makes of a null in a list or map of such elements. */
function zeroOf(node: SchemaNode): unknown {
  switch (node.shape) {
    case 'struct':
      return {};
    case 'scalar':
      if (node.type === 'bool') return false;
      return node.type === 'string' || node.type === 'bytes' ? '' : node.type === 'quantity' ? '0' : 0;
    default:
      return null;
  }
}

/** Clients send maps with sorted keys, so that is the order in which the server meets them. */
function sortedKeys(value: Record<string, unknown>): string[] {
  return Object.keys(value).sort();
}

/** The kept members in the order in which they were written. */
function inOrderOf(order: Record<string, unknown>, members: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name in order) if (Object.hasOwn(members, name)) result[name] = members[name];
  return result;
}

/** encoding/base64: standard alphabet with padding, line breaks ignored. */
function base64Problem(text: string): string | undefined {
  const bad = /[^A-Za-z0-9+/=\r\n]/.exec(text);
  if (bad) return `illegal base64 data at input byte ${bad.index}`;
  const compact = text.replaceAll(/[\r\n]/g, '');
  const padding = compact.indexOf('=');
  if (padding >= 0 && !/^={1,2}$/.test(compact.slice(padding)))
    return `illegal base64 data at input byte ${padding + 1}`;
  return compact.length % 4 === 0
    ? undefined
    : `illegal base64 data at input byte ${compact.length - (compact.length % 4)}`;
}
